"""A training run and what it has given so far: its epochs, weights and kept states."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netlib.jobs.course import Course, RunSnapshot
from netlib.jobs.events import Best, Kept, Position, Weights
from netlib.jobs.job import Job, OfJob
from netlib.jobs.kept import (
    EVALUATION,
    PICTURE,
    STATE,
    RunFiles,
    SavedWeights,
    saved_weights,
)
from netlib.jobs.protocol import Control, GiveWay, Train, Watch
from netlib.jobs.wire import Attached, Parcel
from netlib.training.cures import Beginning
from netlib.training.epoch import Epoch

if TYPE_CHECKING:
    from netlib.model.evaluation import Evaluation
    from netlib.training.record import RunRecord


class Run(OfJob):
    """A training run in any state; `Registry.start` makes it and its worker feeds it.

    `history` are the epochs before it, where it is a fork.
    """

    def __init__(
        self,
        request: Train,
        attached: Attached,
        folder: Path,
        changed: threading.Condition,
        history: tuple[Epoch, ...] = (),
    ) -> None:
        retry = "Press Train to start again."
        self.job = Job(request, attached, changed, where="run", retry=retry)
        self.experiment, self.limits = request.experiment, request.limits
        self._files = RunFiles(folder / self.job.id)
        self._weights = self._files.weights
        place = Position(epoch=len(history), is_playing=not request.is_paused)
        is_fork = request.forked_from is not None
        self._n_watchers = 0
        beginning = Beginning(self.experiment, self.limits)
        self._course = Course(beginning, place, list(history), is_fork)

    def pause(self, now: float) -> float:
        """Returns for how many seconds it has waited for a person, 0 while it plays."""
        at = self._course.paused_at
        return 0.0 if at is None else now - at

    def deviation(self) -> str:
        """Returns in what it is not what its program gives, "" if it is just that."""
        with self.job.changed:
            return self._course.deviation()

    def snapshot(self, since: int = 0) -> RunSnapshot:
        """Returns a copy of all that is known now, and counts as watching the run.

        The history begins after the first `since` epochs.
        """
        with self.job.changed:
            self.job.watch()
            return self._course.snapshot(self.job, since)

    @contextmanager
    def watched(self, hear: Callable[[], None]) -> Iterator[None]:
        """Calls `hear` after each change, from any thread, and has pictures made."""
        with self.job.followed(hear):
            self._count_watcher(1)
            try:
                yield
            finally:
                self._count_watcher(-1)

    def _count_watcher(self, more: int) -> None:
        with self.job.changed:
            self._n_watchers += more
            self.job.send(Watch(is_watched=self._n_watchers > 0))

    def tell(self, control: Control) -> None:
        """Tells the run what a person wants of it, now or once it has begun."""
        with self.job.changed:
            self.job.send(control)

    def give_way(self) -> None:
        """Has a run that plays rest for a moment, see `GiveWay`."""
        with self.job.changed:
            if self.state == "running" and self._course.paused_at is None:
                self.job.send(GiveWay())

    def weights(self) -> SavedWeights | None:
        """Returns parameters and buffers as last saved, None before that."""
        return saved_weights(self._weights)

    def take_best(self, is_taken: bool = True) -> None:
        """Takes the weights after the lowest validation loss, or else the last ones again.

        Nothing happens before the run has ended.
        """
        with self.job.changed:
            files, course = self._files, self._course
            if self.is_active or course.best_epoch is None:
                return
            self._weights = files.best if is_taken else files.weights
            last = course.history[-1].number
            course.weights_epoch = course.best_epoch if is_taken else last

    def weights_content(self) -> bytes | None:
        """Returns the safetensors file of the weights as last saved, None before that."""
        return self._weights.read()

    def checkpoint(self, epoch: int) -> bytes | None:
        """Returns the state that is kept of the end of an epoch, None for any other."""
        return self._files.of(epoch, STATE)

    def picture(self, epoch: int) -> bytes | None:
        """Returns the picture that is kept of an epoch's end, None for any other."""
        return self._files.of(epoch, PICTURE)

    def evaluation(self, epoch: int) -> "Evaluation | None":
        """Returns how the rows kept back were answered at an epoch's end, None if untold."""
        from netlib.model.evaluation import Evaluation

        content = self._files.of(epoch, EVALUATION)
        return Evaluation.model_validate_json(content) if content else None

    def record(self) -> "RunRecord":
        """Returns what came of the run so far, with its CSV file while it is kept."""
        from netlib.training.record import RunRecord

        saved = self.weights()
        with self.job.changed:
            csv, history = self.job.attached.get("csv"), tuple(self._course.history)
            arrays = saved.arrays if saved else {}
            return RunRecord(self.experiment, csv, history, arrays, self.job.state)

    def note(self, parcel: Parcel) -> None:
        """Takes in facts, epochs, weights and states."""
        match parcel.message:
            case Weights():
                self._files.weights.replace(parcel.content("weights"))
            case Best():
                self._files.best.replace(parcel.content("weights"))
            case Kept(epochs=epochs):
                self._files.keep(epochs, parcel.attached)
        with self.job.changed:
            self._course.note(parcel)

    def clear(self) -> None:
        """Removes its files."""
        self._files.clear()
