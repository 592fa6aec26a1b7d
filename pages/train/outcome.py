"""What the run on show is of, and what can be had of it."""

from functools import partial

import streamlit as st

from netlib.experiment import Experiment
from netlib.jobs.run import Run
from pages.frame.looks import plain
from pages.frame.widgets import bound
from pages.shared.downloads import history_download
from pages.train.control import take_best


def remark(experiment: Experiment, run: Run | None) -> str:
    """Returns of what the run on show is, and whether that is the experiment as it stands."""
    if run is None:
        return f"Trains {_name(experiment)}. Its design and data are those of Build."
    if run.experiment == experiment:
        return f"{_name(experiment)}, as on Build."
    return (
        f"On show: {_name(run.experiment)}. The design, the data or the plan has changed "
        "since; Train anew takes it up, or a run that goes on from an epoch."
    )


def _name(experiment: Experiment) -> str:
    kinds = dict.fromkeys(
        layer.kind
        for layer in experiment.spec.layers
        if not layer.is_dense and not layer.is_activation
    )
    besides = f" with {' and '.join(kinds)}" if kinds else ""
    return plain(f"{experiment.spec.title}{besides} on {experiment.data.title}")


def outcome(run: Run | None) -> None:
    """Draws the curve's download, and the choice of the best weights once there are some."""
    with st.container(horizontal=True, vertical_alignment="center"):
        history_download(run)
        told = run.snapshot() if run else None
        if run and told and told.started and not run.is_active and told.best_epoch:
            is_taken = told.weights_epoch == told.best_epoch
            best, score = told.history[told.best_epoch - 1], told.started.score
            st.toggle(
                f"Weights of epoch {best.number:,}, of the lowest validation loss "
                f"({score} {best.score:.4g}), in place of the last",
                **bound("take_best", is_taken, partial(take_best, run)),
                help="All pages then have them.",
            )
            if is_taken:
                st.caption(
                    "Files that train anew, such as the program, end with the last "
                    "weights: Export hands them out with these alone.",
                    width="stretch",
                )
