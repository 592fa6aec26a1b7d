"""One layer in full: printed, as a heatmap, as a histogram, in numbers."""

from functools import partial

import pandas as pd
import streamlit as st

from netlib.figures import histogram
from netlib.jobs.results import SavedWeights
from netlib.model.network import Network
from netlib.model.structure import layer_tensors, reach
from netlib.model.weights import printed, statistics
from pages.frame.plot import plot
from pages.frame.session import choose, chosen, light, session
from pages.frame.widgets import bound_default
from pages.shared.heatmaps import one_map
from pages.shared.network import layer_weights, moment


def layer_picker(network: Network) -> int | None:
    """Draws the layers that have weights and returns the index of the chosen one."""
    tensors = layer_tensors(network)
    choices = [index for index, names in enumerate(tensors) if names]
    if not choices:
        return None
    lit = session().lit
    return st.pills(
        "Layer, as this style reaches it",
        required=True,
        **bound_default(
            "layer",
            lit if lit in choices else choices[0],
            light,
            choices,
            lambda index: reach(network, index),
        ),
    )


def moment_picker(trained: SavedWeights | None) -> SavedWeights | None:
    """Draws the choice between before and after training, and returns the chosen."""
    if trained is None:
        st.caption("Weights before training. Train on the Build page to compare.")
        return None
    choice = chosen("moment", "after")
    st.segmented_control(
        f"Weights before training, or {moment(trained)}",
        required=True,
        **bound_default(
            "moment",
            choice,
            partial(choose, "moment"),
            ["before", "after"],
            lambda name: f"{name} training",
        ),
    )
    return trained if choice == "after" else None


def printed_layer(network: Network, chosen: SavedWeights | None, index: int) -> None:
    """Draws the layer and its tensors as PyTorch prints them."""
    arrays = chosen.arrays if chosen else None
    st.code(printed(network, index, arrays), language=None, height=640)


def tensor_view(
    network: Network,
    trained: SavedWeights | None,
    chosen: SavedWeights | None,
    index: int,
) -> None:
    """Draws the heatmap, the histogram and the numbers of a layer's tensors."""
    spoken, names = reach(network, index), layer_tensors(network)[index]
    weights = layer_weights(network, chosen)[index]
    others = layer_weights(network, None if chosen else trained)[index]
    st.dataframe(
        _numbers(network, trained, index),
        alt=f"Statistics of the tensors of {spoken}",
        column_config={
            name: st.column_config.NumberColumn(format="%.4g")
            for name in ("mean", "deviation", "minimum", "maximum")
        },
    )
    for tensor, values in weights.items():
        one_map(names[tensor], values, others[tensor], f"{tensor}_{index}")
    first, values = next(iter(weights.items()))
    plot(
        histogram(values, f"{names[first]}, values"),
        "histogram",
        alt=f"Histogram of {names[first]}",
        height=220,
    )


def _numbers(
    network: Network, trained: SavedWeights | None, index: int
) -> pd.DataFrame:
    moments = [None, trained] if trained else [None]
    return pd.DataFrame.from_dict(
        {
            (name, moment(when)): vars(
                statistics(layer_weights(network, when)[index][tensor])
            )
            for tensor, name in layer_tensors(network)[index].items()
            for when in moments
        },
        orient="index",
    )
