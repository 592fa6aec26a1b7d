"""NetworkSpec: validated layers, named stages with shapes, JSON in and out."""

import builtins
import json
import keyword
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny

from netlib.errors import NetlibError, Record, SpecError
from netlib.spec.kinds import KINDS
from netlib.spec.layer import LARGEST_WIDTH, Layer, Shape, Weight

MOST_LAYERS = 100
MOST_VALUES = 2**24
LONGEST_CLASS_NAME, LONGEST_LAYER_NAME = 40, 20

# What `dir(torch.nn.Sequential)` holds without an underscore, plus what an instance adds.
MODULE_ATTRIBUTES = frozenset(
    """T_destination add_module append apply bfloat16 buffers call_super_init children
    compile cpu cuda double dump_patches eval extend extra_repr float forward get_buffer
    get_extra_state get_parameter get_submodule half insert ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters pop
    register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training
    type xpu zero_grad""".split()  # noqa: SIM905
)
# What a whole program binds or imports, and what reads as such.
PROGRAM_NAMES = frozenset(
    """CosineAnnealingLR DistributedDataParallel F LabelEncoder OneCycleLR
    OneHotEncoder OrderedDict Path SimpleImputer StandardScaler StepLR X X_train
    X_val answer batch_size categories classes columns device digit dist epoch
    first_dates folder has_cuda hashlib json load_breast_cancer load_diabetes
    load_digits load_file load_iris load_wine loss make_circles
    make_column_transformer make_moons make_pipeline math median model nn np numbers
    one_hot optimizer os pairwise parameters pd predict preparation prepare r read
    rng safe_open save_file scaler scheduler self sys t table target tensor tensors
    torch train_epoch train_test_split val_loss validate weights widths x x1 x2 y
    y_scaler y_train y_val""".split()  # noqa: SIM905
)
# Names that linters refuse because they look like digits.
AMBIGUOUS_NAMES = frozenset({"l", "O", "I"})


def _check_name(where: str, name: object, longest: int) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        rule = "an ASCII identifier that begins with a letter"
        raise SpecError(where, rule, name)
    if len(name) > longest:
        raise SpecError(where, f"at most {longest} characters", name)
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise SpecError(where, "a name that is no Python keyword", name)
    if name in PROGRAM_NAMES or name in AMBIGUOUS_NAMES or hasattr(builtins, name):
        raise SpecError(where, "a name that means nothing else in the program", name)
    return name


def _class_name(name: object) -> str:
    return _check_name("class name", name, LONGEST_CLASS_NAME)


def _placed(error: NetlibError, index: int, kind: str) -> SpecError:
    return SpecError(f"layer {index + 1} ({kind})", error.rule, error.value)


def _layer(number: int, values: object) -> Layer:
    kind = values.get("kind") if isinstance(values, Mapping) else None
    if isinstance(values, Layer):
        kind = values.kind
    if not isinstance(kind, str) or kind not in KINDS:
        got = values if kind is None else kind
        raise SpecError(f"layer {number}", f"one of the kinds {', '.join(KINDS)}", got)
    try:
        layer = KINDS[kind].model_validate(values)
    except NetlibError as error:
        raise _placed(error, number - 1, kind) from None
    if layer.name is not None:
        where = f"layer {number} ({kind})"
        name = _check_name(where, layer.name, LONGEST_LAYER_NAME)
        if name in MODULE_ATTRIBUTES:
            raise SpecError(where, "a name that nn.Module does not use itself", name)
    return layer


def _layers(values: object) -> tuple[Layer, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise SpecError("network", "a list of layers", values)
    if not 1 <= len(values) <= MOST_LAYERS:
        raise SpecError("network", f"1 to {MOST_LAYERS} layers", len(values))
    return tuple(_layer(number, layer) for number, layer in enumerate(values, 1))


# NumPy's arrays and pandas' columns have `tolist`.
Widths = str | Iterable[int]
Width = Annotated[int, Field(ge=1, le=LARGEST_WIDTH, strict=True)]


@dataclass(frozen=True)
class Stage:
    """One layer in its place: index from 0, name in the code, shapes of a row, weights."""

    index: int
    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Weight, ...]

    @property
    def n_parameters(self) -> int:
        """The number of trained values."""
        return sum(weight.size for weight in self.weights if weight.trainable)


class NetworkSpec(Record):
    """A network as data: a class name, the shape of one input row, and layers."""

    where: ClassVar[str] = "network"

    version: Literal[1] = Field(default=1, title="format version")
    name: Annotated[str, BeforeValidator(_class_name)] = "MyNetwork"
    input_shape: tuple[Width, ...] = Field(
        min_length=1, max_length=4, title=f"1 to 4 input sizes of 1 to {LARGEST_WIDTH}"
    )
    layers: Annotated[tuple[SerializeAsAny[Layer], ...], BeforeValidator(_layers)]

    def model_post_init(self, context: Any) -> None:
        """Works the stages out at once: shapes that do not fit raise SpecError."""
        _ = self.stages

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **_: Any) -> Self:
        """Reads what `model_dump_json` wrote; raises SpecError for anything else."""
        try:
            values = json.loads(json_data)
        except (ValueError, RecursionError):
            raise SpecError("network", "a JSON document", str(json_data)) from None
        return cls.model_validate(values)

    @classmethod
    def mlp(
        cls,
        widths: Widths,
        activation: str | None = "relu",
        output_activation: str | None = None,
        name: str = "MyNetwork",
    ) -> Self:
        """Returns Linear layers of these widths with an activation after each.

        `widths` begins with the number of inputs: numbers, an array (n_layers + 1,), or
        a text such as "16-12-10-1". Activations are names such as "relu", "leaky_relu"
        or "LogSoftmax", or None. Raises SpecError.

        >>> spec = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
        >>> [layer.kind for layer in spec.layers]
        ['Linear', 'ReLU', 'Linear', 'ReLU', 'Linear', 'Sigmoid']
        >>> spec.n_parameters
        345
        """
        widths = _listed(widths)
        if len(widths) < 2:
            raise SpecError("network", "at least 2 widths", widths)
        layers: list[dict[str, Any]] = []
        for position, width in enumerate(widths[1:], 2):
            layers.append({"kind": "Linear", "out_features": width})
            chosen = output_activation if position == len(widths) else activation
            if chosen is not None:
                layers.append({"kind": activation_kind(chosen)})
        return cls.model_validate(
            {"name": name, "input_shape": (widths[0],), "layers": layers}
        )

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The layers with their names, shapes and weights."""
        stages: list[Stage] = []
        shape = self.input_shape
        if math.prod(shape) > MOST_VALUES:
            raise SpecError("network", f"at most {MOST_VALUES} inputs a row", shape)
        for index, (name, layer) in enumerate(zip(_names(self.layers), self.layers)):
            try:
                output_shape = layer.output_shape(shape)
            except NetlibError as error:
                raise _placed(error, index, layer.kind) from None
            if math.prod(output_shape) > MOST_VALUES:
                where = f"layer {index + 1} ({layer.kind})"
                raise SpecError(
                    where, f"at most {MOST_VALUES} values a row", output_shape
                )
            weights = layer.weights(shape)
            stages.append(Stage(index, name, layer, shape, output_shape, weights))
            shape = output_shape
        return tuple(stages)

    @property
    def output_shape(self) -> Shape:
        """The shape of the output for one row."""
        return self.stages[-1].output_shape

    @property
    def output(self) -> str:
        """What the outputs are to a loss, see `Layer.output`."""
        told = [layer.output for layer in self.layers if layer.output != "unchanged"]
        return told[-1] if told else "values"

    @property
    def smallest_batch(self) -> int:
        """The rows that a batch needs at least in training."""
        return max(layer.smallest_batch for layer in self.layers)

    @property
    def n_parameters(self) -> int:
        """The number of trained values."""
        return sum(stage.n_parameters for stage in self.stages)

    @property
    def n_bytes(self) -> int:
        """The memory of all parameters and buffers, in bytes of float32."""
        return 4 * sum(weight.size for stage in self.stages for weight in stage.weights)

    @property
    def title(self) -> str:
        """The widths in short, such as `16-12-10-1`."""
        return "-".join(map(str, [math.prod(self.input_shape), *self._widths()]))

    def _widths(self) -> list[int]:
        dense = [layer for layer in self.layers if layer.is_dense]
        return [getattr(layer, layer.size_field) for layer in dense]

    def with_widths(self, widths: Sequence[int]) -> Self:
        """Returns the network with these widths, input first; raises SpecError.

        As many widths as now keep every layer and its options; another number lays new
        Linear layers with the first activation between them and the last at the end.
        """
        dense = [index for index, layer in enumerate(self.layers) if layer.is_dense]
        if len(widths) != len(dense) + 1:
            inner = [layer.kind for layer in self.layers[:-1] if layer.is_activation]
            last = self.layers[-1].kind if self.layers[-1].is_activation else None
            activation = inner[0] if inner else "relu"
            return self.mlp(widths, activation, last, self.name)
        layers = list(self.layers)
        for index, width in zip(dense, widths[1:]):
            try:
                layers[index] = layers[index].replace(
                    **{layers[index].size_field: width}
                )
            except NetlibError as error:
                raise _placed(error, index, layers[index].kind) from None
        same = widths[0] == math.prod(self.input_shape)
        shape = self.input_shape if same else (widths[0],)
        return self.replace(input_shape=shape, layers=layers)

    def fitted(self, n_inputs: int, n_outputs: int) -> Self:
        """Returns the network for tables of `n_inputs` features and `n_outputs` outputs."""
        old = self._widths()
        if not old:
            return self.mlp([n_inputs, n_outputs], name=self.name)
        resized = self.with_widths([n_inputs, *old[:-1], n_outputs])
        return resized.replace(input_shape=(n_inputs,))

    def without_output_activation(self) -> Self:
        """Returns the network with the activation at its end, if any, left out."""
        is_activation = self.layers[-1].is_activation and len(self.layers) > 1
        layers = self.layers[:-1] if is_activation else self.layers
        return self.replace(layers=layers)


def _listed(widths: Widths) -> list[int]:
    if isinstance(widths, str):
        return parse_widths(widths)
    plain: list[int] = getattr(widths, "tolist", lambda: list(widths))()
    return plain


def parse_widths(text: str) -> list[int]:
    """Reads sizes such as `16-12-10-1`; raises SpecError.

    >>> parse_widths("16-12-10-1") == parse_widths("16, 12, 10 -> 1")
    True
    """
    parts = re.split(r"\s*(?:->|[-,→])\s*|\s+", text.strip())
    if not all(re.fullmatch(r"[0-9]{1,9}", part) for part in parts):
        joints = "hyphens, commas, spaces or arrows"
        rule = f"whole numbers joined by {joints}, such as 16-12-10-1"
        raise SpecError("widths", rule, text)
    return [int(part) for part in parts]


def activation_kind(name: str) -> str:
    """Returns the kind of the activation `name`, in any spelling; raises SpecError."""
    activations = {
        kind.lower(): kind for kind, layer in KINDS.items() if layer.is_activation
    }
    key = str(name).replace("_", "").lower()
    if key not in activations:
        names = ", ".join(KINDS[kind].prefix for kind in activations.values())
        raise SpecError("activation", f"one of {names}", name)
    return activations[key]


def _names(layers: Sequence[Layer]) -> list[str]:
    totals = Counter(layer.prefix for layer in layers)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for number, layer in enumerate(layers, 1):
        seen[layer.prefix] += 1
        numbered = layer.is_numbered or totals[layer.prefix] > 1
        automatic = layer.prefix + (str(seen[layer.prefix]) if numbered else "")
        name = layer.name or automatic
        if name in names:
            where = f"layer {number} ({layer.kind})"
            raise SpecError(where, "a name that no other layer has", name)
        names.append(name)
    return names
