"""The application: Build, the first of its pages, and the live channel beside them all.

Build: design a network, read its code and its tree, see its weights, train it.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from netlib.source.styles import generate
from pages.build.ahead import ahead_route, code_ahead
from pages.build.design import design_form
from pages.build.tour import tour
from pages.frame.clicks import keep_clicks
from pages.frame.live import live_routes
from pages.frame.start import finish, send, start
from pages.shared.certificate import certificate_badge
from pages.shared.code import (
    chips,
    codes,
    layer_table,
    lit_layer,
    style_picker,
    summary,
)
from pages.shared.data import data_form, dataset, written
from pages.shared.job import find_job

# `streamlit run` imports this file for its application, which runs it for each page.
if get_script_run_ctx(suppress_warning=True) is None:
    keep_clicks()
    app = st.App(__file__, routes=[*live_routes(find_job), ahead_route()])
else:
    experiment, menu = start("Build")
    source = generate(experiment.spec, experiment.style)
    lit = lit_layer(experiment.spec)

    form = st.sidebar.container(key="design")  # its width is there from the start
    tour()
    with st.container(horizontal=True, vertical_alignment="center"):
        summary(experiment.spec)
        # Before the code: it is never beside another's.
        follow_certificate = certificate_badge(experiment)
    left, right = st.columns([3, 2], gap="medium")
    weights_slot = st.container()
    with left:
        with st.container(key="above_code"):  # as high from the start
            diagram_slot = st.container(key="diagram_slot", height=250, border=False)
            chips_slot, style_slot = st.container(), st.container()
        with st.container():  # first, so that it answers an edit at once
            codes(experiment, source, lit)
            code_ahead(experiment, source.text)
    send()
    finish(menu)
    with form:
        curve_slots = design_form(experiment.spec)
        data_slot = st.container()
    with chips_slot:
        chips(experiment.spec, lit)
    with style_slot:
        style_picker(experiment.style)
    with right:
        training_slot = st.container(key="training_slot").container()

    # From here on torch is needed: on a fresh server the code stands before it is loaded.
    from pages.build.model import (
        activation_views,
        diagram_view,
        tree_view,
        weights_view,
    )
    from pages.build.plan import plan_form
    from pages.shared.network import built
    from pages.shared.run import current_run, training_panel

    network, run = built(source, experiment.seed), current_run()
    program = written(experiment)
    with right:
        tree_view(source, network, lit)
        layer_table(experiment.spec, lit)
    with diagram_slot:
        diagram_view(experiment, network, run, lit)
    with data_slot:
        data_form(experiment, program)
        plan_form(experiment, dataset(experiment.data))
    activation_views(experiment.spec, curve_slots)
    with training_slot:
        training_panel(experiment, program, run)
    with weights_slot:
        weights_view(experiment, network, run, lit)
    follow_certificate()
