"""What a person changes in a run while it goes on."""

from typing import ClassVar, Literal

from pydantic import Field

from netlib.errors import Record


class Change(Record):
    """One of: a learning rate, a batch size, a weight; the others are None.

    A rate holds from the next step on, a batch size from the next epoch on. `weight` is
    the name of a tensor, a place in it as if it were flat, and the new value.
    """

    where: ClassVar[str] = "change"
    kind: Literal["change"] = "change"
    learning_rate: float | None = Field(
        default=None, ge=0, le=1e6, title="learning rate"
    )
    batch_size: int | None = Field(
        default=None, ge=1, le=65_536, strict=True, title="rows a batch"
    )
    weight: tuple[str, int, float] | None = None
