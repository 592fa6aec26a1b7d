"""When a run ends before its last epoch, and before a person ends it."""

from typing import ClassVar

from pydantic import Field

from netlib.errors import Record
from netlib.training.epoch import Epoch


class Limits(Record):
    """What ends a run beside its last epoch; None is no limit.

    `patience` is how many epochs may pass without a lower validation loss, `target` the
    score to reach, `seconds` the time of training without its pauses.
    """

    where: ClassVar[str] = "limits"

    patience: int | None = Field(
        default=None, ge=1, le=100_000, strict=True, title="epochs to wait"
    )
    target: float | None = None
    seconds: float | None = Field(default=None, ge=1, le=86_400, title="seconds")

    def reached(self, epoch: Epoch, best: Epoch, seconds: float) -> str:
        """Returns in a sentence which limit an epoch has reached, "" for none."""
        if self.target is not None and epoch.score >= self.target:
            return f"Score {epoch.score:.4g} has reached {self.target:g}."
        if self.patience is not None and epoch.number - best.number >= self.patience:
            return (
                f"No lower validation loss in {self.patience:,} epochs "
                f"since epoch {best.number:,}."
            )
        if self.seconds is not None and seconds >= self.seconds:
            return f"{self.seconds:g} seconds of training are over."
        return ""
