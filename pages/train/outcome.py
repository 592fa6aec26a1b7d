"""What the run on show is of, and what can be had of it."""

import streamlit as st

from netlib.experiment import Experiment
from netlib.jobs.results import Run
from pages.shared.downloads import history_download


def remark(experiment: Experiment, run: Run | None) -> str:
    """Returns of what the run on show is, and whether that is the experiment as it stands."""
    name = f"{experiment.spec.title} on {experiment.data.name}"
    if run is None:
        return f"Trains {name}. Its design and data are those of Build."
    if run.experiment == experiment:
        return f"{name}, as on Build."
    return (
        f"On show: {run.experiment.spec.title} on {run.experiment.data.name}. The design, "
        "the data or the plan has changed since; Train anew, or a fork, takes it up."
    )


def outcome(run: Run | None) -> None:
    """Draws the curve's download, and the choice of the best weights once there is one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        history_download(run)
        told = run.snapshot() if run else None
        if run and told and not run.is_active and told.best_epoch is not None:
            is_taken = told.weights_epoch == told.best_epoch
            st.button(
                f"Take the weights of epoch {told.best_epoch:,}, the best",
                icon=":material/workspace_premium:",
                key="take_best",
                disabled=is_taken,
                on_click=run.take_best,
                help="Weights, Export and Compare have them in place of the last ones.",
            )
