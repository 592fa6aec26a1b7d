"""What a job has given so far: a run its epochs and weights, an errand a result or file."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from safetensors import safe_open

from netlib.experiment import Experiment
from netlib.jobs.job import Job, State
from netlib.jobs.kept import KeptFile
from netlib.jobs.protocol import (
    Attached,
    Epochs,
    ErrandRequest,
    File,
    Parcel,
    Progress,
    Result,
    Started,
    Train,
    Weights,
)
from netlib.training.epoch import Epoch

if TYPE_CHECKING:
    from netlib.training.record import RunRecord


@dataclass(frozen=True)
class RunSnapshot:
    """What a run has told up to one moment; None is not known yet.

    `position` is 1 for the next of the queue. The rate and the seconds left are None
    before epoch 1. `weights_epoch` is the epoch of the latest weights.
    """

    state: State
    position: int | None
    history: tuple[Epoch, ...]
    n_epochs: int
    elapsed_seconds: float
    epochs_per_second: float | None
    seconds_left: float | None
    started: Started | None
    weights_epoch: int | None
    message: str
    advice: str


@dataclass(frozen=True)
class SavedWeights:
    """Parameters and buffers by name, and the epoch after which they were saved."""

    epoch: int
    arrays: dict[str, NDArray[Any]]


class Run:
    """A training run in any state; `Registry.start` makes it and its worker feeds it."""

    def __init__(
        self,
        experiment: Experiment,
        attached: Attached,
        folder: Path,
        changed: threading.Condition,
    ) -> None:
        retry = "Press Train to start again."
        request = Train(experiment=experiment)
        self.job = Job(request, attached, changed, where="run", retry=retry)
        self.experiment = experiment
        self._file = KeptFile(folder / f"{self.job.id}.safetensors")
        self._history: list[Epoch] = []
        self._elapsed_seconds = 0.0
        self._started: Started | None = None
        self._weights_epoch: int | None = None

    @property
    def id(self) -> str:
        """The name by which the registry knows it."""
        return self.job.id

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.job.state

    @property
    def is_active(self) -> bool:
        """Whether it waits, starts or runs."""
        return self.job.is_active

    def snapshot(self) -> RunSnapshot:
        """Returns a copy of all that is known now, and counts as watching the run."""
        with self.job.changed:
            self.job.watch()
            n_epochs, n_done = self.experiment.plan.epochs, len(self._history)
            rate = n_done / self._elapsed_seconds if n_done else None
            return RunSnapshot(
                state=self.job.state,
                position=self.job.position,
                history=tuple(self._history),
                n_epochs=n_epochs,
                elapsed_seconds=self._elapsed_seconds,
                epochs_per_second=rate,
                seconds_left=(n_epochs - n_done) / rate if rate else None,
                started=self._started,
                weights_epoch=self._weights_epoch,
                message=self.job.message,
                advice=self.job.advice,
            )

    def weights(self) -> SavedWeights | None:
        """Returns parameters and buffers as last saved, None before that."""
        try:
            with safe_open(self._file.path, framework="numpy") as file:
                names = file.offset_keys()
                arrays = {name: file.get_tensor(name) for name in names}
                return SavedWeights(int(file.metadata()["epoch"]), arrays)
        except FileNotFoundError:
            return None

    def weights_content(self) -> bytes | None:
        """Returns the safetensors file of the weights as last saved, None before that."""
        return self._file.read()

    def record(self) -> "RunRecord":
        """Returns what came of the run so far, with its CSV file while it is kept."""
        from netlib.training.record import RunRecord

        saved = self.weights()
        with self.job.changed:
            csv, history = self.job.attached.get("csv"), tuple(self._history)
            arrays = saved.arrays if saved else {}
            return RunRecord(self.experiment, csv, history, arrays, self.job.state)

    def note(self, parcel: Parcel) -> None:
        """Takes in facts, epochs and weights."""
        if isinstance(parcel.message, Weights):
            self._file.replace(parcel.content("weights"))
        with self.job.changed:
            match parcel.message:
                case Started():
                    self._started = parcel.message
                case Epochs(epochs=epochs, elapsed_seconds=seconds):
                    self._history += epochs
                    self._elapsed_seconds = seconds
                case Weights(epoch=epoch):
                    self._weights_epoch = epoch

    def clear(self) -> None:
        """Removes the saved weights."""
        self._file.remove()


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


class Errand:
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

    @property
    def id(self) -> str:
        """The name by which the registry knows it."""
        return self.job.id

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.job.state

    @property
    def is_active(self) -> bool:
        """Whether it waits, starts or runs."""
        return self.job.is_active

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
