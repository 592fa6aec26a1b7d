"""What a run has given, to take away at once."""

import streamlit as st

from netlib.exports import FORMATS
from netlib.jobs.registry import Run
from netlib.training.record import RunRecord
from netlib.training.run import Epoch


def history_download(run: Run | None) -> None:
    """Draws the download of a run's curve once the run has ended."""
    if run is None or run.is_active or not run.snapshot().history["epoch"]:
        return
    rows = zip(*run.snapshot().history.values())
    history = tuple(Epoch(int(number), *values) for number, *values in rows)
    record = RunRecord(run.experiment, history=history)
    st.download_button(
        "Download the curve",
        FORMATS["history"].write(record).content,
        file_name="history.csv",
        mime="text/csv",
        icon=":material/download:",
        key="download_history",
        on_click="ignore",
    )


def weights_download(run: Run) -> None:
    """Draws the download of a run's weights once the run has ended."""
    if run.is_active or not run.weights_path.exists():
        return
    st.download_button(
        "Download the weights",
        run.weights_path.read_bytes,
        file_name="model.safetensors",
        icon=":material/download:",
        key="download_weights",
        on_click="ignore",
        help=f"safetensors, with the keys of the {run.experiment.style} style",
    )
