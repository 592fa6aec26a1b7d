"""Functions of a row: along one of its dimensions."""

from typing import ClassVar, Literal

from pydantic import Field

from netlib.spec.layer import Arguments, Layer, Shape, Signature


class Along(Layer):
    """A function along the dimension `dim`: 0 is the batch, and not to be chosen."""

    is_activation: ClassVar[bool] = True
    signature: ClassVar[Signature] = Signature(Arguments(named=("dim",)))
    dim: int = Field(default=-1, ge=-4, le=4, strict=True, title="as dimension")

    def output_shape(self, input_shape: Shape) -> Shape:
        rank = len(input_shape)
        rule = f"dimension -{rank} to -1 or 1 to {rank} (0 is the batch)"
        self.require(self.dim != 0 and -rank <= self.dim <= rank, rule, self.dim)
        return input_shape


class Softmax(Along):
    """exp(x) over its sum along dim: probabilities that add up to 1."""

    kind: Literal["Softmax"] = "Softmax"
    prefix: ClassVar[str] = "softmax"
    output: ClassVar[str] = "probabilities"


class Softmin(Along):
    """Softmax of -x: the smallest has the largest share."""

    kind: Literal["Softmin"] = "Softmin"
    prefix: ClassVar[str] = "softmin"
    output: ClassVar[str] = "probabilities"


class LogSoftmax(Along):
    """The logarithm of Softmax, computed in one stable step."""

    kind: Literal["LogSoftmax"] = "LogSoftmax"
    prefix: ClassVar[str] = "log_softmax"
    output: ClassVar[str] = "log_probabilities"


class GLU(Along):
    """The first half along dim times the sigmoid of the second (Dauphin et al. 2017)."""

    kind: Literal["GLU"] = "GLU"
    is_activation: ClassVar[bool] = False  # it has fewer outputs than the layer before
    prefix: ClassVar[str] = "glu"

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = list(super().output_shape(input_shape))
        place = self.dim if self.dim < 0 else self.dim - 1
        self.require(shape[place] % 2 == 0, "an even size to halve", shape[place])
        shape[place] //= 2
        return tuple(shape)
