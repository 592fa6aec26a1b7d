"""Weights: a layer as the current style reaches it, printed as PyTorch prints it."""

import streamlit as st

from netlib.errors import SizeError
from netlib.source.styles import generate
from pages.frame.looks import told
from pages.frame.start import finish, start
from pages.shared.code import style_picker
from pages.shared.downloads import weights_download
from pages.shared.job import live
from pages.shared.network import built, trained_weights, trains
from pages.shared.run import current_run
from pages.weights.inspect import (
    layer_picker,
    moment_picker,
    printed_layer,
    tensor_view,
)

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


def show() -> None:
    """Draws the layer, again and again while it is trained."""
    trained = trained_weights(run, experiment)
    chosen = moment_picker(trained)
    printed, pictures = st.columns([11, 10], gap="medium")
    with printed:
        printed_layer(network, chosen, index)
    with pictures:
        tensor_view(network, trained, chosen, index)


live(run, show)
if run and trains(run, experiment):
    weights_download(run, experiment.style)
