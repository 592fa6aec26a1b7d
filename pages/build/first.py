"""What answers an edit first: the code, and all fields and choices that change it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from netlib.source.styles import generate
from pages.build.design import design_form
from pages.build.rows import Places
from pages.frame.part import draw_rest
from pages.frame.session import current
from pages.shared.certificate import certificate_badge
from pages.shared.code import chips, codes, lit_layer, style_picker


@dataclass(frozen=True)
class Slots:
    """Where on the page the part is drawn that answers first, but for its form."""

    badge: DeltaGenerator
    chips: DeltaGenerator
    styles: DeltaGenerator
    code: DeltaGenerator


@st.fragment
def first_answer(slots: Slots) -> tuple[Places, Callable[[], None]]:
    """Draws code and form; an edit draws the code alone, and then the whole page.

    Returns the places for the curves of activations, by layer, and what has the
    certificate made, for the end of the page.
    """
    experiment = current()
    lit = lit_layer(experiment.spec)
    with slots.badge:  # before the code: it is never beside another's
        follow_certificate = certificate_badge(experiment)
    with slots.code:
        codes(experiment, generate(experiment.spec, experiment.style), lit)
    draw_rest()
    with slots.chips:
        chips(experiment.spec, lit)
    with slots.styles:
        style_picker(experiment.style)
    return design_form(experiment.spec), follow_certificate
