"""Compare: one network in several styles, side by side and proven the same."""

import streamlit as st

from netlib.source.styles import generate
from pages.compare.codes import codes, styles_picker
from pages.frame.start import finish, send, start
from pages.shared.code import chips, lit_layer

SECTIONS = {
    "access": "Reach, freeze and replace a layer",
    "certificate": "Proven the same",
    "choice": "When to choose which",
    "mistakes": "Why do these two differ?",
    "carry": "Carry weights from one style to another",
}


def section(name: str) -> None:
    """Draws the heading of a part of the page, which a link at the top leads to."""
    st.subheader(SECTIONS[name], anchor=name)


experiment, menu = start("Compare")
spec, lit = experiment.spec, lit_layer(experiment.spec)
st.markdown(" · ".join(f"[{title}](#{name})" for name, title in SECTIONS.items()))
styles = styles_picker()
chips(spec, lit)
codes(spec, styles, lit)
send()
finish(menu)

# From here on torch is needed: on a fresh server the code stands before it is loaded.
from netlib.model.builder import outline
from pages.compare.access import accesses, keys, trees
from pages.compare.carried import carried_view
from pages.compare.choice import choice_table, times_view
from pages.compare.proof import certificate_view
from pages.compare.puzzle import puzzle_view

networks = [outline(generate(spec, style)) for style in styles]
trees(networks, lit)
section("access")
accesses(networks, lit or 0)
keys(networks)
section("certificate")
certificate_view(experiment)
section("choice")
choice_table(styles)
times_view(experiment, styles)
section("mistakes")
puzzle_view(experiment)
section("carry")
carried_view(spec)
