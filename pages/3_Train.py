"""Train: watch a network learn, play with it, bend its weights, go back and fork."""

import streamlit as st

from netlib.errors import NetlibError
from pages.frame.start import finish, start
from pages.shared.data import misfit_view, written
from pages.shared.run import current_run
from pages.train.board import board
from pages.train.control import begin, obey
from pages.train.plan import plan_fields, remark

experiment, menu = start("Train")
finish(menu)
program = written(experiment)
run = current_run()
plan_fields(experiment)
with st.container(horizontal=True, vertical_alignment="center"):
    is_unfit = isinstance(program, NetlibError)
    common = {"disabled": is_unfit, "on_click": begin}
    st.button(
        "Train anew" if run else "Train",
        icon=":material/play_arrow:",
        type="primary",
        key="begin",
        kwargs={"is_paused": False},
        **common,
    )
    st.button(
        "Begin paused",
        icon=":material/pause:",
        key="begin_paused",
        kwargs={"is_paused": True},
        **common,
    )
    st.caption(remark(experiment, run), width="stretch")
if isinstance(program, NetlibError):
    misfit_view(experiment, program, "train")
board(run, obey)
