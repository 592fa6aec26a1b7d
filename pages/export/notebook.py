"""The notebook as it will open, before it is run."""

import json

import streamlit as st

from netlib.experiment import Experiment
from netlib.exports import FORMATS
from netlib.training.record import RunRecord
from pages.shared.table import csv_content


def preview_button(experiment: Experiment) -> None:
    """Draws the button that shows the notebook's cells."""
    st.button(
        "Preview",
        key="preview",
        icon=":material/visibility:",
        type="tertiary",
        on_click=_open,
        args=(experiment,),
    )


@st.dialog(FORMATS["notebook"].filename, width="large")
def _open(experiment: Experiment) -> None:
    record = RunRecord(experiment, csv_content(experiment.data))
    book = json.loads(FORMATS["notebook"].write(record).content)
    for cell in book["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            st.code(text, language="python", wrap_lines=True)
        else:
            st.markdown(text.replace("## ", "### "))
