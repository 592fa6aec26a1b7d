"""Weights: a layer as the current style reaches it, printed as PyTorch prints it."""

import streamlit as st

from netlib.errors import SizeError
from netlib.source.styles import generate
from pages.frame.looks import told
from pages.frame.start import finish, start
from pages.shared.code import style_picker
from pages.shared.downloads import weights_download
from pages.shared.heatmaps import SECONDS_BETWEEN_MAPS
from pages.shared.job import is_followed, live, progress
from pages.shared.network import built, trained_weights, trains
from pages.shared.run import current_run, run_progress
from pages.weights.inspect import LayerView, layer_picker, moment_picker

experiment, menu = start("Weights")
finish(menu)
style_picker(experiment.style)
network = built(generate(experiment.spec, experiment.style), experiment.seed)
if isinstance(network, SizeError):
    st.warning(told(network), icon=":material/memory:")
    st.stop()
index = layer_picker(network)
if index is None:
    st.info("This network has no weights. Add a Linear layer on the Build page.")
    st.stop()
run = current_run()
run = run if run and trains(run, experiment) else None
is_going_on, trained = is_followed(run), trained_weights(run, experiment)
view = LayerView(network, index, moment_picker(trained, is_going_on))
maps = view.draw(trained, is_going_on)
if run and is_going_on:
    live(
        run,
        "layer",
        lambda: view.parts(trained_weights(run, experiment), maps),
        SECONDS_BETWEEN_MAPS,
    )
    progress(run, "progress", lambda: run_progress(run.snapshot()))
elif run:
    weights_download(run, experiment.style)
