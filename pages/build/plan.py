"""The form of the training plan."""

from typing import Any

import streamlit as st

from netlib.experiment import Experiment, TrainingPlan
from pages.frame.session import current, edit
from pages.shared.fields import field_widget


def plan_form(experiment: Experiment) -> None:
    """Draws the fields of the plan, built from their own rules."""
    with st.expander("Training plan"):
        for name in TrainingPlan.model_fields:
            if name != "momentum" or experiment.plan.optimizer == "sgd":
                field_widget(experiment.plan, name, f"plan_{name}", _change)


def _change(**fields: Any) -> None:
    edit(plan=current().plan.model_dump() | fields)
