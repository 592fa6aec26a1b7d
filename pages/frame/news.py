"""What a job has told, as the messages of the live channel.

A message is packed (`jobs/wire.py`): news as JSON, whose `parts` tell what follows by name
and size. To a board that is the scene, the picture and one of the past; to another page
what its components show.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from netlib.errors import MessageError, Record
from netlib.jobs.course import RunSnapshot
from netlib.jobs.job import ENDINGS
from netlib.jobs.protocol import Look
from netlib.jobs.registry import Work
from netlib.jobs.run import Run
from netlib.jobs.wire import Parcel, pack
from pages.frame.views import Views

MOST_EPOCHS = 5000  # in a message
SECONDS_BETWEEN_PARTS = 0.1
FIELDS = [
    "state",
    "position",
    "place",
    "n_epochs",
    "elapsed_seconds",
    "epochs_per_second",
    "changes",
    "kept",
    "evaluated",
    "started",
    "refused",
    "layers",
    "findings",
    "message",
    "advice",
]


class News(Protocol):
    """What one browser hears of a job; the next message comes after `rest` seconds."""

    rest: float

    def followed(self, hear: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls `hear` after each change, from any thread."""

    def obey(self, wish: Record) -> None:
        """Takes what a person wishes; raises MessageError for what cannot be wished."""

    async def message(self) -> bytes:
        """Returns what the browser has not heard."""


class RunNews:
    """All of a run: its facts, its epochs after the first `n_epochs`, its pictures."""

    rest = 0.0

    def __init__(self, run: Run, n_epochs: int) -> None:
        self._run, self._n_epochs = run, n_epochs
        self._facts: dict[str, object] = {}
        self._sent: dict[str, Parcel] = {}
        self._epoch: int | None = None  # of the past, to be looked at
        self._hear: Callable[[], None] = lambda: None

    def followed(self, hear: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls `hear` after each change, and has pictures made."""
        self._hear = hear
        return self._run.watched(hear)

    def obey(self, wish: Record) -> None:
        """Tells the run, or looks back at its past."""
        if isinstance(wish, Look):
            self._epoch = wish.epoch
            self._hear()
        else:
            self._run.tell(wish)

    async def message(self) -> bytes:
        """Returns the epochs, facts and pictures that the browser has not heard of."""
        told = self._run.snapshot(since=self._n_epochs)
        epochs = told.history[:MOST_EPOCHS]
        if len(told.history) > len(epochs):
            self._hear()
        text = {"since": self._n_epochs, "epochs": epochs, **self._new_facts(told)}
        self._n_epochs += len(epochs)
        return _packed(text, self._new_pictures(told))

    def _new_pictures(self, told: RunSnapshot) -> dict[str, bytes]:
        pictures = {}
        for name, parcel in (("scene", told.scene), ("picture", told.picture)):
            if parcel is not None and parcel is not self._sent.get(name):
                self._sent[name] = parcel
                pictures[name] = parcel.content(name)
        if self._epoch is not None and (past := self._run.picture(self._epoch)):
            pictures["past"] = past
            self._epoch = None
        return pictures

    def _new_facts(self, told: RunSnapshot) -> dict[str, object]:
        facts = {name: getattr(told, name) for name in FIELDS}
        new = {
            name: value
            for name, value in facts.items()
            if name not in self._facts or self._facts[name] != value
        }
        self._facts = facts
        return new


class PartNews:
    """The parts of a page that follow a job, and its state."""

    rest = SECONDS_BETWEEN_PARTS

    def __init__(self, work: Work, views: Views) -> None:
        self._work, self._views = work, views
        self._sent: dict[str, bytes] = {}

    def followed(self, hear: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls `hear` after each change."""
        return self._work.job.followed(hear)

    def obey(self, wish: Record) -> None:
        """Raises MessageError: such a page has no wishes."""
        raise MessageError("message", "no wish", wish)

    async def message(self) -> bytes:
        """Returns the parts that have changed, drawn beside the server's own thread."""
        return await asyncio.to_thread(self._message)

    def _message(self) -> bytes:
        state = self._work.state  # before they are drawn, which tell no older one
        drawn = self._views.parts(self._work.id, is_last=state in ENDINGS)
        packed = {key: pack(said, b"") for key, said in drawn.items()}
        new = {key: part for key, part in packed.items() if self._sent.get(key) != part}
        self._sent |= new
        return _packed({"since": 0, "epochs": [], "state": state}, new)


def _packed(text: Mapping[str, object], parts: Mapping[str, bytes]) -> bytes:
    sizes = [(name, len(content)) for name, content in parts.items()]
    return pack({**text, "parts": sizes}, b"".join(parts.values()))
