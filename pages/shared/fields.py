"""A widget for any field of a record, built from the field's own rules."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from netlib.errors import Record, bounds, choices
from pages.frame.session import bound


def field_widget(
    record: Record, name: str, key: str, change: Callable[..., None], *args: Any
) -> None:
    """Draws one field; a new value is handed on as `change(*args, **{name: value})`."""
    field = type(record).model_fields[name]
    value, (low, high) = getattr(record, name), bounds(field)
    label = (field.title or name).removeprefix("as ").capitalize()
    common = bound(key, value, lambda new: change(*args, **{name: new}))
    if choices(field):
        st.selectbox(label, choices(field), **common)
    elif field.annotation is bool:
        st.toggle(label, **common)
    elif field.annotation is int:
        st.number_input(label, min_value=low, max_value=high, step=1, **common)
    else:
        number = {"min_value": float(low), "max_value": float(high), "format": "%g"}
        st.number_input(label, step=0.01 if high <= 1 else 0.001, **number, **common)
