"""A program that runs: its two functions driven, turn after turn."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from netlib.errors import DivergedError, TrainingError, WeightsError
from netlib.experiment import Experiment
from netlib.model.network import RunningProgram
from netlib.model.transfer import carry
from netlib.model.weights import Array, weights_of
from netlib.source.optimizers import SCHEDULES
from netlib.source.tasks import TASKS
from netlib.training.change import Change
from netlib.training.checkpoints import Checkpoints
from netlib.training.epoch import Epoch
from netlib.training.state import (
    Checkpoint,
    State,
    restore,
    restore_moments,
    restore_weights,
)


class Best(NamedTuple):
    """An epoch, and the weights after it by name."""

    epoch: Epoch
    weights: dict[str, Array]


class Training:
    """A program under way, which takes a turn when asked: a step, or an epoch's end.

    Whoever stops asking has paused the run. `epoch` counts the epochs that have ended and
    `steps` those of the epoch under way. `checkpoints` are states of the past, `best` the
    epoch of the lowest validation loss and its weights.
    """

    def __init__(self, running: RunningProgram) -> None:
        self.running = running
        self.epoch = 0
        self.best: Best | None = None
        self._losses: list[float] = []
        self._course: Iterator[float] | None = None
        self._restart(0)

    @property
    def steps(self) -> int:
        """The steps of the epoch that is under way."""
        return len(self._losses)

    def advance(self) -> Epoch | None:
        """Takes a turn; returns None after a step and the Epoch once one has ended.

        Raises DivergedError once a loss is not finite.
        """
        try:
            epoch = self._turn()
        except RuntimeError:  # some losses refuse outputs that are no numbers
            if all(map(_is_finite, self.running.network.parameters.values())):
                raise
            raise _diverged(self.epoch + 1) from None
        self._turns += 1
        return epoch

    def change(self, change: Change) -> None:
        """Changes what a person asks for; raises TrainingError or WeightsError."""
        if change.learning_rate is not None:
            self._check_free("learning rate")
            for group in self.running.optimizer.param_groups:
                group["lr"] = change.learning_rate
        elif change.batch_size is not None:
            self._check_free("batch size")
            self.running.set_batch_size(change.batch_size)
        elif change.weight is not None:
            self._set_weight(*change.weight)
        self._changes.append((self._turns, change))

    def checkpoint(self) -> Checkpoint:
        """Returns from what `resume` comes to this very turn, in any process."""
        return Checkpoint(self.checkpoints.latest, self._turns, tuple(self._changes))

    def keep(self) -> None:
        """Keeps the state, to go back to, if an epoch has just ended."""
        if self._course is None and self._turns:
            self._keep()

    def resume(self, checkpoint: Checkpoint) -> list[Epoch]:
        """Goes to where a checkpoint of the same program was, to the last bit.

        Returns the epochs that ended on the way.
        """
        restore(self.running, checkpoint.state)
        self._restart(checkpoint.state.epoch)
        found = []
        for turn in range(checkpoint.turns + 1):
            for at, change in checkpoint.changes:
                if at == turn:
                    self.change(change)
            if turn < checkpoint.turns:
                found.append(self.advance())
        return [epoch for epoch in found if epoch]

    def fork(self, state: State, source: Experiment) -> None:
        """Goes on from a state of another experiment, whose style may be another too.

        Weights, order and epoch are those of the state, and the moments too where the
        optimizer is the same; rates, batch size and schedule are this program's own.
        Raises WeightsError where the tensors of the networks are not the same.
        """
        own = self.running.program.experiment
        weights = state.weights
        if own.style != source.style:
            weights = carry(weights, own.spec, source.style, own.style)
        restore_weights(self.running, state, weights)
        if own.plan.optimizer == source.plan.optimizer:
            groups = self.running.optimizer.state_dict()["param_groups"]
            restore_moments(self.running, state, groups)
        self._restart(state.epoch)

    def _turn(self) -> Epoch | None:
        if self._course is None:
            self._begin()
        assert self._course
        loss = next(self._course, None)
        if loss is None:
            return self._end()
        _check_finite(loss, self.epoch + 1)
        self._losses.append(loss)
        return None

    def _begin(self) -> None:
        if self.checkpoints.is_due():
            self._keep()
        self._course = self.running.train_epoch()

    def _end(self) -> Epoch:
        # The sum as the program's own last lines have it.
        loss = sum(self._losses) / len(self.running.data["X_train"])
        epoch = Epoch(self.epoch + 1, loss, *self.running.validate())
        _check_finite(epoch.validation_loss, epoch.number)
        self._course, self._losses, self.epoch = None, [], epoch.number
        if self.best is None or epoch.validation_loss < self.best.epoch.validation_loss:
            self.best = Best(epoch, weights_of(self.running.network))
        return epoch

    def _restart(self, epoch: int) -> None:
        self.epoch, self.best = epoch, None
        self._losses, self._course = [], None
        self.checkpoints = Checkpoints()
        self._keep()

    def _keep(self) -> None:
        self.checkpoints.take(self.running, self.epoch)
        self._turns = 0
        self._changes: list[tuple[int, Change]] = []

    def _check_free(self, where: str) -> None:
        name = self.running.program.experiment.plan.schedule
        schedule = SCHEDULES[name]
        if schedule and schedule.every_step:
            advice = "Choose another schedule and train again."
            raise TrainingError(where, "a schedule that leaves it free", name, advice)

    def _set_weight(self, name: str, place: int, value: float) -> None:
        tensor = self.running.network.tensors.get(name)
        if tensor is None or not 0 <= place < tensor.numel():
            names = ", ".join(self.running.network.tensors)
            raise WeightsError("weight", f"a place in {names}", f"{name}, {place}")
        with torch.no_grad():
            tensor.view(-1)[place] = value


def epochs(running: RunningProgram, n_epochs: int) -> Iterator[Epoch | None]:
    """Trains, and yields None after each step and an Epoch after each epoch.

    Whoever stops asking has stopped the run; asking again goes on. Raises DivergedError
    once a loss is not finite.
    """
    training = Training(running)
    while training.epoch < n_epochs:
        yield training.advance()


def baseline(running: RunningProgram) -> float:
    """Returns the score of the best constant answer to the training rows."""
    y_train, y_val = running.data["y_train"], running.data["y_val"]
    if TASKS[running.program.task].has_classes:
        majority = y_train.flatten().mode().values
        return (y_val == majority).float().mean().item()
    errors = (y_val - y_train.mean()).square().mean()
    return (1 - errors / y_val.var(correction=0)).item()


def _check_finite(loss: float, number: int) -> None:
    if not math.isfinite(loss):
        raise _diverged(number)


def _is_finite(tensor: torch.Tensor) -> bool:
    return bool(tensor.isfinite().all())


def _diverged(number: int) -> DivergedError:
    found, advice = f"NaN or infinity in epoch {number}", "Lower the learning rate."
    return DivergedError("training", "a finite loss", found, advice)
