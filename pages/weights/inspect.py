"""One layer in full: printed, as a heatmap, as a histogram, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from netlib.figures import histogram
from netlib.jobs.kept import SavedWeights
from netlib.model.network import Network
from netlib.model.structure import layer_tensors, reach
from netlib.model.weights import Array, printed, statistics
from pages.frame.follow import live_code
from pages.frame.plot import all_shown, plot
from pages.frame.session import choose, chosen, light, session
from pages.frame.views import Parts
from pages.frame.widgets import bound_default
from pages.shared.heatmaps import Map, one_map
from pages.shared.network import layer_weights, moment

HEIGHT = 640
Arrays = Mapping[str, Array]


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


def moment_picker(trained: SavedWeights | None, is_going_on: bool) -> bool:
    """Draws the choice between before and after training, and returns whether after."""
    if trained is None and not is_going_on:
        st.caption("Weights before training. Train on the Build page to compare.")
        return False
    choice = chosen("moment", "after")
    latest = "as it trains them" if is_going_on else moment(trained)
    st.segmented_control(
        f"Weights before training, or {latest}",
        required=True,
        **bound_default(
            "moment",
            choice,
            partial(choose, "moment"),
            ["before", "after"],
            lambda name: f"{name} training",
        ),
    )
    return choice == "after"


@dataclass(frozen=True)
class LayerView:
    """A layer's tensors, before training or after it."""

    network: Network
    index: int
    is_after: bool

    def draw(self, trained: SavedWeights | None, is_going_on: bool) -> dict[str, Map]:
        """Draws it: printed, in numbers, in pictures. Returns how its maps are drawn."""
        text, numbers = self._printed(trained), self._numbers(trained)
        left, right = st.columns([11, 10], gap="medium")
        with left:
            if is_going_on:
                live_code(text, "printed", HEIGHT)
            else:
                st.code(text, language=None, height=HEIGHT)
        with right:
            if is_going_on:
                live_code(_as_text(numbers), "numbers", 60 + 40 * len(self._names))
            else:
                _table(numbers, f"Statistics of the tensors of {self._spoken}")
            maps = self._draw_maps(trained)
            figure, alt = self._histogram(trained)
            plot(figure, "histogram", alt=alt, height=220)
        return maps

    def parts(self, trained: SavedWeights | None, maps: Mapping[str, Map]) -> Parts:
        """Returns what its parts show once it has been trained on."""
        weights, others = self._weights(trained)
        figures = {
            f"map_{tensor}_{self.index}": each.figure(weights[tensor], others[tensor])
            for tensor, each in maps.items()
        }
        return {
            "printed": {"text": self._printed(trained)},
            "numbers": {"text": _as_text(self._numbers(trained))},
            **all_shown(figures | {"histogram": self._histogram(trained)}),
        }

    @property
    def _spoken(self) -> str:
        return reach(self.network, self.index)

    @property
    def _names(self) -> Mapping[str, str]:
        return layer_tensors(self.network)[self.index]

    def _weights(self, trained: SavedWeights | None) -> tuple[Arrays, Arrays]:
        """Returns the tensors of the chosen moment, and of the other one."""
        both = (
            layer_weights(self.network, when)[self.index] for when in (None, trained)
        )
        first, last = both
        return (last, first) if self.is_after else (first, last)

    def _printed(self, trained: SavedWeights | None) -> str:
        arrays = trained.arrays if trained and self.is_after else None
        return printed(self.network, self.index, arrays)

    def _draw_maps(self, trained: SavedWeights | None) -> dict[str, Map]:
        weights, others = self._weights(trained)
        return {
            tensor: one_map(
                self._names[tensor], values, others[tensor], f"{tensor}_{self.index}"
            )
            for tensor, values in weights.items()
        }

    def _histogram(self, trained: SavedWeights | None) -> tuple[go.Figure, str]:
        tensor, values = next(iter(self._weights(trained)[0].items()))
        name = self._names[tensor]
        return histogram(values, f"{name}, values"), f"Histogram of {name}"

    def _numbers(self, trained: SavedWeights | None) -> pd.DataFrame:
        moments = [None, trained] if trained else [None]
        return pd.DataFrame.from_dict(
            {
                (name, moment(when)): vars(
                    statistics(layer_weights(self.network, when)[self.index][tensor])
                )
                for tensor, name in self._names.items()
                for when in moments
            },
            orient="index",
        )


def _table(numbers: pd.DataFrame, alt: str) -> None:
    form = st.column_config.NumberColumn(format="%.4g")
    names = ("mean", "deviation", "minimum", "maximum")
    st.dataframe(numbers, alt=alt, column_config=dict.fromkeys(names, form))


def _as_text(numbers: pd.DataFrame) -> str:
    return numbers.to_string(float_format="{:.4g}".format)
