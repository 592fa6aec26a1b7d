"""The form of the training plan."""

from typing import Any

import streamlit as st

from netlib.data.loader import Dataset
from netlib.errors import NetlibError
from netlib.experiment import Experiment, TrainingPlan
from netlib.source.optimizers import OPTIMIZERS
from pages.frame.session import current, edit
from pages.shared.fields import field_widget


def plan_form(experiment: Experiment, dataset: Dataset | NetlibError) -> None:
    """Draws the fields of the plan that matter here, built from their own rules."""
    is_regression = isinstance(dataset, Dataset) and dataset.task == "regression"
    idle = _options_of_others(experiment.plan)
    if not is_regression:
        idle.add("regression_loss")
    folded = st.expander("Training plan", key="plan", on_change="rerun")
    if folded.open:
        with folded:
            for name in TrainingPlan.model_fields:
                if name not in idle:
                    field_widget(experiment.plan, name, f"plan_{name}", _change)


def _options_of_others(plan: TrainingPlan) -> set[str]:
    """Returns the fields that other optimizers take, and the chosen one does not."""
    every = {option for row in OPTIMIZERS.values() for option in row.options}
    return every - set(OPTIMIZERS[plan.optimizer].options)


def _change(**fields: Any) -> None:
    edit(plan=current().plan.model_dump() | fields)
