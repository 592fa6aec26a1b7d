"""The form in which a network is designed: sizes, a row a layer, undo."""

from functools import partial

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.spec.kinds import KINDS
from netlib.spec.layer import Layer
from netlib.spec.network import NetworkSpec, parse_widths
from pages.build.rows import (
    Places,
    commit_rows,
    icon_button,
    layer_rows,
    rows_of,
)
from pages.frame.session import (
    commit,
    current,
    edit,
    edit_spec,
    redo,
    session,
    tell,
    undo,
)
from pages.frame.widgets import bound, problem_at
from pages.shared.fields import field_widget

# The others are chosen in a row.
ADDED = ("Linear", "Dropout", "BatchNorm1d", "LayerNorm", "Flatten")


def design_form(spec: NetworkSpec) -> Places:
    """Draws the form; every change is one step of undo.

    Returns the places for the curves of its activations, by the index of the layer.
    """
    _head(spec)
    places = layer_rows(spec)
    _adders()
    folded = st.expander("Name and initialisation", key="naming", on_change="rerun")
    if folded.open:
        with folded:
            _naming(spec)
    return places


def _naming(spec: NetworkSpec) -> None:
    st.text_input(
        "Class name",
        **bound("class_name", spec.name, lambda name: edit_spec(name=name)),
    )
    problem_at("class_name")
    field_widget(current(), "seed", "seed", edit)
    st.caption("Weights are PyTorch's default, drawn after `torch.manual_seed`.")


def _head(spec: NetworkSpec) -> None:
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="xsmall", key="icons_head"
    ):
        st.text_input(
            "Widths, from input to output",
            **bound("widths", spec.title, _change_widths),
            help="Whole numbers joined by hyphens, commas, spaces or arrows: inputs, "
            "hidden layers, outputs.",
        )
        past, future = session().past, session().future
        default = partial(commit, Experiment())
        for key, icon, label, change, disabled, shortcut in (
            ("undo", "undo", "Undo", undo, not past, "Ctrl+Z"),
            ("redo", "redo", "Redo", redo, not future, "Ctrl+Shift+Z"),
            ("default", "restart_alt", "Back to the default", default, False, None),
        ):
            tie = {"key": key, "on_click": change, "shortcut": shortcut}
            icon_button(icon, label, disabled, tie)
    problem_at("widths")


def _change_widths(text: str) -> None:
    try:
        spec = current().spec.with_widths(parse_widths(text))
    except NetlibError as error:
        tell(error)
    else:
        edit(spec=spec)


def _adders() -> None:
    st.caption("Add before the last row")
    with st.container(horizontal=True, gap="xsmall"):
        for kind in ADDED:
            st.button(
                kind,
                icon=":material/add:",
                key=f"add_{kind}",
                on_click=_add,
                args=(kind,),
            )


def _add(kind: str) -> None:
    rows = rows_of(current().spec)
    new: list[Layer] = [KINDS[kind]()]
    if KINDS[kind].size_field:
        new.append(KINDS["ReLU"]())
    commit_rows([*rows[:-1], new, rows[-1]])
