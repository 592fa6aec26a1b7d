"""Functions of a value or of a row, most of them without weights."""

from typing import ClassVar, Literal

from pydantic import Field

from netlib.spec.layer import Arguments, Layer, Number, Shape, Signature, Switch, Weight


class Activation(Layer):
    """A function of one value at a time, if it does not say otherwise."""

    is_activation: ClassVar[bool] = True
    is_elementwise: ClassVar[bool] = True


class ReLU(Activation):
    """max(0, x)."""

    kind: Literal["ReLU"] = "ReLU"
    prefix: ClassVar[str] = "relu"
    output: ClassVar[str] = "limited"
    signature: ClassVar[Signature] = Signature(function="torch.relu")


class LeakyReLU(Activation):
    """x where positive, negative_slope * x elsewhere."""

    kind: Literal["LeakyReLU"] = "LeakyReLU"
    prefix: ClassVar[str] = "leaky_relu"
    signature: ClassVar[Signature] = Signature(Arguments(options=("negative_slope",)))
    negative_slope: Number = Field(default=0.01, ge=0, le=1000, title="negative slope")


class PReLU(Activation):
    """LeakyReLU whose slope is learned: one for all, or one a channel."""

    kind: Literal["PReLU"] = "PReLU"
    prefix: ClassVar[str] = "prelu"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("num_parameters",), options=("init",), switch="per_channel"),
        call=Arguments(("weight",)),
    )
    per_channel: Switch = Field(default=False, title="one slope a channel")
    init: Number = Field(default=0.25, ge=-1000, le=1000, title="initial slope")

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        n = input_shape[0] if self.per_channel else 1
        return (Weight("weight", "a", (n,), "torch.full", f"({n},), {self.init}"),)


class ELU(Activation):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    kind: Literal["ELU"] = "ELU"
    prefix: ClassVar[str] = "elu"
    signature: ClassVar[Signature] = Signature(Arguments(options=("alpha",)))
    alpha: Number = Field(default=1.0, ge=0, le=1000, title="alpha")


class SELU(Activation):
    """Scaled ELU with the self-normalising constants (Klambauer et al. 2017)."""

    kind: Literal["SELU"] = "SELU"
    prefix: ClassVar[str] = "selu"


class GELU(Activation):
    """x * Phi(x), Phi the normal distribution function, or its tanh approximation."""

    kind: Literal["GELU"] = "GELU"
    prefix: ClassVar[str] = "gelu"
    signature: ClassVar[Signature] = Signature(Arguments(options=("approximate",)))
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
    signature: ClassVar[Signature] = Signature(Arguments(options=("beta", "threshold")))
    output: ClassVar[str] = "limited"
    beta: Number = Field(default=1.0, ge=1e-3, le=1000, title="beta")
    threshold: Number = Field(default=20.0, ge=0, le=1000, title="threshold")


class Tanh(Activation):
    """tanh(x)."""

    kind: Literal["Tanh"] = "Tanh"
    prefix: ClassVar[str] = "tanh"
    output: ClassVar[str] = "limited"
    signature: ClassVar[Signature] = Signature(function="torch.tanh")


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    kind: Literal["Sigmoid"] = "Sigmoid"
    prefix: ClassVar[str] = "sigmoid"
    signature: ClassVar[Signature] = Signature(function="torch.sigmoid")
    output: ClassVar[str] = "probability"


class Hardtanh(Activation):
    """x cut off at min_val and max_val."""

    kind: Literal["Hardtanh"] = "Hardtanh"
    prefix: ClassVar[str] = "hardtanh"
    signature: ClassVar[Signature] = Signature(
        Arguments(options=("min_val", "max_val"))
    )
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
    is_elementwise: ClassVar[bool] = False
    signature: ClassVar[Signature] = Signature(Arguments(named=("dim",)))
    output: ClassVar[str] = "probabilities"
    dim: int = Field(default=-1, ge=-4, le=4, strict=True, title="as dimension")

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
