"""A run from the initial weights of another, in another style or with other activations."""

from functools import partial

import streamlit as st

from netlib.experiment import Experiment
from netlib.jobs.run import Run
from netlib.source.styles import STYLES
from netlib.spec.kinds import KINDS
from netlib.training.cures import hidden_activations, with_activation
from pages.frame.session import choose, chosen, current, edit
from pages.frame.widgets import bound_index
from pages.train.control import fork

# Those that work on each value alone and have no weights to begin with.
ACTIVATIONS = [
    kind
    for kind, row in KINDS.items()
    if row.is_activation
    and row().output in ("values", "limited", "probability")
    and not row().weights((1,))
]


def fork_form(experiment: Experiment, run: Run | None) -> None:
    """Draws the choice of a style and an activation, and the button that forks."""
    if run is None:
        return
    with st.popover(
        "Same weights in ...", icon=":material/fork_right:", type="tertiary"
    ):
        st.markdown("A run from the initial weights of the one on show.")
        style, activation = fork_choice(experiment)
        titles = {name: row.title for name, row in STYLES.items()}
        keep = partial(choose, "fork_style")
        tie = bound_index("fork_style", style, keep, list(STYLES), titles.__getitem__)
        st.selectbox("Style", **tie)
        if activation:
            keep = partial(choose, "fork_activation")
            tie = bound_index("fork_activation", activation, keep, ACTIVATIONS)
            st.selectbox("Activation of the hidden layers", **tie)
        st.button(
            "Begin from these weights",
            key="fork_start",
            disabled=0 not in run.snapshot().kept,
            on_click=_fork_start,
            help="Once the run pauses or has ended.",
        )


def fork_choice(experiment: Experiment) -> tuple[str, str]:
    """Returns the chosen style and activation, "" where no hidden layer has one."""
    hidden = hidden_activations(experiment.spec)
    first = experiment.spec.layers[hidden[0]].kind if hidden else ""
    own = first if first in ACTIVATIONS else ACTIVATIONS[0]
    style = chosen("fork_style", experiment.style)
    return style, chosen("fork_activation", own) if hidden else ""


def _fork_start() -> None:
    style, activation = fork_choice(current())
    spec = current().spec
    edit(style=style, spec=with_activation(spec, activation) if activation else spec)
    fork(0)
