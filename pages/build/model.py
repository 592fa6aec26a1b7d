"""What is shown of a built network: its tree, its diagram, its weights."""

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from netlib.errors import SizeError
from netlib.experiment import Experiment
from netlib.figures import diagram, function_curve
from netlib.jobs.run import Run
from netlib.model.builder import outline
from netlib.model.curve import Curve, activation_curve
from netlib.model.network import Network
from netlib.model.structure import tree_layers
from netlib.source.styles import Source
from netlib.spec.layer import Layer
from netlib.spec.network import NetworkSpec
from pages.frame.looks import lit_lines, told
from pages.frame.plot import all_shown, clicked, plot
from pages.frame.session import session
from pages.shared.heatmaps import SECONDS_BETWEEN_MAPS, heatmaps
from pages.shared.job import live
from pages.shared.network import (
    column_of,
    columns,
    layer_weights,
    trained_weights,
)


def tree_view(source: Source, network: Network | SizeError, lit: int | None) -> None:
    """Draws what PyTorch prints of the network, or its tensors."""
    st.markdown("`print(model)`" if source.style != "manual" else "Tensors")
    if isinstance(network, SizeError):
        st.warning(told(network), icon=":material/memory:")
        st.code(outline(source).tree, language=None)
        return
    lit_lines(network.tree, None, tree_layers(network), lit, "tree")


def diagram_view(
    experiment: Experiment,
    network: Network | SizeError,
    run: Run | None,
    lit: int | None,
) -> None:
    """Draws the network, its edges coloured by their latest weights."""
    spec = experiment.spec

    def draw() -> tuple[go.Figure, str]:
        weights = None
        if isinstance(network, Network):
            weights = layer_weights(network, trained_weights(run, experiment))
        figure = diagram(columns(spec, weights), "", column_of(spec, lit))
        return figure, f"Diagram of the network {spec.title}"

    figure, alt = draw()
    plot(figure, "diagram", alt=alt, height=250, on_click=_light)
    live(run, "diagram", lambda: all_shown({"diagram": draw()}), SECONDS_BETWEEN_MAPS)


def _light() -> None:
    layer = clicked("diagram")
    session().lit = None if layer == session().lit else layer


def activation_views(spec: NetworkSpec, places: Mapping[int, DeltaGenerator]) -> None:
    """Draws activations and their derivatives in their places, by layer."""
    for index, place in places.items():
        layer = spec.layers[index]
        with place:
            plot(
                function_curve(*_curve(layer)),
                f"curve_{index}",
                alt=f"{layer.kind} and its derivative from -4 to 4",
                height=180,
            )


@st.cache_data(max_entries=200)
def _curve(layer: Layer) -> Curve:
    return activation_curve(layer)


def weights_view(
    experiment: Experiment,
    network: Network | SizeError,
    run: Run | None,
    lit: int | None,
) -> None:
    """Draws the heatmaps of the latest weights."""
    if isinstance(network, Network):
        heatmaps(network, run, experiment, lit)
