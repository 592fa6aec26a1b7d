"""Export: everything to take away, each file run before it is handed out."""

import streamlit as st

from pages.export.formats import (
    at_once_view,
    run_first_view,
    run_view,
)
from pages.frame.share import link_view, opening_view
from pages.frame.start import finish, start
from pages.shared.code import style_picker
from pages.shared.predict import predict_view
from pages.shared.run import current_run, trained_run

experiment, menu = start("Export")
finish(menu)
style_picker(experiment.style)
run = current_run()
run_view(experiment, run)
st.subheader("At once")
st.caption("The text that has run, and plain data.")
at_once_view(experiment, run)
st.subheader("Run first")
st.caption(
    "One click runs a file in a clean process, compares what it gives with your run, and "
    "hands it to you."
)
run_first_view(experiment, run)
st.subheader("Predict")
st.caption("What `predict.py` answers for a row of the data, or for one that you type.")
predict_view(trained_run(run, experiment))
link_view("export")
opening_view("export_file")
