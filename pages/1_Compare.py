"""Compare: one network in several styles, side by side and proven the same."""

import streamlit as st

from netlib.styles import generate
from pages.parts.compare import codes, styles_picker
from pages.parts.program import chips, lit_layer
from pages.parts.start import send, start

experiment = start("Compare")
spec, lit = experiment.spec, lit_layer(experiment.spec)
styles = styles_picker()
chips(spec, lit)
codes(spec, styles, lit)
send()

# From here on torch is needed: on a fresh server the code stands before it is loaded.
from pages.parts.carried import carried_view

from netlib.builder import outline
from pages.parts.access import accesses, keys, trees
from pages.parts.choice import choice_table, times_view
from pages.parts.proof import certificate_view
from pages.parts.puzzle import puzzle_view

networks = [outline(generate(spec, style)) for style in styles]
trees(networks, lit)
st.subheader("Reach, freeze and replace a layer", anchor="access")
accesses(networks, lit or 0)
keys(networks)
st.subheader("Proven the same", anchor="certificate")
certificate_view(experiment)
st.subheader("When to choose which", anchor="choice")
choice_table(styles)
times_view(experiment, styles)
st.subheader("Why do these two differ?", anchor="mistakes")
puzzle_view(experiment)
st.subheader("Carry weights from one style to another", anchor="carry")
carried_view(spec)
