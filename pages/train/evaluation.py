"""How the rows kept back are answered, in the moment that the board shows."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from netlib.figures import (
    confusion,
    importance_bars,
    pictures,
    predictions,
    threshold_curves,
    weight_pictures,
)
from netlib.jobs.run import Run
from netlib.model.evaluation import Evaluation
from netlib.model.pixels import Picture
from pages.frame.plot import plot
from pages.frame.session import chosen
from pages.frame.widgets import bound_tabs
from pages.shared.data import class_names

HEIGHT, WIDTH = 380, 640
MOST_BARS = 20
N_ACROSS = {"pictures": 6, "filters": 8}


def shown_epoch(run: Run | None) -> tuple[int | None, bool]:
    """Returns the epoch whose end is on show, and whether its answers were measured."""
    if run is None:
        return None, False
    evaluated = run.snapshot().evaluated
    run_id, epoch = chosen("shown", ("", None))
    if run_id != run.id:
        epoch = evaluated[-1] if evaluated else None
    return epoch, epoch in evaluated


def evaluation_view(run: Run | None) -> None:
    """Draws how the rows kept back are answered, by tabs that fit the task."""
    evaluation = run and _evaluation(run)
    if run is None or evaluation is None:
        return
    names = class_names(run.experiment.data)
    score = "Accuracy" if evaluation.confusion else "r2"
    st.markdown(
        f"**The {evaluation.n_rows:,} rows kept back, after epoch {evaluation.epoch:,}:** "
        f"{score.lower()} {evaluation.score:.4g}"
    )
    views = _views(evaluation, names, score)
    key = f"evaluation_{len(views)}"  # other tabs have a choice of their own
    with st.container(key="evaluation"):  # high enough for any of them
        for tab, draw in zip(bound_tabs(key, list(views)), views.values()):
            if tab.open:
                with tab:
                    draw()


def _evaluation(run: Run) -> Evaluation | None:
    """Returns that of the epoch on show, or of the nearest that was measured."""
    epoch, _ = shown_epoch(run)
    evaluated = run.snapshot().evaluated
    if epoch is None or not evaluated:
        return None
    return run.evaluation(min(evaluated, key=lambda each: abs(each - epoch)))


def _views(
    evaluation: Evaluation, names: Sequence[str], score: str
) -> dict[str, Callable[[], None]]:
    """Returns what there is to be drawn, by the titles of the tabs."""
    views: dict[str, Callable[[], None]] = {}
    if evaluation.confusion:
        names = names or list(map(str, range(max(evaluation.labels) + 1)))
        views |= {
            "Confusion": partial(_confusion, evaluation, names),
            "ROC": partial(_roc, evaluation, names),
            "Precision and recall": partial(_precision_recall, evaluation, names),
        }
    if evaluation.true:
        views["Predicted and true"] = partial(_predictions, evaluation)
    if evaluation.importances:
        views["Inputs"] = partial(_importances, evaluation, score)
    if evaluation.side:
        views["Right and wrong"] = partial(_right_and_wrong, evaluation)
    if evaluation.filters:
        views["First layer"] = partial(_filters, evaluation)
    return views


def _confusion(evaluation: Evaluation, names: Sequence[str]) -> None:
    counts = np.array(evaluation.confusion)
    own = [names[label] for label in evaluation.labels]
    right = ", ".join(f"{n} of {name}" for n, name in zip(counts.diagonal(), own))
    _draw(confusion(counts, own), "confusion", f"Confusion matrix; right: {right}")
    of = f", of the {len(own)} most frequent" if len(own) < len(names) else ""
    st.caption(
        f"Rows by the class they are of (down) and the one answered (across){of}."
    )


def _roc(evaluation: Evaluation, names: Sequence[str]) -> None:
    curves = {
        f"{names[each.label]}: area {each.roc_area:.4f}": each.roc
        for each in evaluation.thresholds
    }
    axes = "false positive rate", "true positive rate"
    _draw(threshold_curves(curves, *axes, True), "roc", f"ROC of {', '.join(curves)}")


def _precision_recall(evaluation: Evaluation, names: Sequence[str]) -> None:
    curves = {
        f"{names[each.label]}: mean {each.average_precision:.4f}": each.precision_recall
        for each in evaluation.thresholds
    }
    figure = threshold_curves(curves, "recall", "precision", False)
    _draw(figure, "precision_recall", f"Precision over recall of {', '.join(curves)}")


def _predictions(evaluation: Evaluation) -> None:
    figure = predictions(evaluation.true, evaluation.predicted)
    said = f"Predicted over true values of {len(evaluation.true):,} rows"
    _draw(figure, "predictions", said)


def _importances(evaluation: Evaluation, score: str) -> None:
    most = evaluation.importances[:MOST_BARS]
    rows = {each.name: (each.mean, each.deviation) for each in most}
    said = ", ".join(f"{each.name} {each.mean:.3g}" for each in most)
    _draw(importance_bars(rows, score.lower()), "importances", f"Score lost: {said}")
    n_others = len(evaluation.importances) - len(most)
    others = f" The {n_others} that matter least are left out." if n_others else ""
    st.caption(
        f"How far the score falls once the values of an input are shuffled.{others}"
    )


def _right_and_wrong(evaluation: Evaluation) -> None:
    for title, found in (("Right", evaluation.right), ("Wrong", evaluation.wrong)):
        with st.container(width=WIDTH):
            st.markdown(f"**{title}**, the surest first")
            _pictures(title.lower(), found, evaluation.side)


def _pictures(title: str, found: Sequence[Picture], side: int) -> None:
    if not found:
        st.caption("None.")
        return
    n_across = N_ACROSS["pictures"]
    labels = [str(each.answer) for each in found]
    if title == "wrong":
        labels = [f"{each.answer}, is {each.label}" for each in found]
    pixels = np.array([each.pixels for each in found])
    n_down = -(-len(found) // n_across)
    said = f"Rows as pictures, answered {'; '.join(labels)}"
    figure = pictures(pixels, side, n_across, labels)
    plot(figure, f"pictures_{title}", alt=said, height=100 * n_down + 20)


def _filters(evaluation: Evaluation) -> None:
    n_across, n_units = N_ACROSS["filters"], len(evaluation.filters)
    figure = weight_pictures(np.array(evaluation.filters), evaluation.side, n_across)
    said = f"Weights of {n_units} units of the first layer over the pixels"
    with st.container(width=WIDTH):
        height = 80 * -(-n_units // n_across) + 20
        plot(figure, "filters", alt=said, height=height)
    st.caption(f"{said}: blue above 0, orange below.")


def _draw(figure: go.Figure, key: str, said: str) -> None:
    with st.container(width=WIDTH):
        plot(figure, key, alt=said, height=HEIGHT)
