"""What a layer kind states; a kind never names a style.

A kind states its fields with their bounds, its output shape, its weights, the module
that PyTorch offers for it and the call that computes it from plain tensors. Shapes are
those of one row: the batch dimension `n` is left out.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from netlib.errors import Record, SpecError

Shape = tuple[int, ...]
Sizes = Sequence[int | str]  # numbers, or names that a program has for them
LARGEST_WIDTH = 65_536
# What a function takes for a tensor that the layer lacks.
NO_TENSORS = {"weight": "None", "bias": "None"}


@dataclass(frozen=True)
class Weight:
    """One tensor of a layer: how modules name it, how formulas do, and how it is filled.

    `fill` is the statement that draws its values, with `{}` for the tensor, or "" where
    `constructor` has already filled it.
    """

    name: str
    symbol: str
    shape: Shape
    constructor: str
    arguments: str
    fill: str = ""
    trainable: bool = True

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Site:
    """Where a layer is called: its tensors' names by weight name, a row's shape, the mode.

    `training` is the expression that is true in training mode.
    """

    weights: Mapping[str, str]
    input_shape: Shape
    training: str


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call by torch's names for them, in torch's order.

    `lead` and `named` are always written, in their places and by name. `tail` follows the
    lead, whole, where one of it is not at its default; of `options`, by name, those that
    are not. Without `switch`, a field that is off by default, there is no lead.
    """

    lead: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    switch: str = ""

    def write(self, values: Mapping[str, str], changed: Collection[str]) -> list[str]:
        """Returns the arguments as code; `changed` are the fields not at their default."""
        is_off = self.switch and self.switch not in changed
        lead = [] if is_off else [values[name] for name in self.lead]
        while lead and lead[-1] == "None":
            lead.pop()
        has_tail = any(name in changed for name in self.tail)
        tail = [values[name] for name in self.tail] if has_tail else []
        options = [name for name in self.options if name in changed]
        by_name = [f"{name}={values[name]}" for name in (*self.named, *options)]
        return [*lead, *tail, *by_name]


@dataclass(frozen=True)
class Signature:
    """How a kind is written: `nn.<kind>(<module>)`, and `<function>(x, <call>)`.

    Without a name the function is `F.<prefix>`; without a `call` of its own it takes the
    arguments of the module.
    """

    module: Arguments = Arguments()
    function: str = ""
    call: Arguments | None = None


def _six_digits(value: float) -> float:
    if value and not 1e-9 <= abs(value) <= 1e6 or float(f"{value:.6g}") != value:
        raise ValueError("a number that generated code can write in 12 characters")
    return value


Number = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_six_digits)]
Switch = Annotated[bool, Field(strict=True)]


class Layer(Record):
    """What every kind tells about itself; the defaults are those of most activations.

    `prefix` begins its names, which end in a number even if there is one of its kind where
    `is_numbered`; `signature` is how it is written; `size_field` holds its output size.
    `is_elementwise` tells that it is a function of one value at a time, `is_dense` that
    each of its outputs sees the whole last dimension, by a matrix (out, in); `has_mode`
    that training and evaluation differ. `output` says what its values are to a loss: any,
    limited in range, a probability, (log) probabilities, or unchanged from the layer
    before.
    """

    kind: str
    name: str | None = Field(default=None, title="name in the code")

    prefix: ClassVar[str]
    signature: ClassVar[Signature] = Signature()
    is_activation: ClassVar[bool] = False
    is_elementwise: ClassVar[bool] = False
    is_dense: ClassVar[bool] = False
    is_numbered: ClassVar[bool] = False
    size_field: ClassVar[str] = ""
    has_mode: ClassVar[bool] = False
    output: ClassVar[str] = "values"
    smallest_batch: ClassVar[int] = 1

    def output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output for an input of `input_shape`."""
        return input_shape

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        """Returns the tensors of this layer, in the order in which PyTorch fills them."""
        return ()

    def module(self, input_shape: Sizes, size: int | str = "") -> str:
        """Returns the expression that constructs the layer as a module.

        `size` is what to write for the value of `size_field`, where not that value.
        """
        values = self._values(input_shape)
        if size:
            values[self.size_field] = str(size)
        arguments = self.signature.module.write(values, self._changed())
        return f"nn.{self.kind}({', '.join(arguments)})"

    def call(self, x: str, site: Site) -> str:
        """Returns the expression that computes the layer from the tensor named `x`."""
        values = self._values(site.input_shape) | {**NO_TENSORS, **site.weights}
        values["training"] = site.training
        # A module takes a lone number for a shape, a function does not.
        values["normalized_shape"] = str(site.input_shape)
        row = self.signature
        arguments = (row.call or row.module).write(values, self._changed())
        function = row.function or f"F.{self.prefix}"
        return f"{function}({', '.join([x, *arguments])})"

    def _values(self, shape: Sizes) -> dict[str, str]:
        return {name: _literal(value) for name, value in self} | _of_a_row(shape)

    def _changed(self) -> set[str]:
        fields = type(self).model_fields
        return {name for name, value in self if value != fields[name].default}

    def require(self, holds: bool, rule: str, value: object) -> None:
        """Raises SpecError in this kind's name unless the rule holds."""
        if not holds:
            raise SpecError(self.kind, rule, value)


def _literal(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _of_a_row(shape: Sizes) -> dict[str, str]:
    """Returns what a row's shape gives, by torch's names: rows begin at dimension 1."""
    first, last = str(shape[0]), str(shape[-1])
    return {
        "in_features": last,
        "num_features": first,
        "num_parameters": first,
        "num_channels": first,
        "normalized_shape": first if len(shape) == 1 else f"({sizes(shape)})",
        "start_dim": "1",
    }


def sizes(shape: Sizes) -> str:
    """Returns the sizes as arguments: `12, 16`."""
    return ", ".join(map(str, shape))
