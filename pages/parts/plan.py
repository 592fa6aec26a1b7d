"""The form of the training plan."""

from typing import Any

import streamlit as st

from netlib.experiment import Experiment, TrainingPlan
from pages.parts.fields import field_widget
from pages.parts.state import current, edit


def plan_form(experiment: Experiment) -> None:
    """Draws the fields of the plan, built from their own rules."""
    with st.expander("Training plan"):
        for name in TrainingPlan.model_fields:
            if name != "momentum" or experiment.plan.optimizer == "sgd":
                field_widget(experiment.plan, name, f"plan_{name}", _change)


def _change(**fields: Any) -> None:
    edit(plan=current().plan.model_dump() | fields)
