"""What all figures share: colours, the frame of a figure, the size of its values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

Floats = npt.NDArray[np.floating[Any]]

# Each is at least 3:1 against the page in both themes, and as far from the others as that
# allows. Their number is odd: layers by turns with activations get all of them.
LAYER_COLORS = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#007800",  # green
    "#B43CA5",  # magenta
    "#876900",  # ochre
    "#1E96FF",  # azure
    "#C31E3C",  # crimson
    "#1E9696",  # teal
    "#784BD2",  # violet
    "#2DA51E",  # leaf green
    "#F05A87",  # pink
    "#9687B4",  # lavender
    "#96965A",  # olive
    "#D269E1",  # orchid
    "#785A87",  # plum
)
NEGATIVE, ZERO, POSITIVE = "#D55E00", "#808080", "#2388CC"
# Of two classes the second is the one that a positive output speaks for.
CLASS_COLORS = (
    NEGATIVE,
    POSITIVE,
    "#007800",  # green
    "#B43CA5",  # magenta
    "#876900",  # ochre
    "#784BD2",  # violet
    "#1E9696",  # teal
    "#F05A87",  # pink
    "#785A87",  # plum
    "#96965A",  # olive
)


def layer_color(index: int) -> str:
    """Returns the colour of a layer as `#RRGGBB`; colours repeat after fifteen."""
    return LAYER_COLORS[index % len(LAYER_COLORS)]


def class_color(index: int) -> str:
    """Returns the colour of a class as `#RRGGBB`; colours repeat after ten."""
    return CLASS_COLORS[index % len(CLASS_COLORS)]


def pale(color: str, alpha: float) -> str:
    """Returns `#RRGGBB` as an rgba colour of that opacity, 0 to 1."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


# Zero is a faint grey, not white: it rests on a light and on a dark page, and a value
# that is not a number shows as a hole.
DIVERGING = [[0.0, NEGATIVE], [0.5, pale(ZERO, 0.12)], [1.0, POSITIVE]]


def framed(
    traces: Sequence[Any], title: str, x_name: str, y_name: str, revision: str
) -> go.Figure:
    """Returns a figure without Plotly's looks; a zoom lives as long as `revision`."""
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


def largest(values: Floats) -> float:
    """Returns the largest finite magnitude, 1 where there is none above 0."""
    magnitudes = np.abs(values[np.isfinite(values)])
    return float(magnitudes.max(initial=0.0)) or 1.0
