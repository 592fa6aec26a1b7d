"""The fields of the plan that matter most here, and of what the run on show is."""

from typing import Any

import streamlit as st

from netlib.experiment import Experiment
from netlib.jobs.results import Run
from pages.frame.session import current, edit
from pages.shared.fields import field_widget

FIELDS = ("optimizer", "learning_rate", "batch_size", "epochs")


def plan_fields(experiment: Experiment) -> None:
    """Draws fields of the plan, with which the next run or fork begins."""
    for column, name in zip(st.columns(len(FIELDS)), FIELDS):
        with column:
            field_widget(experiment.plan, name, f"train_{name}", _change)


def _change(**fields: Any) -> None:
    edit(plan=current().plan.model_dump() | fields)


def remark(experiment: Experiment, run: Run | None) -> str:
    """Returns of what the run on show is, where it is not the experiment as it stands."""
    name = f"{experiment.spec.title} on {experiment.data.name}"
    if run is None:
        return f"Trains {name}. Its design and data are those of Build."
    if run.experiment == experiment:
        return f"{name}, as on Build."
    return (
        f"On show: {run.experiment.spec.title} on {run.experiment.data.name}. The design, "
        "the data or the plan has changed since; Train anew, or a fork, takes it up."
    )
