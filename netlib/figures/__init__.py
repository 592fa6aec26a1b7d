"""Plotly figures from plain values; text, grid and background colours are the page's."""

from netlib.figures.base import (
    CLASS_COLORS,
    NEGATIVE,
    POSITIVE,
    largest,
    layer_color,
    pale,
)
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
from netlib.figures.evaluation import (
    confusion,
    importance_bars,
    predictions,
    threshold_curves,
)
from netlib.figures.functions import function_curve
from netlib.figures.pixels import pictures, weight_pictures
from netlib.figures.points import class_points, value_points

__all__ = [
    "CLASS_COLORS", "NEGATIVE", "POSITIVE", "Column", "class_points", "confusion", "diagram",
    "function_curve", "heatmap", "histogram", "importance_bars", "intervals", "largest",
    "layer_color", "loss_curves", "overlaid", "pale", "pictures", "predictions",
    "reduce_blocks", "score_curve", "threshold_curves", "value_points",
    "weight_pictures",
]  # fmt: skip
