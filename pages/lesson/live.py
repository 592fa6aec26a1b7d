"""The live part of a step: code, printed tree, tensors, as built at this moment."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from netlib.experiment import Experiment
from netlib.figures import NEGATIVE, POSITIVE
from netlib.model.network import Network
from netlib.model.structure import tree_layers
from netlib.model.weights import printed
from netlib.source.styles import STYLES, Source
from pages.frame.looks import lit_lines
from pages.shared.changes import changed_lines, changed_program


@dataclass(frozen=True)
class Live:
    """What a step shows at the moment, and the experiment that this is."""

    experiment: Experiment
    draw: Callable[[], None]


def network_view(network: Network, lit: int) -> None:
    """Draws a network's code, its tree, and one layer lit and printed."""
    source = network.source
    lit_lines(source.text, "python", source.line_layers, lit, "lesson_code")
    st.markdown("`print(model)`" if STYLES[source.style].is_module else "Its tensors")
    lit_lines(network.tree, None, tree_layers(network), lit, "lesson_tree")
    st.markdown(f"`{source.spec.stages[lit].name}`, printed")
    text = printed(network, lit) or "# a call in the code: no module, and no tensors"
    with st.container(key="lesson_printed"):
        st.code(text, language=None, height=230)


def program_view(text: str, first: str) -> None:
    """Draws a program, the lines marked that `first` has not."""
    _, added = changed_lines(first, text)
    changed_program(text, added, POSITIVE, "lesson_program")


def mistake_view(meant: Source, mistaken: Source) -> None:
    """Draws both programs, the lines marked in which they differ."""
    removed, added = changed_lines(meant.text, mistaken.text)
    st.markdown("Mistaken")
    changed_program(mistaken.text, added, NEGATIVE, "lesson_mistaken")
    st.markdown("As meant")
    changed_program(meant.text, removed, POSITIVE, "lesson_meant")
