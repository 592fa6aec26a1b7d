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
from netlib.figures.points import class_points, pictures, value_points

__all__ = [
    "NEGATIVE", "POSITIVE", "Column", "class_points", "diagram", "function_curve",
    "heatmap", "histogram", "intervals", "largest", "layer_color", "loss_curves",
    "overlaid", "pale", "pictures", "reduce_blocks", "score_curve", "value_points",
]  # fmt: skip
