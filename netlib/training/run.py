"""A program that runs: its two functions driven, epoch after epoch."""

import math
from collections.abc import Iterator

import torch

from netlib.errors import DivergedError
from netlib.model.builder import RunningProgram
from netlib.source.tasks import TASKS
from netlib.training.epoch import Epoch


def epochs(running: RunningProgram, n_epochs: int) -> Iterator[Epoch | None]:
    """Trains, and yields None after each step and an Epoch after each epoch.

    Whoever stops asking has stopped the run; asking again goes on. Raises DivergedError
    once a loss is not finite.
    """
    for number in range(1, n_epochs + 1):
        try:
            losses: list[float] = []
            for loss in running.train_epoch():
                losses.append(loss)
                _check_finite(loss, number)
                yield None
            # The sum as the program's own last lines have it.
            epoch = Epoch(
                number, sum(losses) / len(running.data["X_train"]), *running.validate()
            )
        except RuntimeError:  # some losses refuse outputs that are no numbers
            if all(map(_is_finite, running.network.parameters.values())):
                raise
            raise _diverged(number) from None
        _check_finite(epoch.validation_loss, number)
        yield epoch


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
