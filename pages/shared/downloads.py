"""What a run has given, to take away at once."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from netlib.exports import FORMATS
from netlib.jobs.run import Run
from netlib.training.record import RunRecord


def history_download(run: Run | None) -> None:
    """Draws the download of a run's curve, which waits for the run to end."""
    history = run.snapshot().history if run and not run.is_active else ()
    content: Callable[[], bytes] | str = ""
    if run and history:
        record = RunRecord(run.experiment, epochs=history)
        content = partial(_history_content, record)
    st.download_button(
        "CSV",
        content,
        file_name="history.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        disabled=not history,
        key="download_history",
        on_click="ignore",
    )


def _history_content(record: RunRecord) -> bytes:
    return FORMATS["history"].write(record).content


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
