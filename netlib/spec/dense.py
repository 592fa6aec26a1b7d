"""The dense layer and what serves it: Linear, Dropout, Flatten."""

import math
from typing import ClassVar, Literal

from pydantic import Field

from netlib.spec.layer import (
    LARGEST_WIDTH,
    Arguments,
    Layer,
    Number,
    Shape,
    Signature,
    Switch,
    Weight,
    sizes,
)


class Linear(Layer):
    """y = x W^T + b, W of shape (out, in), filled as `nn.Linear.reset_parameters` does."""

    kind: Literal["Linear"] = "Linear"
    prefix: ClassVar[str] = "fc"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("in_features", "out_features"), options=("bias",)),
        function="F.linear",
        call=Arguments(("weight", "bias")),
    )
    is_dense: ClassVar[bool] = True
    is_numbered: ClassVar[bool] = True
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


class Dropout(Layer):
    """Zeroes each value with probability p in training and scales the rest by 1/(1-p)."""

    kind: Literal["Dropout"] = "Dropout"
    prefix: ClassVar[str] = "dropout"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("p",)), call=Arguments(("p", "training"))
    )
    output: ClassVar[str] = "unchanged"
    has_mode: ClassVar[bool] = True
    p: Number = Field(default=0.5, ge=0, le=1, title="drop probability")


class AlphaDropout(Dropout):
    """Dropout that keeps mean and variance, for SELU (Klambauer et al. 2017)."""

    kind: Literal["AlphaDropout"] = "AlphaDropout"  # type: ignore[assignment]
    prefix: ClassVar[str] = "alpha_dropout"


class Flatten(Layer):
    """Lays the dimensions of a row out as one."""

    kind: Literal["Flatten"] = "Flatten"
    prefix: ClassVar[str] = "flatten"
    signature: ClassVar[Signature] = Signature(
        function="torch.flatten", call=Arguments(("start_dim",))
    )
    output: ClassVar[str] = "unchanged"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)
