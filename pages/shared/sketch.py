"""Small pictures of columns, as many as there are, without a plot for each."""

import html

import numpy as np
import pandas as pd
import streamlit as st
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from netlib.data.columns import Column
from netlib.data.roles import USELESS
from netlib.figures import POSITIVE

MOST_BARS = 16
BARS = "display:flex;gap:1px;align-items:flex-end;width:6rem;height:1.5rem"
BAR = f"flex:0 1 .4rem;min-height:1px;background:{POSITIVE}"
HEAD = "display:flex;align-items:center;gap:.5rem;font-size:.9rem;margin-top:.35rem"
NAME = "flex:1;min-width:0;overflow-wrap:anywhere;font-weight:600"
WHY = "font-size:.8rem;opacity:.75;overflow-wrap:anywhere"


def column_head(table: str, column: Column) -> None:
    """Draws a column's name, how often its values occur, and why it is what it is.

    `table` tells its table from all others.
    """
    kind = f"{column.kind.capitalize()}: " if column.kind in USELESS else ""
    n_empty = int(column.values.isna().sum()) - column.n_strays
    empty = f", {n_empty:,} empty" if n_empty else ""
    why = html.escape(f"{kind}{column.why}{empty}")
    head = _head(f"{table} {column.why}", column.name, column.values)
    st.html(f"{head}<div style='{WHY}'>{why}</div>")


def sketches(name: str, table: pd.DataFrame) -> None:
    """Draws how often the values of each column occur; `name` is that of the table."""
    st.html("".join(_head(name, column, table[column]) for column in table))


@st.cache_resource(max_entries=200, show_spinner=False, scope="session")
def _head(table: str, name: str, _values: pd.Series) -> str:
    said = html.escape(f"How often values of {name} occur", quote=True)
    return (
        f"<div style='{HEAD}'><span style='{NAME}'>{html.escape(name)}</span>"
        f"{_bars(_counts(_values), said)}</div>"
    )


def _counts(values: pd.Series) -> list[int]:
    """Returns how many values are in each of some ranges, or of each text, most first."""
    values = values.dropna()
    if is_datetime64_any_dtype(values):
        values = (values - values.min()).dt.days
    if is_numeric_dtype(values) and not is_bool_dtype(values):
        finite = values[np.isfinite(values.astype(float))].astype(float)
        n_bars = min(MOST_BARS, max(finite.nunique(), 1))
        return np.histogram(finite, bins=n_bars)[0].tolist()
    return values.value_counts().iloc[:MOST_BARS].tolist()


def _bars(counts: list[int], said: str) -> str:
    most = max(counts, default=1) or 1
    bars = "".join(
        f"<i style='{BAR};height:{count / most:.0%}'></i>" for count in counts
    )
    return f"<span role='img' aria-label='{said}' style='{BARS}'>{bars}</span>"
