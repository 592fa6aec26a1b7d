"""Files to take away, each run before it is handed out."""

from functools import partial
from typing import Any

import streamlit as st

from netlib.experiment import Experiment
from netlib.exports import FORMATS
from netlib.jobs.job import Task
from netlib.jobs.registry import Run
from netlib.source.styles import STYLES
from pages.frame.session import edit, plain
from pages.shared.data import csv_content
from pages.shared.job import task_view
from pages.shared.run import training_panel

TRAINED = {"finished", "stopped"}


def trained_run(run: Run | None, experiment: Experiment) -> Run | None:
    """Returns the run if it has trained this experiment, in whatever style."""
    if run is None or run.state not in TRAINED:
        return None
    same = run.experiment.replace(style=experiment.style) == experiment
    return run if same and run.snapshot().history["epoch"] else None


def run_view(experiment: Experiment, run: Run | None) -> None:
    """Says which run is exported, or offers to train."""
    if found := trained_run(run, experiment):
        told = found.snapshot()
        last = int(told.history["epoch"][-1])
        st.success(
            f"Exports the run of {last:,} epochs: validation "
            f"{told.score_name} {told.history['score'][-1]:.4g}.",
            icon=":material/check_circle:",
        )
        if found.state == "stopped":
            st.caption(
                f"It was stopped after epoch {last:,}: the weights are those at the "
                "stop, and the programs train on to the end of the plan."
            )
        return
    st.info("Train this experiment first: its curve is what the files reproduce.")
    training_panel(experiment, run)


def formats_view(experiment: Experiment, run: Run | None) -> None:
    """Draws a card a format, to prepare and to download."""
    found = trained_run(run, experiment)
    grid = st.grid(3, min_column_width=300)
    for name, form in FORMATS.items():
        with grid.cell(), st.container(border=True, height="stretch"):
            st.markdown(f":material/{form.icon}: **{form.title}**  \n{form.text}")
            if form.needs_run and not found:
                st.caption("Needs a training run.")
            else:
                _card(name, experiment, found)


def _card(name: str, experiment: Experiment, run: Run | None) -> None:
    if name == "ddp" and not STYLES[experiment.style].is_module:
        st.caption(
            "DistributedDataParallel takes an nn.Module, and this is a function."
        )
        st.button(
            "Write it as a subclass",
            key="as_module",
            icon=":material/swap_horiz:",
            on_click=edit,
            kwargs={"style": "subclass"},
        )
        return
    request = {"job": "export", "format": name, **_taken(experiment, run)}
    csv = csv_content(experiment.data)
    task_view(f"export_{name}", "Prepare", request, partial(_download, name), csv)


def _taken(experiment: Experiment, run: Run | None) -> dict[str, Any]:
    """Returns what is exported: the experiment, and what its run gave."""
    if run is None:
        return {"experiment": experiment.model_dump(mode="json"), "run": None}
    history = run.snapshot().history
    return {
        "experiment": experiment.model_dump(mode="json"),
        "run": {
            "history": [list(values) for values in zip(*history.values())],
            "style": run.experiment.style,
            "weights_path": str(run.weights_path),
        },
    }


def _download(name: str, task: Task, found: dict[str, Any]) -> None:
    """Draws the download of a prepared file and what its run has shown."""
    try:
        content = task.path.read_bytes()
    except FileNotFoundError:
        st.caption("This server has dropped the file: prepare it again.")
        return
    st.download_button(
        f"Download {found['name']}",
        content,
        file_name=found["name"],
        key=f"prepared_{name}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    if found["check"]:
        check = found["check"]
        st.caption(f":material/verified: {plain(check[0].upper() + check[1:])}.")


def link_view(experiment: Experiment) -> None:
    """Draws the link that opens to the same experiment."""
    home = (st.context.url or "").rpartition("/")[0]
    st.markdown("**Link** that opens to this very experiment")
    st.code(f"{home}/?design={experiment.to_link()}", language=None, wrap_lines=True)
