"""Heatmaps, histograms and curves."""

from collections.abc import Mapping, Sequence, Sized
from typing import Any

import numpy as np
import plotly.graph_objects as go

from netlib.figures.base import (
    DIVERGING,
    NEGATIVE,
    POSITIVE,
    ZERO,
    Floats,
    framed,
    largest,
    layer_color,
    pale,
)
from netlib.training.epoch import Epoch

MOST_POINTS = 500


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
    limit: float = 0.0,
) -> go.Figure:
    """Draws a weight (out, in), or a bias (out,) as one row, by colour centred at 0.

    `block` is the size of the block each value is the mean of, `offset` the row and
    column of the first value in the whole tensor: the axes show the tensor's indices.
    The colours reach the largest magnitude, or that of another tensor, `limit`.
    """
    is_matrix = values.ndim > 1
    rows = np.atleast_2d(values).astype(np.float32)
    limit = limit or largest(rows)
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
    figure = framed([trace], title, *names, revision=f"{rows.shape} {offset}")
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
    return framed([trace], title, "value", "count", revision=str(values.shape))


def loss_curves(history: Sequence[Epoch], title: str, n_epochs: int) -> go.Figure:
    """Draws both losses of the epochs so far over all that are planned."""
    traces = [
        _curve(history, "loss", "training", POSITIVE, "solid"),
        _curve(history, "validation_loss", "validation", NEGATIVE, "dash"),
    ]
    figure = _epochs_figure(traces, title, n_epochs, not history)
    figure.update_yaxes(rangemode="tozero")
    return figure


def score_curve(
    history: Sequence[Epoch],
    title: str,
    n_epochs: int,
    baseline: float,
    baseline_name: str,
) -> go.Figure:
    """Draws the score of the epochs so far, beside the score of guessing."""
    line = go.Scatter(
        x=[0, n_epochs] if history else [],
        y=[baseline, baseline] if history else [],
        name=f"{baseline_name} {baseline:.3g}",
        mode="lines",
        line={"color": ZERO, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    curve = _curve(history, "score", "validation", NEGATIVE, "dash")
    return _epochs_figure([curve, line], title, n_epochs, not history)


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
    title = f"{title}: {_counted(series, 'curve')} in {_counted(groups, 'line')}"
    figure = framed(traces, title, x_name, y_name, revision=",".join(series))
    below = {
        "orientation": "h",
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
    }
    figure.update_layout(hovermode="x unified", legend=below)
    return figure


def _counted(things: Sized, name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


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
    figure = framed([trace], title, x_name, "", revision=",".join(rows))
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(rangemode="tozero")
    return figure


def _hover(is_matrix: bool, block: tuple[int, int]) -> str:
    if not is_matrix:
        return "output %{x}<br>value %{z:.4g}<extra></extra>"
    if block == (1, 1):
        return "output %{y}<br>input %{x}<br>weight %{z:.4g}<extra></extra>"
    return (
        "around output %{y:.0f}<br>around input %{x:.0f}"
        f"<br>mean of {block[0]} x {block[1]}: %{{z:.4g}}<extra></extra>"
    )


def _curve(
    history: Sequence[Epoch], field: str, name: str, color: str, dash: str
) -> go.Scatter:
    """Draws a field over the epoch's number: at most 500 points, the last among them."""
    step = max(1, -(-len(history) // MOST_POINTS))
    epochs = list(history[::step])
    if (len(history) - 1) % step:
        epochs.append(history[-1])
    return go.Scatter(
        x=np.array([epoch.number for epoch in epochs], dtype=np.int32),
        y=np.array([getattr(epoch, field) for epoch in epochs], dtype=np.float64),
        name=name,
        mode="lines" if len(epochs) > 1 else "markers",
        line={"color": color, "width": 2, "dash": dash},
        hovertemplate="%{y:.4g}",
    )


def _epochs_figure(
    traces: Sequence[Any], title: str, n_epochs: int, is_empty: bool
) -> go.Figure:
    # Plotly would fit the axis of a curve that is emptied, for good, to nothing.
    revision = f"{n_epochs}, empty" if is_empty else str(n_epochs)
    figure = framed(traces, title, "epoch", "", revision=revision)
    above = {"x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}
    figure.update_layout(
        hovermode="x unified",
        showlegend=not is_empty,
        legend={"orientation": "h", **above},
        margin={"t": 24, "r": 20},
    )
    # Left alone, Plotly writes halves between few epochs.
    step = 1 if n_epochs <= 10 else None
    figure.update_xaxes(range=[0, max(n_epochs, 1)], dtick=step)
    if is_empty:
        middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
        figure.add_annotation(text="Press Train", showarrow=False, **middle)
        figure.update_yaxes(range=[0, 1])
    return figure
