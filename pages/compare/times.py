"""How long a training step takes in each style."""

import pandas as pd
import streamlit as st

from netlib.experiment import Experiment
from netlib.figures import intervals
from netlib.jobs.errand import Errand, ErrandSnapshot
from netlib.jobs.protocol import TimeSteps
from netlib.source.styles import STYLES
from pages.frame.plot import plot
from pages.shared.code import title
from pages.shared.job import errand_view

ROUNDS, STEPS = 20, 20


def times_view(experiment: Experiment) -> None:
    """Draws the button that measures a training step in each style, and the figures."""
    request = TimeSteps(
        spec=experiment.spec,
        styles=tuple(STYLES),
        seed=experiment.seed,
        rounds=ROUNDS,
        steps=STEPS,
    )
    label = f"Measure a training step in {len(STYLES)} styles"
    errand_view("times", label, request, _times)


def _times(_: Errand, done: ErrandSnapshot) -> None:
    times = {title(style): time for style, time in done.result.items()}
    first = next(iter(times))
    grid = st.grid(2, min_column_width=480)
    with grid.cell():
        spreads = {label: tuple(time["microseconds"]) for label, time in times.items()}
        plot(
            intervals(spreads, "A training step: median and quartiles", "microseconds"),
            "times",
            alt="Microseconds of a training step by style, median and quartiles",
            height=90 + 36 * len(times),
        )
    with grid.cell():
        table = {
            label: {
                "microseconds": _spread(time["microseconds"], ".0f"),
                f"against {first}": _spread(time["ratio"], ".3f"),
                "shown": time["verdict"],
            }
            for label, time in times.items()
        }
        st.dataframe(
            pd.DataFrame.from_dict(table, orient="index"),
            alt="Microseconds of a training step by style",
        )
    st.caption(
        f"{ROUNDS} rounds by turns, {STEPS} steps of Adam on 32 rows each, on this server "
        "now; medians with quartiles in brackets. A difference is claimed only where a "
        "sign test over the paired rounds supports it at 5 %, all styles together."
    )


def _spread(values: list[float], form: str) -> str:
    low, middle, high = values
    return f"{middle:{form}} [{low:{form}}-{high:{form}}]"
