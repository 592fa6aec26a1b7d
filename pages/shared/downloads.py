"""What a run has given, to take away at once."""

import streamlit as st

from netlib.exports import FORMATS
from netlib.jobs.results import Run
from netlib.training.record import RunRecord


def history_download(run: Run | None) -> None:
    """Draws the download of a run's curve once the run has ended."""
    history = run.snapshot().history if run and not run.is_active else ()
    if run is None or not history:
        return
    file = FORMATS["history"].write(RunRecord(run.experiment, history=history))
    st.download_button(
        "Download the curve",
        file.content,
        file_name=file.name,
        mime="text/csv",
        icon=":material/download:",
        key="download_history",
        on_click="ignore",
    )


def weights_download(run: Run, style: str) -> None:
    """Draws the download of a run's weights, in a style, once the run has ended."""
    if run.is_active or run.snapshot().weights_epoch is None:
        return
    st.download_button(
        "Download the weights",
        lambda: FORMATS["weights"].write(run.record().in_style(style)).content,
        file_name="model.safetensors",
        icon=":material/download:",
        key="download_weights",
        on_click="ignore",
        help=f"safetensors, with the keys of the {style} style",
    )
