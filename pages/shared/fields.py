"""A widget for any field of a record, built from the field's own rules."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from netlib.errors import Record, bounds, choices
from pages.frame.widgets import bound, bound_index, problem_at


def field_widget(
    record: Record, name: str, key: str, change: Callable[..., None], *args: Any
) -> None:
    """Draws one field; a new value is handed on as `change(*args, **{name: value})`.

    The browser is not told the bounds of a number: it would keep one out of bounds on show
    and send nothing, while the record says what it expects.
    """
    field = type(record).model_fields[name]
    value = getattr(record, name)
    label = (field.title or name).removeprefix("as ").capitalize()

    def change_field(new: Any) -> None:
        change(*args, **{name: new})

    if titles := choices(field):
        names, title = list(titles), titles.__getitem__
        st.selectbox(label, **bound_index(key, value, change_field, names, title))
    elif field.annotation is bool:
        st.toggle(label, **bound(key, value, change_field))
    elif field.annotation is int:
        st.number_input(label, step=1, **bound(key, value, change_field))
    else:
        step = 0.01 if bounds(field)[1] <= 1 else 0.001
        common = bound(key, float(value), change_field)
        st.number_input(label, step=step, format="%g", **common)
    problem_at(key)
