"""What a run has told so far: its facts, epochs, place and changes."""

import time
from dataclasses import dataclass, field

from netlib.jobs.events import (
    Best,
    Changed,
    Epochs,
    Health,
    Kept,
    Picture,
    Position,
    Refused,
    Scene,
    Started,
    Weights,
)
from netlib.jobs.job import Job, State
from netlib.jobs.kept import EVALUATION
from netlib.jobs.wire import Parcel
from netlib.source.tasks import TASKS
from netlib.training.cures import Beginning, changes
from netlib.training.diagnosis import Finding, LayerHealth, diagnose
from netlib.training.epoch import Epoch

BY_SCORE = {task.score_name: task for task in TASKS.values()}


@dataclass(frozen=True)
class RunSnapshot:
    """What a run has told up to one moment; None is not known yet.

    `position` is 1 for the next of the queue. The rate and the seconds left are None
    before epoch 1. `weights_epoch` is the epoch of the latest weights, `best_epoch` that
    of the lowest validation loss, once a run has ended. `place` is where it pauses or was
    when it last said so, and `kept` are the epochs that can be gone back to, `evaluated` those whose answers were
    measured. `refused`
    says what could not be changed. `layers` and `findings` say how it is,
    `scene` and `picture` are there once somebody looks.
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
    best_epoch: int | None
    place: Position
    changes: tuple[Changed, ...]
    kept: tuple[int, ...]
    evaluated: tuple[int, ...]
    refused: str
    scene: Parcel | None
    picture: Parcel | None
    layers: tuple[LayerHealth, ...]
    findings: list[Finding]
    message: str
    advice: str


@dataclass
class Course:
    """Takes in what a run tells; the epochs before a fork are its history at first.

    `paused_at` is since when it waits, by the monotonic clock, None while it plays.
    """

    beginning: Beginning
    place: Position
    history: list[Epoch] = field(default_factory=list)
    is_fork: bool = False
    elapsed_seconds: float = 0.0
    started: Started | None = None
    weights_epoch: int | None = None
    best_epoch: int | None = None
    changes: list[Changed] = field(default_factory=list)
    kept: tuple[int, ...] = ()
    evaluated: tuple[int, ...] = ()
    refused: str = ""
    scene: Parcel | None = None
    picture: Parcel | None = None
    layers: tuple[LayerHealth, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    paused_at: float | None = None

    def __post_init__(self) -> None:
        self._n_before = len(self.history)

    def note(self, parcel: Parcel) -> None:
        """Takes a message in."""
        match message := parcel.message:
            case Started():
                self.started = message
            case Epochs(epochs=epochs, elapsed_seconds=seconds):
                self.history += epochs
                self.elapsed_seconds = seconds
            case Weights(epoch=epoch):
                self.weights_epoch = epoch
            case Best(epoch=epoch):
                self.best_epoch = epoch
                self.findings = self._diagnose()  # of the whole run
            case Position(is_playing=is_playing):
                self.place = message
                self.paused_at = None if is_playing else time.monotonic()
            case Changed():
                self.changes.append(message)
                self.refused = ""
            case Refused(message=text, advice=advice):
                self.refused = f"{text} {advice}".strip()
            case Kept(epochs=kept):
                self.kept = kept
                told = parcel.attached
                self.evaluated = tuple(
                    epoch
                    for epoch in kept
                    if epoch in self.evaluated or f"{epoch}{EVALUATION}" in told
                )
            case Scene():
                self.scene = parcel
            case Picture():
                self.picture = parcel
            case Health(layers=layers):
                self.layers = layers
                self.findings = self._diagnose()

    def _diagnose(self) -> list[Finding]:
        rates = [changed.change.learning_rate for changed in self.changes]
        first = self.beginning.experiment.plan.learning_rate
        rate = [first, *(r for r in rates if r is not None)][-1]
        started = self.started
        task = BY_SCORE[started.score] if started and started.score else None
        baseline = (started and started.baseline) or 0.0
        is_over = self.best_epoch is not None
        found = diagnose(self.history, self.layers, rate, task, baseline, is_over)
        return [
            each._replace(
                cures=tuple(n for n in each.cures if changes(n, self.beginning))
            )
            for each in found
        ]

    def deviation(self) -> str:
        """Returns in what the run is not what its program gives, "" if it is just that."""
        last = self.history[-1].number if self.history else 0
        if self.weights_epoch is not None and self.weights_epoch < last:
            return (
                f"has the weights of its epoch {self.weights_epoch:,}, not of its last"
            )
        if self.is_fork:
            return f"goes on from epoch {self._n_before:,} of another run"
        if self.changes:
            return f"was changed by hand in epoch {self.changes[0].epoch + 1:,}"
        return ""

    def snapshot(self, job: Job, since: int) -> RunSnapshot:
        """Returns a copy of all that is known; the history without its first epochs."""
        n_done, n_epochs = len(self.history), self.beginning.experiment.plan.epochs
        n_timed = n_done - self._n_before
        rate = n_timed / self.elapsed_seconds if n_timed else None
        return RunSnapshot(
            state=job.state,
            position=job.position,
            history=tuple(self.history[since:]),
            n_epochs=n_epochs,
            elapsed_seconds=self.elapsed_seconds,
            epochs_per_second=rate,
            seconds_left=(n_epochs - n_done) / rate if rate else None,
            started=self.started,
            weights_epoch=self.weights_epoch,
            best_epoch=self.best_epoch,
            place=self.place,
            changes=tuple(self.changes),
            kept=self.kept,
            evaluated=self.evaluated,
            refused=self.refused,
            scene=self.scene,
            picture=self.picture,
            layers=self.layers,
            findings=self.findings,
            message=job.message,
            advice=job.advice,
        )
