"""The training run of a session: start, stop, follow."""

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.figures import loss_curves, score_curve
from netlib.jobs.course import RunSnapshot
from netlib.jobs.results import Run
from netlib.program.writer import Program
from netlib.source.tasks import LOSSES, TASKS
from netlib.training.verdict import verdict
from pages.frame.looks import plain
from pages.frame.plot import plot
from pages.frame.session import current, session, show_run
from pages.shared.data import misfit_view
from pages.shared.downloads import history_download
from pages.shared.job import live, registry
from pages.shared.network import trains
from pages.shared.table import csv_content

PICTURE_SECONDS = 1.0  # weights change slowly, and drawing them costs an edit time
# What the best constant answer is called, by the score that it is held against.
BY_SCORE = {task.score_name: task for task in TASKS.values()}
ENDS = {
    "finished": "check_circle",
    "stopped": "stop_circle",
    "diverged": "trending_up",
    "failed": "error",
}


def current_run() -> Run | None:
    """Returns the session's run, if the server still knows it."""
    return registry().get(session().run)


def _start() -> None:
    experiment = current()
    show_run(registry().start(experiment, csv_content(experiment.data)).id)


def training_panel(
    experiment: Experiment, program: Program | NetlibError, run: Run | None
) -> None:
    """Draws the button, the progress and the curves of a run.

    `program` is that of the experiment, or why there is none.
    """
    _controls(experiment, program, run)

    def draw() -> None:
        snapshot = run.snapshot() if run else None
        with st.container(key="status", gap="xsmall"):
            _progress(run, snapshot)
        _curves(experiment, snapshot)
        with st.container(horizontal=True, vertical_alignment="center", key="loss"):
            _loss(program, snapshot)
            history_download(run)
        with st.container(key="remark"):
            # Streamlit leaves an empty container out, and its room.
            st.markdown(plain(_remark(experiment, run, snapshot)) or "&nbsp;")

    live(run, draw)


def stop_button(run: Run) -> None:
    """Draws the button that stops a run."""
    st.button(
        "Stop training",
        icon=":material/stop:",
        key="stop",
        on_click=registry().stop,
        args=(run.id,),
    )


def _controls(
    experiment: Experiment, program: Program | NetlibError, run: Run | None
) -> None:
    """Draws the button that starts a run, or stops it."""
    if run and run.is_active:
        stop_button(run)
        return
    st.button(
        f"Train {experiment.plan.epochs:,} epochs",
        icon=":material/play_arrow:",
        type="primary",
        key="train",
        disabled=isinstance(program, NetlibError),
        shortcut="Ctrl+Enter",
        on_click=_start,
    )
    if isinstance(program, NetlibError):
        misfit_view(experiment, program, "train")


def _progress(run: Run | None, snapshot: RunSnapshot | None) -> None:
    if run is None or snapshot is None:
        st.caption("Nothing trained yet.")
    elif snapshot.state == "queued":
        st.info(
            f"Waiting: number {snapshot.position} in the queue of this server.",
            icon=":material/hourglass_top:",
        )
    elif run.is_active:
        st.progress(*_rate(snapshot))
    else:
        _ending(snapshot)


def _ending(snapshot: RunSnapshot) -> None:
    icon = f":material/{ENDS[snapshot.state]}:"
    if snapshot.message:
        st.warning(plain(f"{snapshot.message} {snapshot.advice}"), icon=icon)
    if snapshot.history and snapshot.started:
        epoch, score = snapshot.history[-1].number, snapshot.started.score
        st.markdown(
            f"{icon} {snapshot.state.capitalize()} after {epoch:,} epochs: validation "
            f"{score} **{snapshot.history[-1].score:.4g}**, {BY_SCORE[score].guess} "
            f"{snapshot.started.baseline:.4g}."
        )


def _rate(snapshot: RunSnapshot) -> tuple[float, str]:
    epoch = len(snapshot.history)
    if not epoch or snapshot.epochs_per_second is None:
        is_starting = snapshot.state == "starting"
        return 0.0, "Starting a process..." if is_starting else "First epoch..."
    left = snapshot.seconds_left or 0
    text = (
        f"Epoch {epoch:,} of {snapshot.n_epochs:,}, "
        f"{snapshot.epochs_per_second:.3g} epochs/s, {left:.0f} s left"
    )
    return min(epoch / snapshot.n_epochs, 1.0), text


def _curves(experiment: Experiment, snapshot: RunSnapshot | None) -> None:
    n_epochs = snapshot.n_epochs if snapshot else experiment.plan.epochs
    history = snapshot.history if snapshot else ()
    plot(
        loss_curves(history, "Loss", n_epochs),
        "loss_curve",
        alt=_spoken("Loss over epochs", [epoch.loss for epoch in history]),
        height=230,
    )
    started = snapshot.started if snapshot else None
    name = started.score if started else "accuracy"
    baseline = started.baseline if started else 0.0
    plot(
        score_curve(
            history, name.capitalize(), n_epochs, baseline, BY_SCORE[name].guess
        ),
        "score_curve",
        alt=_spoken(f"{name} over epochs", [epoch.score for epoch in history]),
        height=220,
    )


def _loss(program: Program | NetlibError, snapshot: RunSnapshot | None) -> None:
    """Names the loss of the curves, or the one that the program would be trained with."""
    shown = snapshot and snapshot.started or program
    if isinstance(shown, NetlibError):
        st.caption("Loss: chosen once network and data fit.", width="stretch")
    else:
        loss = LOSSES[shown.loss]
        st.caption(f"Loss: {loss.title}.", help=loss.meaning, width="stretch")


def _remark(
    experiment: Experiment, run: Run | None, snapshot: RunSnapshot | None
) -> str:
    """Returns of which experiment the curves are, or what fell short and what helps."""
    if run is None or snapshot is None:
        return ""
    trained, started = run.experiment, snapshot.started
    if not trains(run, experiment) or trained.data != experiment.data:
        return (
            f"This run is of another experiment: {trained.spec.title}, "
            f"seed {trained.seed}, data {trained.data.name}."
        )
    if run.is_active or not started:
        return ""
    constant = BY_SCORE[started.score].constant
    return verdict(snapshot.history, started.baseline, constant)


def _spoken(title: str, values: list[float]) -> str:
    return f"{title}; latest {values[-1]:.4g}" if values else f"{title}; empty so far"
