"""What is off in a run while it goes on: in a plain sentence, with what usually helps."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from netlib.training.epoch import Epoch

# Of the lowest validation loss, for the mean of so many epochs.
RISE, PATIENCE = 1.1, 5
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
    """What is off and what helps: names of CURES, with which a new run begins.

    `learning_rate` is one that helps from now on, if there is one.
    """

    said: str
    helps: str
    cures: tuple[str, ...] = ()
    learning_rate: float | None = None


def diagnose(
    history: Sequence[Epoch],
    layers: Sequence[LayerHealth],
    learning_rate: float,
    majority: float | None,
) -> list[Finding]:
    """Returns what is off; `majority` is the share of the largest class, if there are any."""
    found = [
        _silence(layers, learning_rate),
        _saturation(layers),
        _overfitting(history),
        _high_rate(history, layers, learning_rate),
        _low_rate(history, layers, learning_rate),
        _unequal(majority),
    ]
    return [finding for finding in found if finding]


def _silence(layers: Sequence[LayerHealth], learning_rate: float) -> Finding | None:
    layer = max(layers, key=lambda layer: layer.silent or 0, default=None)
    if layer is None or (layer.silent or 0) < MUCH_SILENCE:
        return None
    return Finding(
        f"{layer.silent:.0%} of the units of {layer.name} say the same for every row: "
        "they learn nothing any more.",
        "a lower learning rate from the beginning, or LeakyReLU in place of ReLU",
        ("LeakyReLU",),
        _rounded(learning_rate / 10),
    )


def _saturation(layers: Sequence[LayerHealth]) -> Finding | None:
    layer = max(layers, key=lambda layer: layer.saturated or 0, default=None)
    if layer is None or (layer.saturated or 0) < MUCH_SATURATION:
        return None
    return Finding(
        f"{layer.saturated:.0%} of the values of {layer.name} are at the ends of their "
        "range, where hardly any gradient passes (saturation).",
        "weight decay, a lower learning rate, or ReLU",
        ("weight decay",),
    )


def _overfitting(history: Sequence[Epoch]) -> Finding | None:
    if len(history) <= PATIENCE:
        return None
    lowest = min(history, key=lambda epoch: epoch.validation_loss)
    latest = history[-PATIENCE:]
    has_risen = fmean(e.validation_loss for e in latest) > RISE * lowest.validation_loss
    falls = fmean(e.loss for e in latest) <= lowest.loss
    if not (has_risen and falls and history[-1].number - lowest.number >= PATIENCE):
        return None
    return Finding(
        f"The validation loss rises since epoch {lowest.number:,} while the training loss "
        "falls: the network learns the rows by heart (overfitting).",
        "dropout, weight decay, fewer units, to stop early, or the weights of epoch "
        f"{lowest.number:,}",
        ("dropout", "weight decay", "half the units", "early stopping"),
    )


def _high_rate(
    history: Sequence[Epoch], layers: Sequence[LayerHealth], learning_rate: float
) -> Finding | None:
    largest = max(layers, key=lambda layer: layer.update, default=None)
    if largest is None or largest.update < LARGE_UPDATE or _falls(history):
        return None
    return Finding(
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
        f"A step changes no layer's weights by more than {largest:.2g} of them, and the "
        "training loss hardly falls: the learning rate is too low.",
        "a higher learning rate",
        learning_rate=_rounded(learning_rate * 10),
    )


def _unequal(majority: float | None) -> Finding | None:
    if majority is None or majority < MUCH_OF_ONE_CLASS:
        return None
    return Finding(
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
