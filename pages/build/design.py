"""The form in which a network is designed: sizes, a row a layer, undo."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.figures import layer_color
from netlib.spec.kinds import KINDS
from netlib.spec.layer import Layer
from netlib.spec.network import NetworkSpec, parse_widths
from pages.frame.looks import css
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
from pages.frame.widgets import bound, bound_index, once, problem_at
from pages.shared.fields import field_widget

MAIN_KINDS = [name for name, kind in KINDS.items() if not kind.is_activation]
ACTIVATIONS = [name for name, kind in KINDS.items() if kind.is_activation]
NO_ACTIVATION = "no activation"

Rows = list[list[Layer]]


def design_form(spec: NetworkSpec) -> None:
    """Draws the form; every change is one step of undo."""
    _head(spec)
    rows = _rows(spec)
    first = 0
    for number, row in enumerate(rows):
        _row(spec, rows, number, first)
        first += len(row)
    _adders()
    with st.expander("Name and initialisation"):
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
            _icon(icon, label, disabled, tie)
    problem_at("widths")


def _change_widths(text: str) -> None:
    try:
        spec = current().spec.with_widths(parse_widths(text))
    except NetlibError as error:
        tell(error)
    else:
        edit(spec=spec)


def _rows(spec: NetworkSpec) -> Rows:
    """Returns the layers in rows: a layer and the activation that follows it."""
    rows: Rows = []
    for layer in spec.layers:
        follows = rows and len(rows[-1]) == 1 and not rows[-1][0].is_activation
        if layer.is_activation and follows:
            rows[-1].append(layer)
        else:
            rows.append([layer])
    return rows


def _commit_rows(rows: Rows) -> None:
    edit_spec(layers=[layer for row in rows for layer in row])


def _change_row(change: Callable[[Rows, int], object], number: int) -> None:
    """Changes the rows as they stand when a button is pressed, not when it was drawn."""
    rows = _rows(current().spec)
    if number < len(rows):
        change(rows, number)
        _commit_rows(rows)


def _change_layer(index: int, **fields: Any) -> None:
    layers: list[Any] = list(current().spec.layers)
    layers[index] = layers[index].model_dump() | fields
    edit_spec(layers=layers)


def _change_kind(index: int, name: str) -> None:
    layers: list[Any] = list(current().spec.layers)
    kind, old = KINDS[name], layers[index]
    size = {kind.size_field: getattr(old, old.size_field)} if old.size_field else {}
    layers[index] = kind(**(size if kind.size_field else {}))
    edit_spec(layers=layers)


def _change_activation(number: int, name: str) -> None:
    rows = _rows(current().spec)
    rows[number][1:] = [] if name == NO_ACTIVATION else [KINDS[name]()]
    _commit_rows(rows)


def _row(spec: NetworkSpec, rows: Rows, number: int, index: int) -> None:
    row, main = rows[number], rows[number][0]
    color, here = layer_color(index), f".st-key-row_{number}"
    css(
        [
            f"{here}{{border-left:3px solid {color};padding-left:.6rem}}",
            f'{here} [data-testid="stHorizontalBlock"]{{flex-wrap:nowrap}}',
        ]
    )
    with st.container(key=f"row_{number}", gap="xsmall"):
        columns = st.columns([5, 3, 5] if main.size_field else [5, 8], gap="xsmall")
        with columns[0]:
            kinds = ACTIVATIONS if main.is_activation else MAIN_KINDS
            st.selectbox(
                f"Kind of {spec.stages[index].name}",
                label_visibility="collapsed",
                **bound_index(
                    f"kind_{number}", main.kind, partial(_change_kind, index), kinds
                ),
            )
        keys = [f"kind_{number}"]
        if main.size_field:
            keys.append(f"size_{index}")
            with columns[1]:
                _size(spec, index)
        if not main.is_activation:
            keys.append(f"activation_{number}")
            with columns[-1]:
                _activation(spec, row, number, index)
        problem_at(*keys)
        _row_buttons(spec, rows, number, index)


def _size(spec: NetworkSpec, index: int) -> None:
    layer = spec.layers[index]
    size = getattr(layer, layer.size_field)
    st.number_input(
        f"Units of {spec.stages[index].name}",
        label_visibility="collapsed",
        **bound(
            f"size_{index}",
            size,
            lambda new: _change_layer(index, **{layer.size_field: new}),
        ),
    )


def _activation(spec: NetworkSpec, row: list[Layer], number: int, index: int) -> None:
    chosen = row[1].kind if len(row) > 1 else NO_ACTIVATION
    st.selectbox(
        f"Activation after {spec.stages[index].name}",
        label_visibility="collapsed",
        **bound_index(
            f"activation_{number}",
            chosen,
            partial(_change_activation, number),
            [NO_ACTIVATION, *ACTIVATIONS],
        ),
    )


def _move(rows: Rows, number: int, step: int) -> None:
    rows.insert(number + step, rows.pop(number))


def _double(rows: Rows, number: int) -> None:
    rows.insert(number + 1, [layer.replace(name=None) for layer in rows[number]])


def _row_buttons(spec: NetworkSpec, rows: Rows, number: int, index: int) -> None:
    name, last = spec.stages[index].name, len(rows) - 1
    up, down = partial(_move, step=-1), partial(_move, step=1)
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        key=f"icons_{number}",
    ):
        st.markdown(f"`{name}`", width="stretch")
        for key, icon, label, change, disabled in (
            ("up", "arrow_upward", f"Move {name} up", up, not number),
            ("down", "arrow_downward", f"Move {name} down", down, number == last),
            ("double", "content_copy", f"Duplicate {name}", _double, False),
            ("remove", "delete", f"Remove {name}", list.pop, not last),
        ):
            act = partial(_change_row, change, number)
            _icon(icon, label, disabled, once(f"{key}_{number}", act))
        label = f"Options of {name}"
        with st.popover(label, icon=":material/tune:", type="tertiary", help=label):
            for offset in range(len(rows[number])):
                _options(spec, index + offset)


def _options(spec: NetworkSpec, index: int) -> None:
    layer, name = spec.layers[index], spec.stages[index].name
    st.markdown(f"**{layer.kind}** `{name}`")
    st.text_input(
        "Name in the code",
        placeholder=name,
        **bound(
            f"name_{index}",
            layer.name or "",
            lambda new: _change_layer(index, name=new or None),
        ),
    )
    problem_at(f"name_{index}")
    for field in type(layer).model_fields:
        if field not in ("kind", "name", layer.size_field):
            field_widget(layer, field, f"{field}_{index}", _change_layer, index)


def _adders() -> None:
    st.caption("Add before the last row")
    with st.container(horizontal=True, gap="xsmall"):
        for kind in MAIN_KINDS:
            st.button(
                kind,
                icon=":material/add:",
                key=f"add_{kind}",
                on_click=_add,
                args=(kind,),
            )


def _add(kind: str) -> None:
    rows = _rows(current().spec)
    new: list[Layer] = [KINDS[kind]()]
    if KINDS[kind].size_field:
        new.append(KINDS["ReLU"]())
    _commit_rows([*rows[:-1], new, rows[-1]])


def _icon(icon: str, label: str, disabled: bool, tie: dict[str, Any]) -> None:
    shortcut = tie.get("shortcut")
    st.button(
        label,
        icon=f":material/{icon}:",
        help=f"{label} ({shortcut})" if shortcut else label,
        type="tertiary",
        disabled=disabled,
        **tie,
    )
