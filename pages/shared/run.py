"""The training run of a session: start, stop, follow."""

import plotly.graph_objects as go
import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.figures import loss_curves, score_curve
from netlib.jobs.course import BY_SCORE, RunSnapshot
from netlib.jobs.run import Run
from netlib.program.writer import Program
from netlib.source.tasks import LOSSES
from netlib.training.epoch import Epoch
from pages.frame.address import address
from pages.frame.looks import plain
from pages.frame.plot import all_shown, plot
from pages.frame.session import current, session, show_run
from pages.shared.data import dataset, misfit_view
from pages.shared.downloads import history_download
from pages.shared.job import is_followed, live, progress, registry, waiting
from pages.shared.network import trains
from pages.shared.table import csv_content

SECONDS_BETWEEN_CURVES = 0.5
ENDS = {
    "finished": "check_circle",
    "stopped": "stop_circle",
    "diverged": "trending_up",
    "failed": "error",
}
TRAINED = {"finished", "stopped"}


def current_run() -> Run | None:
    """Returns the session's run, if the server still knows it."""
    return registry().get(session().run)


def trained_run(run: Run | None, experiment: Experiment) -> Run | None:
    """Returns the run if it has trained this experiment, in whatever style."""
    if run is None or run.state not in TRAINED:
        return None
    same = run.experiment.replace(style=experiment.style) == experiment
    return run if same and run.snapshot().history else None


def start_run() -> None:
    """Starts a run of the current experiment, which becomes the one on show."""
    registry().stop(session().run)
    experiment = current()
    show_run(registry().start(experiment, csv_content(experiment.data)).id)


def training_panel(
    experiment: Experiment, program: Program | NetlibError, run: Run | None
) -> None:
    """Draws the button, the progress and the curves of a run.

    `program` is that of the experiment, or why there is none.
    """
    is_going_on, snapshot = is_followed(run), run.snapshot() if run else None
    if run and is_going_on:
        stop_button(run)
    else:
        _start_button(experiment, program, bool(trained_run(run, experiment)))
    with st.container(key="status", gap="xsmall"):
        if run and is_going_on:
            progress(run, "progress", lambda: run_progress(run.snapshot()))
        elif snapshot:
            _ending(snapshot)
        else:
            st.caption(f"Nothing trained yet. {_task(experiment)}")
        if run and not _is_of(run, experiment):
            st.caption(_whose(run.experiment))
        elif snapshot and snapshot.findings and not is_going_on:
            _train_link(f"{snapshot.findings[0].name}: what helps", "healing")
    _curves(experiment, program, run)
    with st.container(horizontal=True, vertical_alignment="center", key="loss"):
        _loss(program, snapshot)
        history_download(run)
        _train_link("Watch, predict", "play_circle")
    with st.container(key="remark"):
        # Streamlit leaves an empty container out, and its room.
        found = "" if run and is_going_on else " ".join(_findings(experiment, run))
        st.markdown(plain(found) or "&nbsp;")


def _train_link(label: str, icon: str) -> None:
    st.page_link(
        "pages/3_Train.py",
        label=label,
        icon=f":material/{icon}:",
        query_params=address(),
    )


def stop_button(run: Run) -> None:
    """Draws the button that stops a run."""
    st.button(
        "Stop training",
        icon=":material/stop:",
        key="stop",
        on_click=registry().stop,
        args=(run.id,),
    )


def _start_button(
    experiment: Experiment, program: Program | NetlibError, is_trained: bool
) -> None:
    """Draws the button that starts a run, and what stands in its way."""
    st.button(
        f"Train {experiment.plan.epochs:,} epochs{' anew' if is_trained else ''}",
        icon=":material/play_arrow:",
        type="primary",
        key="train",
        disabled=isinstance(program, NetlibError),
        shortcut="Ctrl+Enter",
        on_click=start_run,
    )
    if isinstance(program, NetlibError):
        misfit_view(experiment, program, "train")


def _ending(snapshot: RunSnapshot) -> None:
    icon = f":material/{ENDS[snapshot.state]}:"
    if snapshot.message:
        st.warning(plain(f"{snapshot.message} {snapshot.advice}"), icon=icon)
    if snapshot.history and snapshot.started:
        started = snapshot.started
        st.markdown(
            f"{icon} {snapshot.state.capitalize()} after {achieved(snapshot)} (always "
            f"answering {BY_SCORE[started.score].constant}: {started.baseline:.4g})."
        )


def scored_epoch(snapshot: RunSnapshot) -> Epoch:
    """Returns the epoch whose weights a run has, with their losses and score."""
    history, number = snapshot.history, snapshot.weights_epoch
    return next((epoch for epoch in history if epoch.number == number), history[-1])


def achieved(snapshot: RunSnapshot) -> str:
    """Returns the epochs of a run that has some, and the score of the weights it has."""
    history, kept = snapshot.history, scored_epoch(snapshot)
    which = (
        f", with the weights of epoch {kept.number:,}" if kept != history[-1] else ""
    )
    score = snapshot.started.score
    return (
        f"{history[-1].number:,} epochs{which}: validation {score} **{kept.score:.4g}**"
    )


def run_progress(snapshot: RunSnapshot) -> tuple[float | None, str]:
    """Returns the share of the epochs that is done, and in words how the run goes on."""
    if snapshot.state == "queued":
        return 0.0, waiting(snapshot.position)
    if snapshot.state in ENDS:
        return None, f"{snapshot.state.capitalize()}."
    epoch = len(snapshot.history)
    share = min(epoch / snapshot.n_epochs, 1.0)
    if not epoch or snapshot.epochs_per_second is None:
        is_starting = snapshot.state == "starting"
        return share, "Starting a process..." if is_starting else "First epoch..."
    left = snapshot.seconds_left or 0
    text = (
        f"Epoch {epoch:,} of {snapshot.n_epochs:,}, "
        f"{snapshot.epochs_per_second:.3g} epochs/s, {left:.0f} s left"
    )
    return share, text


def _curves(
    experiment: Experiment, program: Program | NetlibError, run: Run | None
) -> None:
    def draw() -> dict[str, tuple[go.Figure, str]]:
        snapshot = run.snapshot() if run else None
        n_epochs = snapshot.n_epochs if snapshot else experiment.plan.epochs
        figures = {
            "loss_curve": _loss_curve(snapshot, n_epochs),
            "score_curve": _score_curve(snapshot, n_epochs),
        }
        if run or isinstance(program, NetlibError):  # "Press Train" would be false
            for figure, _ in figures.values():
                figure.layout.annotations = ()
        return figures

    for (key, (figure, alt)), height in zip(draw().items(), (230, 220)):
        plot(figure, key, alt=alt, height=height)
    live(run, "curves", lambda: all_shown(draw()), SECONDS_BETWEEN_CURVES)


def _loss_curve(snapshot: RunSnapshot | None, n_epochs: int) -> tuple[go.Figure, str]:
    history = snapshot.history if snapshot else ()
    alt = _spoken("Loss over epochs", [epoch.loss for epoch in history])
    return loss_curves(history, "Loss", n_epochs), alt


def _score_curve(snapshot: RunSnapshot | None, n_epochs: int) -> tuple[go.Figure, str]:
    history = snapshot.history if snapshot else ()
    started = snapshot.started if snapshot else None
    name = started.score if started else "accuracy"
    baseline = started.baseline if started else 0.0
    alt = _spoken(f"{name} over epochs", [epoch.score for epoch in history])
    guess = BY_SCORE[name].guess
    return score_curve(history, name.capitalize(), n_epochs, baseline, guess), alt


def _loss(program: Program | NetlibError, snapshot: RunSnapshot | None) -> None:
    """Names the loss of the curves, or the one that the program would be trained with."""
    shown = snapshot and snapshot.started or program
    if isinstance(shown, NetlibError):
        st.caption("Loss: chosen once network and data fit.", width="stretch")
    else:
        loss = LOSSES[shown.loss]
        st.caption(f"Loss: {loss.title}.", help=loss.meaning, width="stretch")


def _task(experiment: Experiment) -> str:
    """Returns what a network is to learn from the data."""
    found = dataset(experiment.data)
    if isinstance(found, NetlibError):
        return ""
    return plain(f"The task: {found.purpose[0].lower()}{found.purpose[1:]}.")


def _whose(experiment: Experiment) -> str:
    """Says of which experiment a run is, where that is another one."""
    title, seed, data = experiment.spec.title, experiment.seed, experiment.data.title
    return plain(f"Of another experiment: {title}, seed {seed}, data {data}.")


def _is_of(run: Run, experiment: Experiment) -> bool:
    return trains(run, experiment) and run.experiment.data == experiment.data


def _findings(experiment: Experiment, run: Run | None) -> list[str]:
    """Returns what fell short in a run of this experiment, and what helps."""
    if run is None or not _is_of(run, experiment):
        return []
    return [finding.text for finding in run.snapshot().findings]


def _spoken(title: str, values: list[float]) -> str:
    return f"{title}; latest {values[-1]:.4g}" if values else f"{title}; empty so far"
