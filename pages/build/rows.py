"""The rows of the design: a layer and the activation that follows it, with its options."""

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from netlib.figures import layer_color
from netlib.spec.kinds import KINDS
from netlib.spec.layer import Layer
from netlib.spec.network import NetworkSpec
from pages.frame.looks import css
from pages.frame.session import current, edit_spec, session
from pages.frame.widgets import bound, bound_index, once, problem_at
from pages.shared.fields import field_widget

MAIN_KINDS = [name for name, kind in KINDS.items() if not kind.is_activation]
ACTIVATIONS = [name for name, kind in KINDS.items() if kind.is_activation]
NO_ACTIVATION = "no activation"

Rows = list[list[Layer]]
Places = dict[int, DeltaGenerator]


def layer_rows(spec: NetworkSpec) -> Places:
    """Draws a row a layer; returns places for the curves of activations, by layer."""
    rows = rows_of(spec)
    css(map(_looks, range(len(rows)), accumulate(map(len, rows), initial=0)))
    first, places = 0, {}
    for number, row in enumerate(rows):
        places |= _row(spec, rows, number, first)
        first += len(row)
    return places


def rows_of(spec: NetworkSpec) -> Rows:
    """Returns the layers in rows: a layer and the activation that follows it."""
    rows: Rows = []
    for layer in spec.layers:
        follows = rows and len(rows[-1]) == 1 and not rows[-1][0].is_activation
        if layer.is_activation and follows:
            rows[-1].append(layer)
        else:
            rows.append([layer])
    return rows


def commit_rows(rows: Rows) -> None:
    """Makes these the layers of the network."""
    session().arrangement += 1
    edit_spec(layers=[layer for row in rows for layer in row])


def _change_row(change: Callable[[Rows, int], object], number: int) -> None:
    """Changes the rows as they stand when a button is pressed, not when it was drawn."""
    rows = rows_of(current().spec)
    if number < len(rows):
        change(rows, number)
        commit_rows(rows)


def changed_layers(spec: NetworkSpec, index: int, **fields: Any) -> list[Any]:
    """Returns the layers of a network with other values of one of them."""
    layers: list[Any] = list(spec.layers)
    layers[index] = layers[index].model_dump() | fields
    return layers


def _change_layer(index: int, **fields: Any) -> None:
    edit_spec(layers=changed_layers(current().spec, index, **fields))


def _change_kind(index: int, name: str) -> None:
    layers: list[Any] = list(current().spec.layers)
    kind, old = KINDS[name], layers[index]
    size = {kind.size_field: getattr(old, old.size_field)} if old.size_field else {}
    layers[index] = kind(**(size if kind.size_field else {}))
    edit_spec(layers=layers)


def _change_activation(number: int, name: str) -> None:
    rows = rows_of(current().spec)
    rows[number][1:] = [] if name == NO_ACTIVATION else [KINDS[name]()]
    commit_rows(rows)


def _looks(number: int, index: int) -> str:
    """Returns the rules of a row that begins with a layer."""
    here = f".st-key-row_{number}"
    return (
        f"{here}{{border-left:3px solid {layer_color(index)};padding-left:.6rem}}"
        f'{here} [data-testid="stHorizontalBlock"]{{flex-wrap:nowrap}}'
    )


def _row(spec: NetworkSpec, rows: Rows, number: int, index: int) -> Places:
    row, main = rows[number], rows[number][0]
    with st.container(key=f"row_{number}", gap="xsmall"):
        columns = st.columns([4, 3, 6] if main.size_field else [5, 8], gap="xsmall")
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
        return _row_buttons(spec, rows, number, index)


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


def _row_buttons(spec: NetworkSpec, rows: Rows, number: int, index: int) -> Places:
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
            icon_button(icon, label, disabled, once(f"{key}_{number}", act))
        label = f"Options of {name}"
        with st.popover(label, icon=":material/tune:", type="tertiary", help=label):
            indices = range(index, index + len(rows[number]))
            places = {index: _options(spec, index) for index in indices}
    return {index: place for index, place in places.items() if place}


def _options(spec: NetworkSpec, index: int) -> DeltaGenerator | None:
    layer, name = spec.layers[index], spec.stages[index].name
    st.markdown(f"**{layer.kind}** `{name}`", help=type(layer).__doc__)
    place = st.container() if layer.is_elementwise else None
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
    return place


def icon_button(icon: str, label: str, disabled: bool, tie: dict[str, Any]) -> None:
    """Draws a button of an icon alone, with its words for who points at it or listens."""
    shortcut = tie.get("shortcut")
    st.button(
        label,
        icon=f":material/{icon}:",
        help=f"{label} ({shortcut})" if shortcut else label,
        type="tertiary",
        disabled=disabled,
        **tie,
    )
