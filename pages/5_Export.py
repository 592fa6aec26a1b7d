"""Export: everything to take away, each file run before it is handed out."""

import streamlit as st

from pages.export.formats import formats_view, run_view
from pages.frame.share import share_view
from pages.frame.start import finish, start
from pages.shared.code import style_picker
from pages.shared.run import current_run

experiment, menu = start("Export")
finish(menu)
st.caption(
    "Prepare runs a file in a clean process first, and compares what it prints with the "
    "curve of your run. Then it is yours."
)
style_picker(experiment.style)
run = current_run()
run_view(experiment, run)
formats_view(experiment, run)
share_view("export_file")
