"""The dense layer and what serves it: Linear, Dropout, Flatten."""

import math
from typing import ClassVar, Literal

from pydantic import Field

from netlib.spec.layer import (
    LARGEST_WIDTH,
    Layer,
    Number,
    Shape,
    Site,
    Sizes,
    Switch,
    Weight,
    sizes,
)


class Linear(Layer):
    """y = x W^T + b, W of shape (out, in), filled as `nn.Linear.reset_parameters` does."""

    kind: Literal["Linear"] = "Linear"
    prefix: ClassVar[str] = "fc"
    size_field: ClassVar[str] = "out_features"
    out_features: int = Field(
        default=16, ge=1, le=LARGEST_WIDTH, strict=True, title="units"
    )
    bias: Switch = Field(default=True, title="bias")

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.out_features)

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        n_in, bound = input_shape[-1], f"1 / math.sqrt({input_shape[-1]})"
        shape = (self.out_features, n_in)
        fill = "nn.init.kaiming_uniform_({}, a=math.sqrt(5))"
        weight = Weight("weight", "W", shape, "torch.empty", sizes(shape), fill)
        fill = f"nn.init.uniform_({{}}, -{bound}, {bound})"
        bias = Weight("bias", "b", shape[:1], "torch.empty", sizes(shape[:1]), fill)
        return (weight, bias) if self.bias else (weight,)

    def module(self, input_shape: Sizes, size: int | str = "") -> str:
        bias = "" if self.bias else ", bias=False"
        return f"nn.Linear({input_shape[-1]}, {size or self.out_features}{bias})"

    def call(self, x: str, site: Site) -> str:
        return f"F.linear({', '.join([x, *site.weights.values()])})"


class Dropout(Layer):
    """Zeroes each value with probability p in training and scales the rest by 1/(1-p)."""

    kind: Literal["Dropout"] = "Dropout"
    prefix: ClassVar[str] = "dropout"
    output: ClassVar[str] = "unchanged"
    has_mode: ClassVar[bool] = True
    p: Number = Field(default=0.5, ge=0, le=1, title="drop probability")

    def module(self, input_shape: Sizes, size: int | str = "") -> str:
        return f"nn.Dropout({self.p})"

    def call(self, x: str, site: Site) -> str:
        return f"F.dropout({x}, {self.p}, {site.training})"


class Flatten(Layer):
    """Lays the dimensions of a row out as one."""

    kind: Literal["Flatten"] = "Flatten"
    prefix: ClassVar[str] = "flatten"
    output: ClassVar[str] = "unchanged"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    def call(self, x: str, site: Site) -> str:
        return f"torch.flatten({x}, 1)"
