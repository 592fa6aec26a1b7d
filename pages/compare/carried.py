"""Weights carried from one style to another: the table of keys and the code."""

from functools import partial

import pandas as pd
import streamlit as st

from netlib.model.transfer import carry_code, key_table
from netlib.source.styles import STYLES
from netlib.spec.network import NetworkSpec
from pages.frame.looks import marked_lines
from pages.frame.session import choose, chosen
from pages.frame.widgets import bound_index
from pages.shared.code import title


def carried_view(spec: NetworkSpec) -> None:
    """Draws the choice of two styles, their keys side by side, and the code."""
    left, right = st.columns(2)
    with left:
        source = _style("From", "carry_from", "manual")
    with right:
        target = _style("To", "carry_to", "subclass")
    if source == target:
        st.info("Choose two styles: within one the keys are the same.")
        return
    table, code = st.columns([2, 3])
    with table:
        rows = key_table(spec, source, target)
        st.dataframe(
            pd.DataFrame(
                {
                    "layer": [row.layer for row in rows],
                    title(source): [row.source for row in rows],
                    title(target): [row.target for row in rows],
                }
                | (
                    {"": [row.note for row in rows]}
                    if any(r.note for r in rows)
                    else {}
                )
            ),
            hide_index=True,
            height=min(38 + 35 * max(len(rows), 1), 400),
            alt="Names of each tensor in both styles",
        )
    with code:
        text = carry_code(spec, source, target)
        marked_lines(text, "python", {}, "carry")
        st.caption(
            f"`old.py` is the program in the style {title(source)}, `new.py` that in "
            f"{title(target)}; tests compare the outputs of both to the last bit."
        )


def _style(label: str, key: str, first: str) -> str:
    style, change = chosen(key, first), partial(choose, key)
    st.selectbox(label, **bound_index(key, style, change, list(STYLES), title))
    return style
