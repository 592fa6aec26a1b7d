"""What the next run begins with: fields of the plan, and what ends it by itself."""

from functools import partial
from typing import Any

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.training.limits import Limits
from pages.frame.session import choose, chosen, current, edit, tell
from pages.frame.widgets import bound, problem_at
from pages.shared.fields import field_widget

FIELDS = ("optimizer", "learning_rate", "batch_size", "epochs")
LIMITS = {
    "patience": "epochs without a lower validation loss",
    "target": "this score",
    "seconds": "seconds of training",
}


def plan_fields(experiment: Experiment) -> None:
    """Draws fields of the plan, with which the next run or fork begins."""
    with st.container(horizontal=True):  # two in a row on a phone
        for name in FIELDS:
            with st.container(width=165):
                field_widget(experiment.plan, name, f"train_{name}", _change)


def limit_fields() -> None:
    """Draws what ends a run before its last epoch, each of them empty at first."""
    with st.popover("Stop early ...", icon=":material/flag:", type="tertiary"):
        st.markdown("The run ends after its epochs, or sooner at")
        for name, label in LIMITS.items():
            key, value = f"limit_{name}", getattr(limits(), name)
            shown = None if value is None else float(value)
            tie = bound(key, shown, partial(_limit, name))
            st.number_input(label, format="%g", step=1.0, **tie)
            problem_at(key)


def limits() -> Limits:
    """Returns what a person has chosen to end the next run."""
    return chosen("limits", Limits())


def _change(**fields: Any) -> None:
    edit(plan=current().plan.model_dump() | fields)


def _limit(name: str, value: float | None) -> None:
    whole = int(value) if value is not None and name == "patience" else value
    try:
        choose("limits", limits().replace(**{name: whole}))
    except NetlibError as error:
        tell(error)
