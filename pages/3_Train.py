"""Train: watch a network learn, play with it, bend its weights, go back and fork."""

import streamlit as st

from netlib.errors import NetlibError
from pages.frame.start import finish, start
from pages.shared.data import features_form, misfit_view, written
from pages.shared.predict import predict_view
from pages.shared.run import current_run, stop_button, trained_run
from pages.train.board import board
from pages.train.control import begin, epochs_to_train_on, obey, train_on
from pages.train.evaluation import evaluation_view, shown_epoch
from pages.train.fork import fork_form
from pages.train.outcome import outcome, remark
from pages.train.plan import limit_fields, plan_fields

experiment, menu = start("Train")
finish(menu)
program, run = written(experiment), current_run()
is_active = bool(run and run.is_active)
trained = trained_run(run, experiment)
plan_fields(experiment)
features_form(experiment.data)
with st.container(horizontal=True, vertical_alignment="center"):
    st.button(
        "Train anew" if run else "Train",
        icon=":material/play_arrow:",
        type="primary",
        key="train",
        shortcut="Ctrl+Enter",
        disabled=isinstance(program, NetlibError),
        on_click=begin,
        kwargs={"is_paused": False},
    )
    st.button(
        "Begin paused",
        icon=":material/pause:",
        key="begin_paused",
        disabled=isinstance(program, NetlibError),
        on_click=begin,
        kwargs={"is_paused": True},
    )
    if run and is_active:
        stop_button(run)
    elif n_epochs := epochs_to_train_on(run):
        st.button(
            f"Train on to epoch {n_epochs:,}",
            icon=":material/fast_forward:",
            key="train_on",
            on_click=train_on,
            args=(run, n_epochs),
        )
    limit_fields()
    fork_form(experiment, run)
    if trained:
        st.markdown("[Predict](#predict)", width="content")
    st.caption(remark(experiment, run), width="stretch")
if isinstance(program, NetlibError):
    misfit_view(experiment, program, "train")
board(run, is_active, shown_epoch(run), obey)
outcome(run)
evaluation_view(run)
if trained:
    st.subheader("Predict", anchor="predict")
    predict_view(trained)
