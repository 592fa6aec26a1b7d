"""NetworkSpec: validated layers, named stages with shapes, JSON in and out."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny

from netlib.errors import NetlibError, Record, SpecError
from netlib.spec.kinds import KINDS, activation_kind
from netlib.spec.layer import LARGEST_WIDTH, Layer, Shape, Weight
from netlib.spec.names import class_name, layer_name, names_of

MOST_LAYERS = 100
MOST_VALUES = 2**24


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
        layer_name(where, layer.name)
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
    name: Annotated[str, BeforeValidator(class_name)] = "MyNetwork"
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
        for index, (name, layer) in enumerate(zip(names_of(self.layers), self.layers)):
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
