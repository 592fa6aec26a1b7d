"""Plotly figures from plain values; text, grid and background colours are the page's."""

from netlib.figures.base import NEGATIVE, POSITIVE, largest, layer_color, pale
from netlib.figures.charts import (
    heatmap,
    histogram,
    intervals,
    loss_curves,
    overlaid,
    reduce_blocks,
    score_curve,
)
from netlib.figures.diagram import Column, diagram
from netlib.figures.functions import function_curve

__all__ = [
    "NEGATIVE", "POSITIVE", "Column", "diagram", "function_curve", "heatmap",
    "histogram", "intervals", "largest", "layer_color", "loss_curves", "overlaid",
    "pale", "reduce_blocks", "score_curve",
]  # fmt: skip
