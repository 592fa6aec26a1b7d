"""Rows of pixels, and weights over them, as pictures beside each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from netlib.figures.base import (
    DIVERGING,
    POSITIVE,
    ZERO,
    Floats,
    framed,
    largest,
    pale,
)

LABEL = 3  # pixels of room below a picture


def pictures(
    rows: Floats, side: int, n_across: int, labels: Sequence[str] = ()
) -> go.Figure:
    """Draws rows of pixels (n, side * side), from 0 up, with a label below each if given."""
    scale = [[0, pale(ZERO, 0.12)], [1, POSITIVE]]
    below = LABEL if labels else 1
    figure = _tiled(rows, side, n_across, below, colorscale=scale)
    for place, label in enumerate(labels):
        down, across = divmod(place, n_across)
        x, y = across * (side + 1) + (side - 1) / 2, (down + 1) * (side + below) - 0.5
        at = {"x": x, "y": y, "yanchor": "bottom"}
        figure.add_annotation(text=label, showarrow=False, **at)
    return figure


def weight_pictures(rows: Floats, side: int, n_across: int) -> go.Figure:
    """Draws weights over pixels (n, side * side) by colour centred at 0."""
    limit = largest(rows)
    return _tiled(
        rows, side, n_across, 1, colorscale=DIVERGING, zmin=-limit, zmax=limit
    )


def _tiled(
    rows: Floats, side: int, n_across: int, below: int, **colors: Any
) -> go.Figure:
    n_down = -(-len(rows) // n_across)
    shape = (n_down * n_across, side + below, side + 1)
    tiles = np.full(shape, np.nan, np.float32)
    tiles[: len(rows), :side, :side] = rows.reshape(-1, side, side)
    grid = tiles.reshape(n_down, n_across, *shape[1:]).swapaxes(1, 2)
    z = grid.reshape(n_down * shape[1], -1)
    trace = go.Heatmap(z=z, showscale=False, hoverinfo="skip", **colors)
    figure = framed([trace], "", "", "", revision="")
    figure.update_yaxes(autorange="reversed", visible=False, scaleanchor="x")
    figure.update_xaxes(visible=False)
    return figure
