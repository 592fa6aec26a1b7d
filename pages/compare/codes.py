"""Styles side by side: their choice and their code."""

from collections.abc import Sized
from typing import Any

import streamlit as st

from netlib.errors import SpecError
from netlib.source.styles import STYLES, generate
from netlib.spec.network import NetworkSpec
from pages.frame.looks import lit_lines
from pages.frame.session import choose, chosen, tell
from pages.frame.widgets import bound_default
from pages.shared.code import title

MOST_STYLES = 5
FIRST_CHOICE = ("manual", "subclass", "sequential")


def styles_picker() -> list[str]:
    """Draws the choice of two to five styles and returns it in the order of STYLES."""
    compared = chosen("compared_styles", list(FIRST_CHOICE))
    st.pills(
        f"Styles side by side, 2 to {MOST_STYLES}",
        selection_mode="multi",
        wrap=True,
        **bound_default("compared_styles", compared, _choose, list(STYLES), title),
    )
    return compared


def _choose(names: list[str]) -> None:
    if 2 <= len(names) <= MOST_STYLES:
        choose("compared_styles", [style for style in STYLES if style in names])
        tell(None)
    else:
        rule = f"2 to {MOST_STYLES} styles side by side"
        tell(SpecError("comparison", rule, len(names)))


def codes(spec: NetworkSpec, styles: list[str], lit: int | None) -> None:
    """Draws the code of each style, the lit layer's lines shining in all of them."""
    grid = style_grid(styles)
    for style in styles:
        source = generate(spec, style)
        n_lines = sum(bool(line) for line in source.text.splitlines())
        with grid.cell():
            st.markdown(f"**{title(style)}** :gray[{n_lines} lines]")
            lit_lines(source.text, "python", source.line_layers, lit, f"code_{style}")


def style_grid(columns: Sized) -> Any:
    """Returns a grid with a column a style; on a narrow screen they stand below."""
    return st.grid(len(columns), min_column_width=230)
