"""Plotly figures from plain values; text, grid and background colours are the page's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

Floats = npt.NDArray[np.floating[Any]]
Events = Sequence[Mapping[str, Any]]
Shown = tuple[npt.NDArray[np.intp], Floats]  # the units drawn, and their heights

# Okabe and Ito, "Color Universal Design", 2008, without black.
LAYER_COLORS = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#56B4E9",  # sky blue
    "#D55E00",  # vermilion
    "#F0E442",  # yellow
)
NEGATIVE, ZERO, POSITIVE = "#D55E00", "#808080", "#2388CC"
MOST_POINTS = 500
EDGE_SHADES = 4
MOST_LABELS = 14


def layer_color(index: int) -> str:
    """Returns the colour of a layer as `#RRGGBB`; colours repeat after seven."""
    return LAYER_COLORS[index % len(LAYER_COLORS)]


def pale(color: str, alpha: float) -> str:
    """Returns `#RRGGBB` as an rgba colour of that opacity, 0 to 1."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


# Zero is a faint grey, not white: it rests on a light and on a dark page, and a value
# that is not a number shows as a hole.
DIVERGING = [[0.0, NEGATIVE], [0.5, pale(ZERO, 0.12)], [1.0, POSITIVE]]


def reduce_blocks(values: Floats, limit: int = 256) -> tuple[Floats, tuple[int, int]]:
    """Returns means over blocks, at most (limit, limit), and the size of a block.

    `values` is (rows, columns); the last block of a row or column may be smaller.
    """
    height, width = (-(-size // limit) for size in values.shape)
    if (height, width) == (1, 1):
        return values, (1, 1)
    rows = np.arange(0, values.shape[0], height)
    columns = np.arange(0, values.shape[1], width)
    with np.errstate(invalid="ignore"):
        sums = np.add.reduceat(values, rows, axis=0, dtype=np.float64)
        sums = np.add.reduceat(sums, columns, axis=1)
    n_rows = np.diff(rows, append=values.shape[0])
    n_columns = np.diff(columns, append=values.shape[1])
    return (sums / np.outer(n_rows, n_columns)).astype(values.dtype), (height, width)


def heatmap(
    values: Floats,
    title: str,
    block: tuple[int, int] = (1, 1),
    offset: tuple[int, int] = (0, 0),
) -> go.Figure:
    """Draws a weight (out, in), or a bias (out,) as one row, by colour centred at 0.

    `block` is the size of the block each value is the mean of, `offset` the row and
    column of the first value in the whole tensor: the axes show the tensor's indices.
    """
    is_matrix = values.ndim > 1
    rows = np.atleast_2d(values).astype(np.float32)
    limit = _largest(rows)
    trace = go.Heatmap(
        z=rows,
        y0=offset[0] + (block[0] - 1) / 2,
        dy=block[0],
        x0=offset[1] + (block[1] - 1) / 2,
        dx=block[1],
        zmin=-limit,
        zmax=limit,
        colorscale=DIVERGING,
        showscale=is_matrix,
        colorbar={"thickness": 8, "outlinewidth": 0, "nticks": 5, "tickformat": ".2~g"},
        hovertemplate=_hover(is_matrix, block),
    )
    names = ("input", "output") if is_matrix else ("output", "")
    figure = _figure([trace], title, *names, revision=f"{rows.shape} {offset}")
    for axis, size in zip((figure.layout.yaxis, figure.layout.xaxis), rows.shape):
        # Left alone, Plotly writes halves between few indices.
        step = 1 if size <= 10 else None
        axis.update(showgrid=False, zeroline=False, dtick=step)
    figure.update_yaxes(autorange="reversed", visible=is_matrix)
    return figure


def histogram(values: Floats, title: str) -> go.Figure:
    """Draws how often each value occurs in a tensor of any shape."""
    finite = values[np.isfinite(values)].astype(np.float64)
    n_bins = int(np.clip(np.sqrt(finite.size), 5, 60))
    counts, edges = np.histogram(finite, bins=n_bins)
    trace = go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": POSITIVE, "line": {"width": 0}},
        hovertemplate="%{y} near %{x:.3g}<extra></extra>",
    )
    return _figure([trace], title, "value", "count", revision=str(values.shape))


def loss_curves(history: Events, title: str, n_epochs: int) -> go.Figure:
    """Draws `loss` and `validation_loss` of the events over all planned epochs."""
    traces = [
        _curve(history, "loss", "training", POSITIVE, "solid"),
        _curve(history, "validation_loss", "validation", NEGATIVE, "dash"),
    ]
    figure = _epochs_figure(traces, title, "loss", n_epochs, not history)
    figure.update_yaxes(rangemode="tozero")
    return figure


def score_curve(
    history: Events,
    title: str,
    n_epochs: int,
    score_name: str,
    baseline: float,
    baseline_name: str,
) -> go.Figure:
    """Draws `score` of the events, beside the score of guessing."""
    line = go.Scatter(
        x=[0, n_epochs] if history else [],
        y=[baseline, baseline] if history else [],
        name=f"{baseline_name} {baseline:.3g}",
        mode="lines",
        line={"color": ZERO, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    curve = _curve(history, "score", "validation", NEGATIVE, "dash")
    return _epochs_figure([curve, line], title, score_name, n_epochs, not history)


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
    chosen = [i for i, c in enumerate(columns) if c.layer in {selected} - {None}]
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
    figure = _figure(traces, title, "", "", revision=str(len(columns)))
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


def _figure(
    traces: Sequence[Any], title: str, x_name: str, y_name: str, revision: str
) -> go.Figure:
    # The empty template keeps Plotly's own colours, and 7 kB, out of the figure.
    return go.Figure(
        list(traces),
        {
            "template": "none",
            "title": {"text": title},
            "xaxis": {"title": {"text": x_name}},
            "yaxis": {"title": {"text": y_name}},
            "margin": {"l": 8, "r": 8, "t": 36 if title else 10, "b": 8},
            "minreducedheight": 32,
            "uirevision": revision,
        },
    )


def _largest(values: Floats) -> float:
    magnitudes = np.abs(values[np.isfinite(values)])
    return float(magnitudes.max(initial=0.0)) or 1.0


def _hover(is_matrix: bool, block: tuple[int, int]) -> str:
    if not is_matrix:
        return "output %{x}<br>value %{z:.4g}<extra></extra>"
    if block == (1, 1):
        return "output %{y}<br>input %{x}<br>weight %{z:.4g}<extra></extra>"
    return (
        "around output %{y:.0f}<br>around input %{x:.0f}"
        f"<br>mean of {block[0]} x {block[1]}: %{{z:.4g}}<extra></extra>"
    )


def _curve(history: Events, key: str, name: str, color: str, dash: str) -> go.Scatter:
    step = max(1, -(-len(history) // MOST_POINTS))
    events = list(history[::step])
    if (len(history) - 1) % step:
        events.append(history[-1])
    return go.Scatter(
        x=np.array([event["epoch"] for event in events], dtype=np.int32),
        y=np.array([event.get(key) for event in events], dtype=np.float64),
        name=name,
        mode="lines" if len(events) > 1 else "markers",
        line={"color": color, "width": 2, "dash": dash},
        hovertemplate="%{y:.4g}",
    )


def _epochs_figure(
    traces: Sequence[Any], title: str, y_name: str, n_epochs: int, is_empty: bool
) -> go.Figure:
    figure = _figure(traces, title, "epoch", y_name, revision=str(n_epochs))
    above = {"x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}
    figure.update_layout(
        hovermode="x unified",
        showlegend=not is_empty,
        legend={"orientation": "h", **above},
        margin={"t": 56 if title else 30, "r": 20},
    )
    figure.update_xaxes(range=[0, max(n_epochs, 1)])
    if is_empty:
        middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
        figure.add_annotation(text="Press Train", showarrow=False, **middle)
        figure.update_yaxes(range=[0, 1])
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
        strengths /= _largest(strengths)
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


def overlaid(
    series: Mapping[str, Sequence[float]],
    title: str,
    x_name: str,
    y_name: str,
    first: int = 0,
) -> go.Figure:
    """Draws curves over `first` and on; equal ones as bands, the first the widest.

    The title says how many curves lie under how many lines: those equal to the last bit.
    """
    groups: dict[bytes, list[str]] = {}
    for label, values in series.items():
        groups.setdefault(np.array(values, np.float64).tobytes(), []).append(label)
    traces = []
    for index, (label, values) in enumerate(series.items()):
        group = next(labels for labels in groups.values() if label in labels)
        width = 2 + 3 * (len(group) - 1 - group.index(label))
        traces.append(
            go.Scatter(
                x0=first,
                y=np.array(values, np.float64),
                name=label,
                mode="lines",
                line={"color": layer_color(index), "width": width},
                hovertemplate="%{y:.6g}",
            )
        )
    lines = f"{len(groups)} {'line' if len(groups) == 1 else 'lines'}"
    title = f"{title}: {len(series)} curves in {lines}"
    figure = _figure(traces, title, x_name, y_name, revision=",".join(series))
    above = {
        "orientation": "h",
        "x": 1,
        "xanchor": "right",
        "y": 1,
        "yanchor": "bottom",
    }
    figure.update_layout(hovermode="x unified", legend=above, margin={"t": 64})
    return figure


def intervals(
    rows: Mapping[str, tuple[float, float, float]], title: str, x_name: str
) -> go.Figure:
    """Draws a median with its quartiles a row: (lower quartile, median, upper)."""
    lows, middles, highs = np.array(list(rows.values())).T
    trace = go.Scatter(
        x=middles,
        y=list(rows),
        error_x={
            "array": highs - middles,
            "arrayminus": middles - lows,
            "thickness": 3,
            "width": 0,
            "color": pale(POSITIVE, 0.45),
        },
        mode="markers",
        marker={"color": POSITIVE, "size": 10},
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    figure = _figure([trace], title, x_name, "", revision=",".join(rows))
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(rangemode="tozero")
    return figure
