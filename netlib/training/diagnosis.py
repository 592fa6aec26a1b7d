"""What is off in a run: in a plain sentence, with what usually helps."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from netlib.source.tasks import Task
from netlib.training.epoch import Epoch

# Of the lowest validation loss, for the mean of so many epochs.
RISE, PATIENCE = 1.2, 5
# Of the first validation loss: a smaller rise takes little of what was learned.
LEAST_RISE = 0.1
MUCH_SILENCE, MUCH_SATURATION = 0.3, 0.8
LARGE_UPDATE, SMALL_UPDATE = 0.05, 1e-4
LEAST_FALL = 0.98  # of the training loss in as many epochs
MUCH_OF_ONE_CLASS = 0.8


class LayerHealth(NamedTuple):
    """A layer in a moment; shares are 0 to 1, and None for the last layer.

    `gradient` is the norm of the gradient of its weights, `update` by what share of their
    norm a step has changed them, `silent` the share of units that say the same for every
    row, `saturated` that of values at the ends of their range, `counts` a histogram.
    """

    name: str
    gradient: float
    update: float
    silent: float | None
    saturated: float | None
    counts: tuple[int, ...]


class Finding(NamedTuple):
    """What is off, in short and in a sentence, and what helps.

    `cures` are names of CURES, with which to begin anew; `learning_rate` is one that helps
    from now on and `epoch` one whose weights do, if there is one.
    """

    name: str
    said: str
    helps: str
    cures: tuple[str, ...] = ()
    learning_rate: float | None = None
    epoch: int | None = None

    @property
    def text(self) -> str:
        """The finding in words alone."""
        return (
            f"{self.said} What usually helps: {', '.join([*self.cures, self.helps])}."
        )


def diagnose(
    history: Sequence[Epoch],
    layers: Sequence[LayerHealth],
    learning_rate: float,
    task: Task | None = None,
    baseline: float = 0.0,
    is_over: bool = False,
) -> list[Finding]:
    """Returns what is off; `baseline` is the task's score of the best constant answer.

    While a run goes on, what may pass is not told before some epochs of it.
    """
    found = [
        _no_better(history, task, baseline) if is_over else None,
        _silence(layers, learning_rate),
        _saturation(layers),
        _rise(history, learning_rate, is_over),
        _high_rate(history, layers, learning_rate),
        _low_rate(history, layers, learning_rate),
        _unequal(task, baseline),
    ]
    return [finding for finding in found if finding]


def _no_better(
    history: Sequence[Epoch], task: Task | None, baseline: float
) -> Finding | None:
    if task is None or not history or not history[-1].score <= baseline:
        return None
    return Finding(
        "No better than guessing",
        f"No better than always answering {task.constant}.",
        "another learning rate, more epochs or more units",
    )


def _silence(layers: Sequence[LayerHealth], learning_rate: float) -> Finding | None:
    layer = max(layers, key=lambda layer: layer.silent or 0, default=None)
    if layer is None or (layer.silent or 0) < MUCH_SILENCE:
        return None
    return Finding(
        "Units that learn no more",
        f"{layer.silent:.0%} of the units of {layer.name} say the same for every row: "
        "they learn nothing any more.",
        "a lower learning rate from the beginning",
        ("LeakyReLU",),
        _rounded(learning_rate / 10),
    )


def _saturation(layers: Sequence[LayerHealth]) -> Finding | None:
    layer = max(layers, key=lambda layer: layer.saturated or 0, default=None)
    if layer is None or (layer.saturated or 0) < MUCH_SATURATION:
        return None
    return Finding(
        "Saturated units",
        f"{layer.saturated:.0%} of the values of {layer.name} are at the ends of their "
        "range, where hardly any gradient passes (saturation).",
        "a lower learning rate, or ReLU",
        ("weight decay",),
    )


def _rise(
    history: Sequence[Epoch], learning_rate: float, is_over: bool
) -> Finding | None:
    if not history:
        return None
    lowest = min(history, key=lambda epoch: epoch.validation_loss)
    latest = [epoch for epoch in history if epoch.number > lowest.number][-PATIENCE:]
    if not latest or (len(latest) < PATIENCE and not is_over):
        return None
    least = lowest.validation_loss
    now = fmean(epoch.validation_loss for epoch in latest)
    least_rise = LEAST_RISE * history[0].validation_loss
    # So that a loss that is no number has not risen.
    if not (now > least and now >= RISE * least and now - least >= least_rise):
        return None
    times = f"{now / least:.2g} times" if now < 100 * least else "over 100 times"
    said = (
        f"The validation loss was lowest in epoch {lowest.number:,} and has risen to "
        f"{times} that"
    )
    if fmean(epoch.loss for epoch in latest) > lowest.loss:
        slower = _rounded(learning_rate / 10)
        return Finding(
            "The validation loss rises",
            f"{said}.",
            "a lower learning rate",
            learning_rate=slower,
        )
    return Finding(
        f"Overfitting since epoch {lowest.number:,}",
        f"{said}, while the training loss fell: the network learns the rows by heart "
        "(overfitting).",
        f"the weights of epoch {lowest.number:,}",
        ("dropout", "weight decay", "half the units", "early stopping"),
        epoch=lowest.number,
    )


def _high_rate(
    history: Sequence[Epoch], layers: Sequence[LayerHealth], learning_rate: float
) -> Finding | None:
    largest = max(layers, key=lambda layer: layer.update, default=None)
    if largest is None or largest.update < LARGE_UPDATE or _falls(history):
        return None
    return Finding(
        "The learning rate is too high",
        f"A step changes the weights of {largest.name} by {largest.update:.0%}, and the "
        "training loss does not fall: the learning rate is too high.",
        "a lower learning rate",
        learning_rate=_rounded(learning_rate / 10),
    )


def _low_rate(
    history: Sequence[Epoch], layers: Sequence[LayerHealth], learning_rate: float
) -> Finding | None:
    largest = max((layer.update for layer in layers), default=1.0)
    if len(history) <= PATIENCE or largest > SMALL_UPDATE or _falls(history):
        return None
    return Finding(
        "The learning rate is too low",
        f"A step changes no layer's weights by more than {largest:.2g} of them, and the "
        "training loss hardly falls: the learning rate is too low.",
        "a higher learning rate",
        learning_rate=_rounded(learning_rate * 10),
    )


def _unequal(task: Task | None, majority: float) -> Finding | None:
    if task is None or not task.has_classes or majority < MUCH_OF_ONE_CLASS:
        return None
    return Finding(
        "Nearly all rows are of one class",
        f"{majority:.0%} of the rows kept back are of one class: an accuracy of "
        f"{majority:.2f} is no achievement.",
        "to look at each class on its own, or more rows of the rare ones",
    )


def _falls(history: Sequence[Epoch]) -> bool:
    """Tells whether the training loss falls, or it is too early to tell."""
    if len(history) <= PATIENCE:
        return True
    return history[-1].loss < LEAST_FALL * history[-1 - PATIENCE].loss


def _rounded(learning_rate: float) -> float:
    return float(f"{learning_rate:.6g}")
