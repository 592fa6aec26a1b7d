"""Files to take away: at once, or once they have been run."""

from dataclasses import replace
from functools import partial

import streamlit as st

from netlib.experiment import Experiment
from netlib.exports import FORMATS, Format
from netlib.jobs.errand import Errand, ErrandSnapshot
from netlib.jobs.protocol import Export
from netlib.jobs.run import Run
from netlib.source.styles import STYLES
from netlib.training.record import RunRecord
from pages.export.deliver import deliver
from pages.export.notebook import preview_button
from pages.frame.looks import plain
from pages.frame.session import edit
from pages.shared.data import written
from pages.shared.job import errand_view
from pages.shared.run import achieved, trained_run, training_panel
from pages.shared.table import csv_content


def run_view(experiment: Experiment, run: Run | None) -> None:
    """Says which run is exported, or offers to train."""
    if found := trained_run(run, experiment):
        told = found.snapshot()
        last = told.history[-1]
        st.success(
            f"Exports the run of {achieved(told)}.",
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


def at_once_view(experiment: Experiment, run: Run | None) -> None:
    """Draws the downloads of what has run already, or is plain data."""
    found = trained_run(run, experiment)
    with st.container(horizontal=True, key="at_once"):
        for name, form in FORMATS.items():
            if not form.run:
                reason = _hindrance(form, found)
                st.download_button(
                    form.title,
                    "" if reason else partial(_content, name, experiment, found),
                    file_name=form.filename,
                    key=f"file_{name}",
                    icon=f":material/{form.icon}:",
                    disabled=bool(reason),
                    help=reason or form.text,
                    on_click="ignore",
                )


def run_first_view(experiment: Experiment, run: Run | None) -> None:
    """Draws a card for each format that is run before it is handed out."""
    found = trained_run(run, experiment)
    inside = FORMATS["prediction"].parts
    grid = st.grid(3, min_column_width=300)
    for name, form in FORMATS.items():
        if form.run and name not in inside:
            with grid.cell(), st.container(border=True, height="stretch"):
                st.markdown(f":material/{form.icon}: **{form.title}**  \n{form.text}")
                if reason := _hindrance(form, found):
                    st.caption(reason)
                else:
                    _card(name, experiment, found)


def _hindrance(form: Format, run: Run | None) -> str:
    """Returns why a format cannot be had now, or ""."""
    if form.needs_run and not run:
        return "Needs a training run."
    if form.retrains and run and (deviation := run.deviation()):
        told = run.snapshot()
        has_last = told.weights_epoch == told.history[-1].number
        advice = "Train anew for it." if has_last else "Take the last ones on Train."
        return f"It would end with other weights: this run {deviation}. {advice}"
    return ""


def _content(name: str, experiment: Experiment, run: Run | None) -> bytes:
    """Returns a file of the experiment's text, or of what its run gave."""
    record = run.record().in_style(experiment.style) if run else RunRecord(experiment)
    csv = csv_content(experiment.data)
    return FORMATS[name].write(replace(record, csv=csv)).content


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
    st.caption(FORMATS[name].run)
    if name == "notebook":
        preview_button(experiment)
    errand_view(
        f"export_{name}",
        "Run and download",
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
    """Draws what the run of a file has shown and its download, which begins by itself."""
    content = errand.content()
    if content is None or told.file is None:
        st.caption("This server has dropped the file: run it again.")
        return
    st.download_button(
        f"Download {told.file.name}",
        content,
        file_name=told.file.name,
        key=f"prepared_{name}",
        icon=":material/download:",
        on_click="ignore",
    )
    check = told.file.check
    st.caption(
        f":material/verified: {plain(check[0].upper() + check[1:])}. "
        f"It took {told.file.seconds:.1f} s. The download begins by itself, once."
    )
    deliver(f"prepared_{name}", errand.id)
