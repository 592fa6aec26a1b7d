"""Every layer kind and its facts; a kind never names a style.

A kind states its fields with their bounds, its output shape, its weights, the module
that PyTorch offers for it and the call that computes it from plain tensors. Shapes are
those of one row: the batch dimension `n` is left out.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

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


def _filled(
    name: str, symbol: str, shape: Shape, with_: str, trainable: bool = True
) -> Weight:
    constructor = f"torch.{with_}"
    return Weight(name, symbol, shape, constructor, _sizes(shape), trainable=trainable)


def _sizes(shape: Sizes) -> str:
    return ", ".join(map(str, shape))


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
        weight = Weight("weight", "W", shape, "torch.empty", _sizes(shape), fill)
        fill = f"nn.init.uniform_({{}}, -{bound}, {bound})"
        bias = Weight("bias", "b", shape[:1], "torch.empty", _sizes(shape[:1]), fill)
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


class BatchNorm1d(Layer):
    """Normalises each feature over the batch; running statistics serve evaluation."""

    kind: Literal["BatchNorm1d"] = "BatchNorm1d"
    prefix: ClassVar[str] = "batch_norm"
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

    def module(self, input_shape: Sizes, size: int | str = "") -> str:
        return f"nn.BatchNorm1d({', '.join(filter(None, [str(input_shape[0]), self.options()]))})"

    def call(self, x: str, site: Site) -> str:
        order = ("running_mean", "running_var", "weight", "bias")
        tensors = ", ".join(site.weights.get(name, "None") for name in order)
        numbers = f", {self.momentum}, {self.eps}"
        default = (self.momentum, self.eps) == (0.1, 1e-5)
        return (
            f"F.batch_norm({x}, {tensors}, {site.training}{'' if default else numbers})"
        )


class LayerNorm(Layer):
    """Normalises each row over all its features."""

    kind: Literal["LayerNorm"] = "LayerNorm"
    prefix: ClassVar[str] = "layer_norm"
    eps: Number = Field(default=1e-5, ge=1e-9, le=1, title="epsilon")
    elementwise_affine: Switch = Field(default=True, title="scale and shift")

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        return (
            (
                _filled("weight", "W", input_shape, "ones"),
                _filled("bias", "b", input_shape, "zeros"),
            )
            if self.elementwise_affine
            else ()
        )

    def module(self, input_shape: Sizes, size: int | str = "") -> str:
        shape = _sizes(input_shape)
        shape = shape if len(input_shape) == 1 else f"({shape})"
        return f"nn.LayerNorm({', '.join(filter(None, [shape, self.options()]))})"

    def call(self, x: str, site: Site) -> str:
        eps = () if self.eps == 1e-5 else (f"eps={self.eps}",)
        arguments = [x, str(site.input_shape), *site.weights.values(), *eps]
        return f"F.layer_norm({', '.join(arguments)})"


class Flatten(Layer):
    """Lays the dimensions of a row out as one."""

    kind: Literal["Flatten"] = "Flatten"
    prefix: ClassVar[str] = "flatten"
    output: ClassVar[str] = "unchanged"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    def call(self, x: str, site: Site) -> str:
        return f"torch.flatten({x}, 1)"


class Activation(Layer):
    """A function of one value at a time."""

    is_activation: ClassVar[bool] = True


class ReLU(Activation):
    """max(0, x)."""

    kind: Literal["ReLU"] = "ReLU"
    prefix: ClassVar[str] = "relu"
    output: ClassVar[str] = "limited"
    function: ClassVar[str] = "torch.relu"


class LeakyReLU(Activation):
    """x where positive, negative_slope * x elsewhere."""

    kind: Literal["LeakyReLU"] = "LeakyReLU"
    prefix: ClassVar[str] = "leaky_relu"
    negative_slope: Number = Field(default=0.01, ge=0, le=1000, title="negative slope")


class PReLU(Activation):
    """LeakyReLU whose slope is learned: one for all, or one a channel."""

    kind: Literal["PReLU"] = "PReLU"
    prefix: ClassVar[str] = "prelu"
    per_channel: Switch = Field(default=False, title="one slope a channel")
    init: Number = Field(default=0.25, ge=-1000, le=1000, title="initial slope")

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        n = input_shape[0] if self.per_channel else 1
        return (Weight("weight", "a", (n,), "torch.full", f"({n},), {self.init}"),)

    def module(self, input_shape: Sizes, size: int | str = "") -> str:
        slopes = str(input_shape[0]) if self.per_channel else ""
        init = "" if self.init == 0.25 else f"init={self.init}"
        return f"nn.PReLU({', '.join(filter(None, [slopes, init]))})"

    def call(self, x: str, site: Site) -> str:
        return f"F.prelu({x}, {site.weights['weight']})"


class ELU(Activation):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    kind: Literal["ELU"] = "ELU"
    prefix: ClassVar[str] = "elu"
    alpha: Number = Field(default=1.0, ge=0, le=1000, title="alpha")


class SELU(Activation):
    """Scaled ELU with the self-normalising constants (Klambauer et al. 2017)."""

    kind: Literal["SELU"] = "SELU"
    prefix: ClassVar[str] = "selu"


class GELU(Activation):
    """x * Phi(x), Phi the normal distribution function, or its tanh approximation."""

    kind: Literal["GELU"] = "GELU"
    prefix: ClassVar[str] = "gelu"
    approximate: Literal["none", "tanh"] = Field(default="none", title="approximation")


class SiLU(Activation):
    """x * sigmoid(x)."""

    kind: Literal["SiLU"] = "SiLU"
    prefix: ClassVar[str] = "silu"


class Mish(Activation):
    """x * tanh(softplus(x))."""

    kind: Literal["Mish"] = "Mish"
    prefix: ClassVar[str] = "mish"


class Softplus(Activation):
    """log(1 + exp(beta x)) / beta, linear where beta x exceeds the threshold."""

    kind: Literal["Softplus"] = "Softplus"
    prefix: ClassVar[str] = "softplus"
    output: ClassVar[str] = "limited"
    beta: Number = Field(default=1.0, ge=1e-3, le=1000, title="beta")
    threshold: Number = Field(default=20.0, ge=0, le=1000, title="threshold")


class Tanh(Activation):
    """tanh(x)."""

    kind: Literal["Tanh"] = "Tanh"
    prefix: ClassVar[str] = "tanh"
    output: ClassVar[str] = "limited"
    function: ClassVar[str] = "torch.tanh"


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    kind: Literal["Sigmoid"] = "Sigmoid"
    prefix: ClassVar[str] = "sigmoid"
    function: ClassVar[str] = "torch.sigmoid"
    output: ClassVar[str] = "probability"


class Hardtanh(Activation):
    """x cut off at min_val and max_val."""

    kind: Literal["Hardtanh"] = "Hardtanh"
    prefix: ClassVar[str] = "hardtanh"
    output: ClassVar[str] = "limited"
    min_val: Number = Field(default=-1.0, ge=-1000, le=1000, title="lowest value")
    max_val: Number = Field(default=1.0, ge=-1000, le=1000, title="highest value")

    def output_shape(self, input_shape: Shape) -> Shape:
        holds = self.min_val < self.max_val
        self.require(
            holds, "a highest value above the lowest", (self.min_val, self.max_val)
        )
        return input_shape


class Softmax(Activation):
    """exp(x) over its sum along dim: probabilities that add up to 1."""

    kind: Literal["Softmax"] = "Softmax"
    prefix: ClassVar[str] = "softmax"
    output: ClassVar[str] = "probabilities"
    dim: int = Field(default=-1, ge=-4, le=4, strict=True, title="as dimension")

    def options(self) -> str:
        return f"dim={self.dim}"

    def output_shape(self, input_shape: Shape) -> Shape:
        rank = len(input_shape)
        rule = f"dimension -{rank} to -1 or 1 to {rank} (0 is the batch)"
        self.require(self.dim != 0 and -rank <= self.dim <= rank, rule, self.dim)
        return input_shape


class LogSoftmax(Softmax):
    """The logarithm of Softmax, computed in one stable step."""

    kind: Literal["LogSoftmax"] = "LogSoftmax"  # type: ignore[assignment]
    prefix: ClassVar[str] = "log_softmax"
    output: ClassVar[str] = "log_probabilities"


KINDS: dict[str, type[Layer]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Linear, Dropout, BatchNorm1d, LayerNorm, Flatten,
        ReLU, LeakyReLU, PReLU, ELU, SELU, GELU, SiLU, Mish, Softplus,
        Tanh, Sigmoid, Hardtanh, Softmax, LogSoftmax,
    )
}  # fmt: skip
