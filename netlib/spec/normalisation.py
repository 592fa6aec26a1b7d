"""Layers that normalise: over the batch, over the row."""

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


class BatchNorm1d(Layer):
    """Normalises each feature over the batch; running statistics serve evaluation."""

    kind: Literal["BatchNorm1d"] = "BatchNorm1d"
    prefix: ClassVar[str] = "batch_norm"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("num_features",), options=("eps", "momentum", "affine")),
        call=Arguments(
            ("running_mean", "running_var", "weight", "bias", "training"),
            tail=("momentum", "eps"),
        ),
    )
    has_mode: ClassVar[bool] = True
    smallest_batch: ClassVar[int] = 2
    eps: Number = Field(default=1e-5, ge=1e-9, le=1, title="epsilon")
    momentum: Number = Field(default=0.1, ge=0, le=1, title="momentum")
    affine: Switch = Field(default=True, title="scale and shift")

    def output_shape(self, input_shape: Shape) -> Shape:
        self.require(
            len(input_shape) < 3, "an input of 1 or 2 dimensions a row", input_shape
        )
        return input_shape

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        shape = input_shape[:1]
        affine = (
            _filled("weight", "W", shape, "ones"),
            _filled("bias", "b", shape, "zeros"),
        )
        return (
            *(affine if self.affine else ()),
            _filled("running_mean", "mean", shape, "zeros", trainable=False),
            _filled("running_var", "var", shape, "ones", trainable=False),
        )


class LayerNorm(Layer):
    """Normalises each row over all its features."""

    kind: Literal["LayerNorm"] = "LayerNorm"
    prefix: ClassVar[str] = "layer_norm"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(
            ("normalized_shape",), options=("eps", "elementwise_affine", "bias")
        ),
        call=Arguments(("normalized_shape", "weight", "bias"), options=("eps",)),
    )
    eps: Number = Field(default=1e-5, ge=1e-9, le=1, title="epsilon")
    elementwise_affine: Switch = Field(default=True, title="scale and shift")
    bias: Switch = Field(default=True, title="shift beside the scale")

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        weight = _filled("weight", "W", input_shape, "ones")
        bias = _filled("bias", "b", input_shape, "zeros")
        affine = (weight, bias) if self.bias else (weight,)
        return affine if self.elementwise_affine else ()


class RMSNorm(Layer):
    """Divides each row by its root mean square (Zhang and Sennrich 2019)."""

    kind: Literal["RMSNorm"] = "RMSNorm"
    prefix: ClassVar[str] = "rms_norm"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("normalized_shape",), options=("elementwise_affine",)),
        call=Arguments(("normalized_shape", "weight")),
    )
    elementwise_affine: Switch = Field(default=True, title="scale")

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        weight = _filled("weight", "W", input_shape, "ones")
        return (weight,) if self.elementwise_affine else ()


class GroupNorm(Layer):
    """Normalises each row over groups of its channels."""

    kind: Literal["GroupNorm"] = "GroupNorm"
    prefix: ClassVar[str] = "group_norm"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("num_groups", "num_channels"), options=("eps", "affine")),
        call=Arguments(("num_groups", "weight", "bias"), options=("eps",)),
    )
    num_groups: int = Field(
        default=1, ge=1, le=LARGEST_WIDTH, strict=True, title="groups of channels"
    )
    eps: Number = Field(default=1e-5, ge=1e-9, le=1, title="epsilon")
    affine: Switch = Field(default=True, title="scale and shift")

    def output_shape(self, input_shape: Shape) -> Shape:
        n = input_shape[0]
        rule = f"a number of groups that divides the {n} channels"
        self.require(n % self.num_groups == 0, rule, self.num_groups)
        return input_shape

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        shape = input_shape[:1]
        weight = _filled("weight", "W", shape, "ones")
        bias = _filled("bias", "b", shape, "zeros")
        return (weight, bias) if self.affine else ()


def _filled(
    name: str, symbol: str, shape: Shape, with_: str, trainable: bool = True
) -> Weight:
    constructor = f"torch.{with_}"
    return Weight(name, symbol, shape, constructor, sizes(shape), trainable=trainable)
