"""When to choose which style: what each makes easy and hard, and what a step takes."""

from typing import Any

import pandas as pd
import streamlit as st

from netlib.experiment import Experiment
from netlib.figures import intervals
from netlib.jobs import Task
from pages.parts.plot import plot
from pages.parts.program import title
from pages.parts.task import task_view

ROUNDS, STEPS = 20, 20
EASY_AND_HARD = {
    "manual": (
        (
            "Every number is in sight: for a layer out of a paper, and to learn what a "
            "module does for you."
        ),
        (
            "No state_dict, no `.to(device)`, no `train()` and `eval()`: you write each, and "
            "you tell the optimiser what to optimise."
        ),
    ),
    "subclass": (
        "The forward pass is yours: branches, skips, several inputs. Layers have names.",
        (
            "A layer stands in two places, `__init__` and `forward`; `print` does not show "
            "activations that are calls."
        ),
    ),
    "sequential": (
        (
            "The shortest, and familiar from Keras: the list is the network, and an index "
            "reaches a layer."
        ),
        (
            "One way through, one input, one output. A layer put in between moves every "
            "index and key behind it."
        ),
    ),
    "ordered_dict": (
        (
            "Sequential with access by name: `model.fc2` stays `fc2` when a layer is put in "
            "before it."
        ),
        "One way through, and names to keep unique.",
    ),
    "mixed": (
        "Short where layers follow each other, and room in `forward` for what does not.",
        "Two places to read, longer keys: `layers.0.weight`.",
    ),
    "parameters": (
        (
            "A layer of your own that is a module all the same: state_dict, `.to`, `train()` "
            "work."
        ),
        "Shapes and initialisation are yours to get right; `print` shows nothing.",
    ),
    "modulelist": (
        "Widths are an argument: one class for many depths and sizes.",
        "`forward` must say what happens between layers; a loop hides which is which.",
    ),
}


def choice_table(styles: list[str]) -> None:
    """Draws what each style makes easy and what hard."""
    rows = [
        f"| **{title(style)}** | {easy} | {hard} |"
        for style in styles
        for easy, hard in [EASY_AND_HARD.get(style, ("", ""))]
    ]
    st.markdown("\n".join(["| | easy | hard |", "|---|---|---|", *rows]))


def times_view(experiment: Experiment, styles: list[str]) -> None:
    """Draws the button that measures a training step in each style, and the figures."""
    request = {
        "job": "time",
        "spec": experiment.spec.model_dump(mode="json"),
        "styles": styles,
        "seed": experiment.seed,
        "rounds": ROUNDS,
        "steps": STEPS,
    }
    task_view(
        "times", f"Measure a training step in {len(styles)} styles", request, _times
    )


def _times(_: Task, found: dict[str, Any]) -> None:
    first = title(next(iter(found)))
    plot(
        intervals(
            {
                title(style): tuple(told["microseconds"])
                for style, told in found.items()
            },
            "A training step: median and quartiles",
            "microseconds",
        ),
        "times",
        alt="Microseconds of a training step by style, median and quartiles",
        height=90 + 36 * len(found),
    )
    table = pd.DataFrame(
        {
            "microseconds": [
                _spread(told["microseconds"], ".0f") for told in found.values()
            ],
            f"against {first}": [
                _spread(told["ratio"], ".3f") for told in found.values()
            ],
            "shown": [told["verdict"] for told in found.values()],
        },
        index=[title(style) for style in found],
    )
    st.dataframe(table, alt="Microseconds of a training step by style")
    st.caption(
        f"{ROUNDS} rounds by turns, {STEPS} steps of Adam on 32 rows each, on this server "
        "now; medians with quartiles in brackets. A difference is claimed only where a "
        "sign test over the paired rounds supports it at 5 %, all styles together."
    )


def _spread(values: list[float], form: str) -> str:
    low, middle, high = values
    return f"{middle:{form}} [{low:{form}}-{high:{form}}]"
