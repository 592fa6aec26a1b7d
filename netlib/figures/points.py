"""Data itself: points by two of their features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from netlib.figures.base import (
    NEGATIVE,
    POSITIVE,
    ZERO,
    Floats,
    class_color,
    framed,
)

Mask = npt.NDArray[np.bool_]

RISING = [[0.0, NEGATIVE], [0.5, ZERO], [1.0, POSITIVE]]
# What is kept back is drawn hollow.
_SYMBOLS = ((False, "circle", "to train on"), (True, "circle-open", "kept back"))


def class_points(
    x: Floats, y: Floats, classes: Sequence[str], held: Mask, names: tuple[str, str]
) -> go.Figure:
    """Draws points (n,) in the colours of their classes; `held` are those kept back."""
    found = np.array(classes)
    traces = [
        _markers(
            x[rows], y[rows], f"{label} {part}", symbol, {"color": class_color(index)}
        )
        for index, label in enumerate(dict.fromkeys(sorted(classes)))
        for is_held, symbol, part in _SYMBOLS
        if (rows := (found == label) & (held == is_held)).any()
    ]
    return _framed(traces, names)


def value_points(
    x: Floats, y: Floats, values: Floats | None, held: Mask, names: tuple[str, str]
) -> go.Figure:
    """Draws points (n,), coloured by a value of theirs if there is one."""
    traces = []
    for is_held, symbol, part in _SYMBOLS:
        rows = held == is_held
        marker: dict[str, Any] = {"color": POSITIVE}
        if values is not None:
            limits = {"cmin": values.min(), "cmax": values.max()}
            marker = {"color": values[rows], "colorscale": RISING, **limits}
        traces.append(_markers(x[rows], y[rows], part, symbol, marker))
    return _framed(traces, names)


def _markers(
    x: Floats, y: Floats, name: str, symbol: str, marker: dict[str, Any]
) -> go.Scatter:
    marker |= {"size": 6, "symbol": symbol}
    hover = "%{x:.3g}, %{y:.3g}"
    return go.Scatter(
        x=x, y=y, name=name, mode="markers", marker=marker, hovertemplate=hover
    )


def _framed(traces: Sequence[Any], names: tuple[str, str]) -> go.Figure:
    figure = framed(traces, "", *names, revision=",".join(names))
    figure.update_layout(showlegend=False)
    return figure
