"""Weight heatmaps, reduced in blocks where a matrix is too large to send whole."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from netlib.experiment import Experiment
from netlib.figures import heatmap, largest, reduce_blocks
from netlib.jobs.run import Run
from netlib.model.network import Network
from netlib.model.weights import Array
from pages.frame.follow import live_text
from pages.frame.plot import all_shown, plot
from pages.frame.session import choose, chosen
from pages.frame.views import Parts
from pages.frame.widgets import bound
from pages.shared.job import live
from pages.shared.network import layer_weights, moment, trained_weights

MOST_MAPS = 6
SIDE = 256
SECONDS_BETWEEN_MAPS = 1.0  # weights change slowly, and drawing them costs an edit time


@dataclass(frozen=True)
class Map:
    """How a tensor is drawn: whole or in blocks, or as the exact crop at a corner.

    It shares the scale of its colours with itself at another moment.
    """

    title: str
    corner: tuple[int, int] | None

    def figure(self, values: Array, other: Array) -> tuple[go.Figure, str]:
        """Returns the figure and its words."""
        blocks, block = _part(values, self.corner)
        limit = largest(np.stack((blocks, _part(other, self.corner)[0])))
        drawn = blocks if values.ndim > 1 else blocks[0]
        figure = heatmap(drawn, self.title, block, self.corner or (0, 0), limit)
        return figure, (
            f"Heatmap of {self.title}, shape {values.shape}, values from "
            f"{values.min():.3g} to {values.max():.3g}"
        )


def heatmaps(
    network: Network, run: Run | None, experiment: Experiment, lit: int | None
) -> None:
    """Draws the latest weight matrices: of the lit layer, or of the first layers."""
    trained = trained_weights(run, experiment)
    weights, first = layer_weights(network, trained), layer_weights(network, None)
    stages = network.source.spec.stages
    matrices = [
        stage.index
        for stage in stages
        if weights[stage.index].get("weight") is not None
    ]
    shown = [lit] if lit in matrices else matrices[:MOST_MAPS]
    live_text(f"Weights {moment(trained)}", "moment")
    if not matrices:
        st.caption("This network has no weights.")
        return
    grid, maps = st.grid(min_column_width=280), {}
    for index in shown:
        name = f"{stages[index].name}.weight"
        with grid.cell():
            pair = weights[index]["weight"], first[index]["weight"]
            maps[index] = one_map(name, *pair, f"weight_{index}")

    def draw() -> Parts:
        trained = trained_weights(run, experiment)
        weights = layer_weights(network, trained)
        figures = {
            f"map_weight_{index}": each.figure(
                weights[index]["weight"], first[index]["weight"]
            )
            for index, each in maps.items()
        }
        return {"moment": {"text": f"Weights {moment(trained)}"}} | all_shown(figures)

    live(run, "maps", draw, SECONDS_BETWEEN_MAPS)
    if len(shown) < len(matrices):
        st.caption(
            f"{len(shown)} of {len(matrices)} layers with weights; "
            "light a layer up to see its own, click it again to see the first."
        )


def one_map(title: str, values: Array, other: Array, key: str) -> Map:
    """Draws one tensor: whole, in blocks, or an exact crop where the person asks.

    `other` is the tensor at another moment. Returns how it is drawn.
    """
    matrix = _as_matrix(values)
    if values.ndim > 2:
        sides = f"{_product(values)}: drawn as {_product(matrix)}"
        st.caption(f"{sides}, the first dimension by all others together.")
    is_large = max(matrix.shape) > SIDE
    exact = is_large and _is_exact(f"exact_{key}")
    row = column = 0
    if exact:
        with st.container(horizontal=True):
            row = _corner("First output", f"row_{key}", matrix.shape[0])
            column = _corner("First input", f"column_{key}", matrix.shape[1])
    drawn = Map(title, (row, column) if exact else None)
    figure, alt = drawn.figure(values, other)
    plot(figure, f"map_{key}", alt=alt, height=260 if values.ndim > 1 else 120)
    if is_large:
        blocks, block = _part(values, drawn.corner)
        whole = _product(values)
        rows, columns = blocks.shape
        st.caption(
            f"{whole}: rows {row} to {row + rows - 1} and columns {column} to "
            f"{column + columns - 1}, value for value."
            if exact
            else f"{whole}: each cell is the mean of {block[0]} x {block[1]} values."
        )
    return drawn


def _part(
    values: Array, corner: tuple[int, int] | None
) -> tuple[Array, tuple[int, int]]:
    """Returns the crop at `corner`, or means of blocks, and the size of a block."""
    matrix = _as_matrix(values)
    if corner:
        row, column = corner
        matrix = matrix[row : row + SIDE, column : column + SIDE]
    return reduce_blocks(matrix, SIDE)


def _as_matrix(values: Array) -> Array:
    """Returns the first dimension by all others together, a vector as one row."""
    return values.reshape(len(values) if values.ndim > 1 else 1, -1)


def _product(values: Array) -> str:
    return " x ".join(map(str, values.shape))


def _is_exact(key: str) -> bool:
    exact = chosen(key, False)
    st.toggle("Exact crop", **bound(key, exact, partial(choose, key)))
    return exact


def _corner(label: str, key: str, size: int) -> int:
    last = max(size - SIDE, 0)
    corner = min(max(chosen(key, 0), 0), last)
    tie = bound(key, corner, partial(choose, key))
    st.number_input(f"{label}, 0 to {last}", disabled=not last, **tie)
    return corner
