"""A file to hand out, and how one follows its making."""

from collections.abc import Callable
from dataclasses import dataclass

# Told the share done, 0 to 1, and what is being done; whoever raises ends the making.
Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class File:
    """A file to hand out; `check` says what was run and found, "" before that."""

    name: str
    content: bytes
    check: str = ""


def unwatched(share: float, text: str) -> None:
    """Follows nothing."""
