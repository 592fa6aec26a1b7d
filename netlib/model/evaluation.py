"""How well a network answers the rows kept back, in the measures of scikit-learn."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from torch import Tensor

from netlib.errors import Record
from netlib.model.importance import Importance, Score, importances
from netlib.model.pixels import Picture, answered_pictures, filters, picture_side
from netlib.model.probe import Probe
from netlib.source.tasks import TASKS

MOST_VALUES = 1000  # pairs of a true and a predicted value
MOST_PLACES = 200  # on a curve
MOST_CLASSES = 20

Values = NDArray[np.float64]
Numbers = tuple[float, ...]


class Thresholds(NamedTuple):
    """How a class is told from all others as the threshold moves; all values are 0 to 1.

    `roc` holds the false and the true positive rates and `roc_area` what lies below them,
    `precision_recall` recalls and precisions, `average_precision` their mean precision.
    """

    label: int
    roc: tuple[Numbers, Numbers]
    roc_area: float
    precision_recall: tuple[Numbers, Numbers]
    average_precision: float


class Evaluation(Record):
    """The rows kept back, answered after an epoch; what a task does not have is empty.

    `labels` are the numbers of the classes, or of the 20 most frequent, and `confusion`
    counts rows by their class and the one answered. `true` and `predicted`
    are values in the units of the data. `right` and `wrong` are pictures `side` pixels
    wide and high, and `filters` the weights of the first layer's units over them.
    """

    model_config = ConfigDict(ser_json_inf_nan="constants")
    where: ClassVar[str] = "evaluation"

    epoch: int
    n_rows: int
    score: float
    importances: tuple[Importance, ...]
    labels: tuple[int, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    thresholds: tuple[Thresholds, ...] = ()
    true: Numbers = ()
    predicted: Numbers = ()
    side: int = 0
    right: tuple[Picture, ...] = ()
    wrong: tuple[Picture, ...] = ()
    filters: tuple[Numbers, ...] = ()


def evaluate(
    probe: Probe, weights: Mapping[str, Tensor], epoch: int
) -> Evaluation | None:
    """Returns how the rows kept back are answered with these weights, after `epoch`.

    Returns None where an answer is no number. It draws none of the program's random
    numbers and leaves the program as it is.
    """
    rows, truth = probe.data["X_val"], probe.data["y_val"]
    answers = probe.answers(weights, rows)
    if not answers.isfinite().all():
        return None
    has_classes = TASKS[probe.running.program.task].has_classes
    score: Score = _accuracy if has_classes else _r2
    measures = _of_classes if has_classes else _of_values
    return Evaluation(
        epoch=epoch,
        n_rows=len(rows),
        score=score(answers, truth),
        importances=importances(probe, weights, score),
        filters=filters(probe, weights),
        **measures(probe, answers.double().numpy(), truth.numpy()),
    )


def _accuracy(answers: Tensor, truth: Tensor) -> float:
    is_alone = answers.shape[1] == 1
    decisions = answers > 0.5 if is_alone else answers.argmax(1)
    return (decisions == truth).double().mean().item()


def _r2(answers: Tensor, truth: Tensor) -> float:
    errors = (answers - truth).square().mean()
    return (1 - errors / truth.var(correction=0)).item()


def _of_classes(probe: Probe, answers: Values, truth: NDArray[Any]) -> dict[str, Any]:
    from sklearn.metrics import confusion_matrix

    chances = answers if answers.shape[1] > 1 else np.hstack((1 - answers, answers))
    is_class, n_classes = truth.ravel().astype(np.int64), chances.shape[1]
    n_rows = np.bincount(is_class, minlength=n_classes)
    labels = sorted(np.argsort(-n_rows, kind="stable")[:MOST_CLASSES].tolist())
    counts = confusion_matrix(is_class, chances.argmax(1), labels=labels)
    curves = [
        _thresholds(label, chances[:, label], is_class == label)
        for label in (labels if n_classes > 2 else [1])
    ]
    found: dict[str, Any] = {
        "labels": labels,
        "confusion": counts.tolist(),
        "thresholds": [curve for curve in curves if curve],
    }
    if side := picture_side(probe):
        found |= {"side": side, **answered_pictures(probe, chances, is_class)}
    return found


def _thresholds(
    label: int, chances: Values, is_label: NDArray[np.bool_]
) -> Thresholds | None:
    """Returns the curves of one class, None where all rows, or none, are of it."""
    from sklearn import config_context, metrics

    if is_label.all() or not is_label.any():
        return None
    with config_context(assume_finite=True, skip_parameter_validation=True):
        false, true, _ = metrics.roc_curve(is_label, chances)
        precision, recall, _ = metrics.precision_recall_curve(
            is_label, chances, drop_intermediate=True
        )
    return Thresholds(
        label,
        (_places(false), _places(true)),
        metrics.auc(false, true),
        (_places(recall), _places(precision)),
        float(-np.diff(recall) @ precision[:-1]),  # as scikit-learn has it
    )


def _of_values(probe: Probe, answers: Values, truth: NDArray[Any]) -> dict[str, Any]:
    scaler = probe.running.names["y_scaler"]
    true, predicted = (
        scaler.inverse_transform(values[:MOST_VALUES])[:, 0].tolist()
        for values in (truth, answers)
    )
    return {"true": true, "predicted": predicted}


def _places(values: Values) -> Numbers:
    """Returns at most 200 values of a curve, both ends among them."""
    n_places = min(len(values), MOST_PLACES)
    chosen = np.linspace(0, len(values) - 1, n_places).round().astype(int)
    return tuple(values[chosen].round(5).tolist())
