"""Styles side by side: their choice and their code."""

from collections.abc import Sized
from typing import Any

import streamlit as st

from netlib.source.styles import STYLES, generate
from netlib.spec.network import NetworkSpec
from pages.frame.looks import lit_lines
from pages.frame.session import choose, chosen, session
from pages.frame.widgets import bound_default
from pages.shared.code import title

MOST_STYLES = 5
REFUSAL = "compared_styles_refusal"
FIRST_CHOICE = ("manual", "subclass", "sequential")


def styles_picker() -> list[str]:
    """Draws the choice of two to five styles and returns it in the order of STYLES."""
    compared = chosen("compared_styles", list(FIRST_CHOICE))
    refusal = session().choices.pop(REFUSAL, "")
    st.pills(
        f"Styles side by side, 2 to {MOST_STYLES}{refusal}",
        selection_mode="multi",
        wrap=True,
        **bound_default("compared_styles", compared, _choose, list(STYLES), title),
    )
    return compared


def _choose(names: list[str]) -> None:
    """Keeps a choice, or the former one, and says once beside the label why."""
    if 2 <= len(names) <= MOST_STYLES:
        choose("compared_styles", [style for style in STYLES if style in names])
        return
    (style,) = set(names) ^ set(chosen("compared_styles", list(FIRST_CHOICE)))
    fate = "stays" if len(names) < 2 else "is left out"
    choose(REFUSAL, f": **{title(style)} {fate}**")


def codes(spec: NetworkSpec, styles: list[str], lit: int | None) -> None:
    """Draws the code of each style, the lit layer's lines shining in all of them."""
    grid = style_grid(styles)
    for style in styles:
        source, row = generate(spec, style), STYLES[style]
        n_lines = sum(bool(line) for line in source.text.splitlines())
        with grid.cell():
            st.markdown(f"**{title(style)}** :gray[{n_lines} lines of code]")
            lit_lines(source.text, "python", source.line_layers, lit, f"code_{style}")
            st.caption(f"**Easy:** {row.easy}  \n**Hard:** {row.hard}")


def style_grid(columns: Sized) -> Any:
    """Returns a grid with a cell a style: as many columns as are wide enough to read."""
    return st.grid(len(columns), min_column_width=350)
