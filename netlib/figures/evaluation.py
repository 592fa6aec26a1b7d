"""How well a network answers: counts of classes, curves, values, what its inputs matter."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from netlib.figures.base import (
    POSITIVE,
    ZERO,
    Floats,
    framed,
    layer_color,
    pale,
)

MOST_COUNTED = 20  # classes whose counts are written into the cells
FAINT = {"color": ZERO, "width": 1.5, "dash": "dot"}


def confusion(counts: "np.ndarray[Any, Any]", names: Sequence[str]) -> go.Figure:
    """Draws counts (n, n) of rows by their class (down) and the one answered (across).

    A cell's colour is its share of the class's rows.
    """
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    trace = go.Heatmap(
        z=shares,
        x=list(names),
        y=list(names),
        zmin=0,
        zmax=1,
        customdata=counts,
        colorscale=[[0, pale(ZERO, 0.12)], [1, POSITIVE]],
        showscale=False,
        hovertemplate="is %{y}, answered %{x}<br>%{customdata} rows<extra></extra>",
    )
    figure = framed(
        [trace], "", "class answered", "class it is", revision=",".join(names)
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    if len(names) <= MOST_COUNTED:
        figure.update_layout(annotations=_written(counts))
    return figure


def _written(counts: "np.ndarray[Any, Any]") -> list[dict[str, Any]]:
    """Returns the counts above 0 as texts, which have the page's own colour."""
    return [
        {"x": column, "y": row, "text": str(counts[row, column]), "showarrow": False}
        for row, column in np.argwhere(counts).tolist()
    ]


def threshold_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x_name: str,
    y_name: str,
    has_diagonal: bool,
) -> go.Figure:
    """Draws curves of shares from 0 to 1 by their names, and that of guessing, if asked."""
    traces = [
        go.Scatter(
            x=x,
            y=y,
            name=name,
            mode="lines",
            line={"color": layer_color(index), "width": 2},
            hovertemplate="%{x:.3f}, %{y:.3f}",
        )
        for index, (name, (x, y)) in enumerate(curves.items())
    ]
    if has_diagonal:
        traces.append(_line(0, 1, "guessing"))
    figure = framed(traces, "", x_name, y_name, revision=x_name)
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(range=[-0.02, 1.02])
    figure.update_layout(showlegend=True)
    return figure


def predictions(true: Sequence[float], predicted: Sequence[float]) -> go.Figure:
    """Draws predicted over true values (n,), and the line on which they are equal."""
    points = go.Scatter(
        x=true,
        y=predicted,
        mode="markers",
        marker={"color": POSITIVE, "size": 6, "opacity": 0.7},
        hovertemplate="is %{x:.4g}<br>predicted %{y:.4g}<extra></extra>",
    )
    both = [*true, *predicted]
    line = _line(min(both), max(both), "")
    figure = framed([line, points], "", "true", "predicted", revision="values")
    figure.update_layout(showlegend=False)
    return figure


def importance_bars(rows: Mapping[str, tuple[float, float]], score: str) -> go.Figure:
    """Draws by how much a score falls without an input, (mean, deviation) by its name."""
    falls: Floats = np.array(list(rows.values()), np.float64)
    trace = go.Bar(
        x=falls[:, 0],
        y=list(rows),
        error_x={"array": falls[:, 1], "color": ZERO, "width": 0},
        orientation="h",
        marker={"color": POSITIVE, "line": {"width": 0}},
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    figure = framed([trace], "", f"{score} lost", "", revision=",".join(sorted(rows)))
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _line(low: float, high: float, name: str) -> go.Scatter:
    ends = [low, high]
    return go.Scatter(
        x=ends, y=ends, name=name, mode="lines", line=FAINT, hoverinfo="skip"
    )
