"""Functions of a value, most of them without weights."""

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


class ReLU6(Activation):
    """ReLU cut off at 6."""

    kind: Literal["ReLU6"] = "ReLU6"
    prefix: ClassVar[str] = "relu6"
    output: ClassVar[str] = "limited"


class RReLU(Activation):
    """LeakyReLU: in training each value draws its slope, after it all have the mean."""

    kind: Literal["RReLU"] = "RReLU"
    prefix: ClassVar[str] = "rrelu"
    has_mode: ClassVar[bool] = True
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("lower", "upper")),
        call=Arguments(("lower", "upper", "training")),
    )
    lower: Number = Field(default=0.125, ge=0, le=1000, title="smallest slope")
    upper: Number = Field(default=0.333333, ge=0, le=1000, title="largest slope")

    def output_shape(self, input_shape: Shape) -> Shape:
        holds, got = self.lower <= self.upper, (self.lower, self.upper)
        self.require(holds, "a largest slope that is not below the smallest", got)
        return input_shape


class CELU(Activation):
    """x where positive, alpha * (exp(x / alpha) - 1) elsewhere."""

    kind: Literal["CELU"] = "CELU"
    prefix: ClassVar[str] = "celu"
    signature: ClassVar[Signature] = Signature(Arguments(options=("alpha",)))
    alpha: Number = Field(default=1.0, ge=1e-3, le=1000, title="alpha")


class Softsign(Activation):
    """x / (1 + |x|)."""

    kind: Literal["Softsign"] = "Softsign"
    prefix: ClassVar[str] = "softsign"
    output: ClassVar[str] = "limited"


class Tanhshrink(Activation):
    """x - tanh(x)."""

    kind: Literal["Tanhshrink"] = "Tanhshrink"
    prefix: ClassVar[str] = "tanhshrink"


class Hardsigmoid(Activation):
    """x / 6 + 1/2, cut off at 0 and 1."""

    kind: Literal["Hardsigmoid"] = "Hardsigmoid"
    prefix: ClassVar[str] = "hardsigmoid"
    output: ClassVar[str] = "limited"


class Hardswish(Activation):
    """x * hardsigmoid(x)."""

    kind: Literal["Hardswish"] = "Hardswish"
    prefix: ClassVar[str] = "hardswish"


class LogSigmoid(Activation):
    """The logarithm of the sigmoid, computed in one stable step."""

    kind: Literal["LogSigmoid"] = "LogSigmoid"
    prefix: ClassVar[str] = "logsigmoid"
    output: ClassVar[str] = "limited"


class Hardshrink(Activation):
    """x, and 0 where |x| is at most lambd."""

    kind: Literal["Hardshrink"] = "Hardshrink"
    prefix: ClassVar[str] = "hardshrink"
    signature: ClassVar[Signature] = Signature(Arguments(options=("lambd",)))
    lambd: Number = Field(default=0.5, ge=0, le=1000, title="lambda")


class Softshrink(Hardshrink):
    """x moved towards 0 by lambd, and 0 where |x| is at most that."""

    kind: Literal["Softshrink"] = "Softshrink"  # type: ignore[assignment]
    prefix: ClassVar[str] = "softshrink"


class Threshold(Activation):
    """x where above the threshold, a value elsewhere."""

    kind: Literal["Threshold"] = "Threshold"
    prefix: ClassVar[str] = "threshold"
    signature: ClassVar[Signature] = Signature(Arguments(("threshold", "value")))
    threshold: Number = Field(default=0.0, ge=-1000, le=1000, title="threshold")
    value: Number = Field(default=0.0, ge=-1000, le=1000, title="value below it")
