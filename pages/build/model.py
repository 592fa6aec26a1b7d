"""What is shown of a built network: its tree, its diagram, its weights."""

import streamlit as st

from netlib.errors import SizeError
from netlib.experiment import Experiment
from netlib.figures import diagram
from netlib.jobs.results import Run
from netlib.model.builder import Network, outline
from netlib.model.structure import tree_layers
from netlib.source.styles import Source
from pages.frame.looks import lit_lines, told
from pages.frame.plot import clicked, plot
from pages.frame.session import session
from pages.shared.heatmaps import heatmaps
from pages.shared.job import live
from pages.shared.network import (
    column_of,
    columns,
    layer_weights,
    trained_weights,
)
from pages.shared.run import PICTURE_SECONDS


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

    def draw() -> None:
        weights = None
        if isinstance(network, Network):
            weights = layer_weights(network, trained_weights(run, experiment))
        plot(
            diagram(columns(spec, weights), "", column_of(spec, lit)),
            "diagram",
            alt=f"Diagram of the network {spec.title}",
            height=250,
            on_click=_light,
        )

    live(run, draw, PICTURE_SECONDS)


def _light() -> None:
    layer = clicked("diagram")
    session().lit = None if layer == session().lit else layer
    st.rerun()  # the diagram is a fragment: a click in it would redraw it alone


def weights_view(
    experiment: Experiment,
    network: Network | SizeError,
    run: Run | None,
    lit: int | None,
) -> None:
    """Draws the heatmaps of the latest weights."""
    if isinstance(network, SizeError):
        return

    def draw() -> None:
        heatmaps(network, trained_weights(run, experiment), lit)

    live(run, draw, PICTURE_SECONDS)
