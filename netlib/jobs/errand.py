"""A short job and what it has given so far: how far it is, its result or its file."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netlib.jobs.events import File, Progress, Result
from netlib.jobs.job import Job, OfJob, State
from netlib.jobs.kept import KeptFile
from netlib.jobs.protocol import ErrandRequest
from netlib.jobs.wire import Attached, Parcel


@dataclass(frozen=True)
class ErrandSnapshot:
    """What an errand has told up to one moment: the share done, 0 to 1, and a label.

    `position` is 1 for the next of the queue. `result` is what it found and `file` the
    name of its file with what was checked, None until they are there.
    """

    state: State
    position: int | None
    share: float
    label: str
    result: Any
    file: File | None
    message: str
    advice: str


class Errand(OfJob):
    """A short job with one result or file; `Registry.ask` makes it, its worker feeds it."""

    def __init__(
        self,
        request: ErrandRequest,
        attached: Attached,
        folder: Path,
        changed: threading.Condition,
    ) -> None:
        retry = "Start it again."
        self.job = Job(request, attached, changed, where="errand", retry=retry)
        self.request = request
        self._content = KeptFile(folder / f"{self.job.id}.file")
        self._progress = Progress(share=0, label="")
        self._result: Any = None
        self._file: File | None = None

    def snapshot(self) -> ErrandSnapshot:
        """Returns all that is known now, and counts as watching the errand."""
        with self.job.changed:
            self.job.watch()
            return ErrandSnapshot(
                state=self.job.state,
                position=self.job.position,
                share=self._progress.share,
                label=self._progress.label,
                result=self._result,
                file=self._file,
                message=self.job.message,
                advice=self.job.advice,
            )

    def content(self) -> bytes | None:
        """Returns its file, None until it is there or once it is dropped."""
        return self._content.read()

    def answers(self, request: ErrandRequest) -> bool:
        """Tells whether it was asked for just this, NaN being equal to NaN."""
        return self.request == request or repr(self.request) == repr(request)

    def note(self, parcel: Parcel) -> None:
        """Takes in the progress, the result and the file."""
        if isinstance(parcel.message, File):
            self._content.replace(parcel.content("file"))
        with self.job.changed:
            match parcel.message:
                case Progress():
                    self._progress = parcel.message
                case Result(value=value):
                    self._result = value
                case File():
                    self._file = parcel.message

    def clear(self) -> None:
        """Removes its file."""
        self._content.remove()
