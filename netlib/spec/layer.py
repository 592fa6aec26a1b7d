"""What a layer kind states; a kind never names a style.

A kind states its fields with their bounds, its output shape, its weights, the module
that PyTorch offers for it and the call that computes it from plain tensors. Shapes are
those of one row: the batch dimension `n` is left out.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from netlib.errors import Record, SpecError

Shape = tuple[int, ...]
Sizes = Sequence[int | str]  # numbers, or names that a program has for them
LARGEST_WIDTH = 65_536


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


def _six_digits(value: float) -> float:
    if value and not 1e-9 <= abs(value) <= 1e6 or float(f"{value:.6g}") != value:
        raise ValueError("a number that generated code can write in 12 characters")
    return value


Number = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_six_digits)]
Switch = Annotated[bool, Field(strict=True)]


class Layer(Record):
    """What every kind tells about itself; the defaults are those of most activations.

    `prefix` begins its names and `function` is the call without weights (else
    F.<prefix>); `size_field` holds its output size; `has_mode` tells that training and
    evaluation differ; `output` says what its values are to a loss: any, limited in
    range, a probability, (log) probabilities, or unchanged from the layer before.
    """

    kind: str
    name: str | None = Field(default=None, title="name in the code")

    prefix: ClassVar[str]
    function: ClassVar[str] = ""
    is_activation: ClassVar[bool] = False
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
        return f"nn.{self.kind}({self.options()})"

    def call(self, x: str, site: Site) -> str:
        """Returns the expression that computes the layer from the tensor named `x`."""
        options = self.options()
        function = self.function or f"F.{self.prefix}"
        return f"{function}({x}{', ' + options if options else ''})"

    def options(self) -> str:
        """Returns the fields that differ from their defaults as keyword arguments."""
        return ", ".join(
            f"{name}={_literal(getattr(self, name))}"
            for name, field in type(self).model_fields.items()
            if name not in ("kind", "name") and getattr(self, name) != field.default
        )

    def require(self, holds: bool, rule: str, value: object) -> None:
        """Raises SpecError in this kind's name unless the rule holds."""
        if not holds:
            raise SpecError(self.kind, rule, value)


def _literal(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def sizes(shape: Sizes) -> str:
    """Returns the sizes as arguments: `12, 16`."""
    return ", ".join(map(str, shape))
