"""A function of one value beside its derivative."""

import plotly.graph_objects as go

from netlib.figures.base import NEGATIVE, POSITIVE, Floats, framed


def function_curve(x: Floats, value: Floats, derivative: Floats) -> go.Figure:
    """Draws a function and its derivative, both (n,), over `x`."""
    traces = [
        go.Scatter(
            x=x,
            y=y,
            name=name,
            mode="lines",
            line={"color": color, "width": 2, "dash": dash},
            hovertemplate="%{y:.3g}",
        )
        for name, y, color, dash in (
            ("value", value, POSITIVE, "solid"),
            ("derivative", derivative, NEGATIVE, "dash"),
        )
    ]
    figure = framed(traces, "", "", "", revision="")
    above = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    figure.update_layout(hovermode="x unified", legend=above, margin={"t": 24})
    return figure
