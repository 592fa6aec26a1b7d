"""The diagram of a network: columns of circles, edges coloured by weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from netlib.figures.base import NEGATIVE, POSITIVE, ZERO, Floats, framed, largest, pale

Shown = tuple[npt.NDArray[np.intp], Floats]  # the units drawn, and their heights
EDGE_SHADES = 4
MOST_LABELS = 14


@dataclass(frozen=True, eq=False)
class Column:
    """One column of units in a diagram: the input, or a layer.

    A dense column sees every unit of the column before, by `weight` (n_units, units
    before) where there is one; in another column each unit sees its neighbour alone.
    """

    title: str
    subtitle: str
    n_units: int
    layer: int | None
    color: str
    dense: bool
    weight: Floats | None = None


def diagram(columns: Sequence[Column], title: str, selected: int | None) -> go.Figure:
    """Draws a network; edges show their weight against the largest drawn of the layer.

    Wide columns show their first and last units and their true number. A circle's
    `customdata` is its layer; the layer `selected` stands in a frame of its colour.
    """
    chosen = [
        index
        for index, column in enumerate(columns)
        if column.layer is not None and column.layer == selected
    ]
    most_units = 14 if len(columns) <= 12 else 8
    shown = [_shown_units(column.n_units, most_units) for column in columns]
    top = max(2.0, *(float(heights.max()) for _, heights in shown)) + 0.8
    size = min(18, 65 / top, 280 / len(columns))
    dots = ["⋮" if column.n_units > most_units else "" for column in columns]
    traces = [
        *_edge_traces(columns, shown),
        _circle_trace(columns, shown, size),
        *_label_traces(columns, chosen, top),
        _text_trace(columns, dots, 0, "middle center"),
    ]
    figure = framed(traces, title, "", "", revision=str(len(columns)))
    figure.update_layout(
        margin={"l": 16, "r": 16, "t": 48 if title else 24, "b": 48},
        shapes=[_frame(index, columns[index].color, top, size) for index in chosen],
        showlegend=False,
        hovermode="closest",
        dragmode=False,
    )
    x_range = [-0.55, len(columns) - 0.45]
    figure.update_xaxes(range=x_range, visible=False, fixedrange=True)
    figure.update_yaxes(range=[-top, top], visible=False, fixedrange=True)
    return figure


def _shown_units(n_units: int, most_units: int) -> Shown:
    """Returns the units to draw, and their heights; the middle of many is left out."""
    if n_units <= most_units:
        units = np.arange(n_units)
        return units, (n_units - 1) / 2 - units
    half = most_units // 2
    units = np.r_[:half, n_units - half : n_units]
    heights = np.arange(half, 0.0, -1)
    return units, np.r_[heights, -heights[::-1]]


def _edges(column: Column, before: Shown, here: Shown) -> Floats:
    """Returns (edges, 3): height before, height here, strength -1 to 1 or NaN."""
    (units_before, heights_before), (units, heights) = before, here
    if not column.dense:
        return np.array([(*ends, np.nan) for ends in zip(heights_before, heights)])
    starts, ends = np.meshgrid(heights_before, heights)
    strengths = np.full(starts.shape, np.nan)
    if column.weight is not None:
        strengths = column.weight[np.ix_(units, units_before)].astype(np.float64)
        strengths[~np.isfinite(strengths)] = np.nan
        strengths /= largest(strengths)
    return np.stack([starts, ends, strengths], axis=-1).reshape(-1, 3)


def _edge_traces(columns: Sequence[Column], shown: Sequence[Shown]) -> list[go.Scatter]:
    """Returns one line trace a shade, the faint ones first, for any number of edges."""
    gaps = [
        np.insert(_edges(column, *ends), 0, index, axis=1)
        for index, (column, ends) in enumerate(zip(columns[1:], pairwise(shown)))
    ]
    edges = np.concatenate([np.empty((0, 4)), *gaps])
    shades = np.round(edges[:, 3] * EDGE_SHADES)
    traces = [_line_trace(edges[np.isnan(shades)], pale(ZERO, 0.35), 1)]
    for shade in sorted(range(-EDGE_SHADES, EDGE_SHADES + 1), key=abs):
        strength = abs(shade) / EDGE_SHADES
        color = POSITIVE if shade > 0 else NEGATIVE if shade else ZERO
        line = pale(color, 0.1 + 0.6 * strength), 0.5 + 1.5 * strength
        traces.append(_line_trace(edges[shades == shade], *line))
    return traces


def _line_trace(edges: Floats, color: str, width: float) -> go.Scatter:
    start, height_before, height, _ = edges.T
    gap = np.full(len(edges), np.nan)
    return go.Scatter(
        x=np.stack([start, start + 1, gap], axis=1).astype(np.float32).ravel(),
        y=np.stack([height_before, height, gap], axis=1).astype(np.float32).ravel(),
        mode="lines",
        line={"color": color, "width": width},
        hoverinfo="skip",
    )


def _circle_trace(
    columns: Sequence[Column], shown: Sequence[Shown], size: float
) -> go.Scatter:
    circles = [
        (index, height, column, unit)
        for index, (column, (units, heights)) in enumerate(zip(columns, shown))
        for unit, height in zip(units, heights)
    ]
    return go.Scatter(
        x=[index for index, *_ in circles],
        y=[height for _, height, *_ in circles],
        mode="markers",
        marker={"size": size, "color": [c.color for *_, c, _ in circles]},
        customdata=[column.layer for *_, column, _ in circles],
        text=[f"{c.title}, unit {unit}<br>{c.subtitle}" for *_, c, unit in circles],
        hovertemplate="%{text}<extra></extra>",
    )


def _label_traces(
    columns: Sequence[Column], chosen: Sequence[int], top: float
) -> list[go.Scatter]:
    """Returns the names above and the true numbers below, thinned where it is tight."""
    step = len(columns) / MOST_LABELS
    spread = np.linspace(0, len(columns) - 1, min(len(columns), MOST_LABELS))
    labelled = {
        index
        for index in spread.round().astype(int).tolist()
        if all(abs(index - other) >= step for other in chosen)
    }
    names, numbers = [""] * len(columns), [""] * len(columns)
    for index in labelled.union(chosen):
        column, is_chosen = columns[index], index in chosen
        names[index] = f"<b>{column.title}</b>" if is_chosen else column.title
        numbers[index] = f"{column.n_units:,}"
        if is_chosen or len(columns) <= 6:
            numbers[index] += "<br>" + column.subtitle.replace(" + ", "<br>")
    return [
        _text_trace(columns, names, top, "top center"),
        _text_trace(columns, numbers, -top, "bottom center"),
    ]


def _text_trace(
    columns: Sequence[Column], texts: list[str], height: float, position: str
) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(texts))),
        y=[height] * len(texts),
        mode="text",
        text=texts,
        textposition=position,
        textfont={"size": 11},
        customdata=[column.layer for column in columns],
        cliponaxis=False,
        hoverinfo="none",
    )


def _frame(index: int, color: str, top: float, size: float) -> dict[str, Any]:
    half_width = size / 2 + 6
    return {
        "type": "rect",
        "layer": "below",
        "xsizemode": "pixel",
        "xanchor": index,
        "x0": -half_width,
        "x1": half_width,
        "y0": 0.2 - top,
        "y1": top - 0.2,
        "line": {"color": color, "width": 2},
        "fillcolor": pale(color, 0.15),
    }
