"""Files to take away, each run before it is handed out."""

from functools import partial

import streamlit as st

from netlib.experiment import Experiment
from netlib.exports import FORMATS
from netlib.jobs.protocol import Export
from netlib.jobs.results import Errand, ErrandSnapshot, Run
from netlib.source.styles import STYLES
from pages.frame.looks import plain
from pages.frame.session import edit
from pages.shared.data import written
from pages.shared.job import errand_view
from pages.shared.run import training_panel
from pages.shared.table import csv_content

TRAINED = {"finished", "stopped"}


def trained_run(run: Run | None, experiment: Experiment) -> Run | None:
    """Returns the run if it has trained this experiment, in whatever style."""
    if run is None or run.state not in TRAINED:
        return None
    same = run.experiment.replace(style=experiment.style) == experiment
    return run if same and run.snapshot().history else None


def run_view(experiment: Experiment, run: Run | None) -> None:
    """Says which run is exported, or offers to train."""
    if found := trained_run(run, experiment):
        told = found.snapshot()
        last = told.history[-1]
        st.success(
            f"Exports the run of {last.number:,} epochs: validation "
            f"{told.started.score} {last.score:.4g}.",
            icon=":material/check_circle:",
        )
        if found.state == "stopped":
            st.caption(
                f"It was stopped after epoch {last.number:,}: the weights are those at the "
                "stop, and the programs train on to the end of the plan."
            )
        return
    st.info("Train this experiment first: its curve is what the files reproduce.")
    training_panel(experiment, written(experiment), run)


def formats_view(experiment: Experiment, run: Run | None) -> None:
    """Draws a card a format, to prepare and to download."""
    found = trained_run(run, experiment)
    grid = st.grid(3, min_column_width=300)
    for name, form in FORMATS.items():
        with grid.cell(), st.container(border=True, height="stretch"):
            st.markdown(f":material/{form.icon}: **{form.title}**  \n{form.text}")
            if form.needs_run and not found:
                st.caption("Needs a training run.")
            elif form.retrains and found and (deviation := found.deviation()):
                st.caption(
                    f"It would train the network otherwise: this run {deviation}. "
                    "Train anew for it."
                )
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
    errand_view(
        f"export_{name}",
        "Prepare",
        _request(name, experiment, run),
        partial(_download, name),
        csv_content(experiment.data),
        run.weights_content if run else lambda: None,
    )


def _request(name: str, experiment: Experiment, run: Run | None) -> Export:
    """Returns what is exported: the experiment, and what its run gave."""
    if run is None:
        return Export(format=name, experiment=experiment)
    history = run.snapshot().history
    return Export(
        format=name,
        experiment=experiment,
        history=history,
        weights_style=run.experiment.style,
    )


def _download(name: str, errand: Errand, told: ErrandSnapshot) -> None:
    """Draws the download of a prepared file and what its run has shown."""
    content = errand.content()
    if content is None or told.file is None:
        st.caption("This server has dropped the file: prepare it again.")
        return
    st.download_button(
        f"Download {told.file.name}",
        content,
        file_name=told.file.name,
        key=f"prepared_{name}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    if check := told.file.check:
        st.caption(f":material/verified: {plain(check[0].upper() + check[1:])}.")
