"""Widgets that show the session's value, and tell only what a person has changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.frame.looks import plain, told
from pages.frame.session import choose, chosen, session

TURNS = 16  # keys that a widget has by turns: Streamlit keeps all it has ever seen


@dataclass
class Shown:
    """What a widget shows in the browser, and the key that tells it from all others.

    `tells` that its problems have a place beside it, see `problem_at`.
    """

    value: Any
    labels: Sequence[str] | None
    turn: int
    key: str
    tells: bool = False


def widget_value(key: str, default: Any = None) -> Any:
    """Returns the value of a widget, for use in its callback; see `session`."""
    return st.session_state.to_dict().get(key, default)


def bound(key: str, value: Any, change: Callable[[Any], None]) -> dict[str, Any]:
    """Returns what ties a field or a switch to a value of the session.

    The value is the widget's own default, so that it shows the value whenever the browser
    makes it, be it in a popover that is opened later. A value that a person gave to this
    very widget leaves it in place; with any other it is a new widget, by its key.
    """
    return {"value": value, **_tied(key, value, change, ())}


def bound_index(
    key: str,
    value: Any,
    change: Callable[[Any], None],
    options: Sequence[Any],
    label: Callable[[Any], str] = str,
) -> dict[str, Any]:
    """Returns what ties a select box to a value, see `bound`."""
    labels = [label(option) for option in options]
    return {
        "options": options,
        "format_func": label,
        "index": options.index(value),
        **_tied(key, value, change, labels),
    }


def bound_default(
    key: str,
    value: Any,
    change: Callable[[Any], None],
    options: Sequence[Any],
    label: Callable[[Any], str] = str,
) -> dict[str, Any]:
    """Returns what ties pills, segments or a multiple choice to a value, see `bound`."""
    labels = [label(option) for option in options]
    return {
        "options": options,
        "format_func": label,
        "default": value,
        **_tied(key, value, change, labels),
    }


def bound_tabs(key: str, labels: Sequence[str]) -> Sequence[Any]:
    """Draws tabs that stay as a person left them, and returns them; one is `open`."""
    first = chosen(key, labels[0])
    tied = _tied(key, first, partial(choose, key), labels)
    return st.tabs(labels, default=first, **tied)


def _tied(
    key: str, value: Any, change: Callable[[Any], None], labels: Sequence[str]
) -> dict[str, Any]:
    shown = _shown(key, value, labels)

    def on_change() -> None:
        new = widget_value(shown.key, shown.value)
        if new != shown.value:
            shown.value = new
            _hand_on(new, change, key)

    return {"key": shown.key, "on_change": on_change}


def bound_file(key: str, change: Callable[[bytes], None]) -> dict[str, Any]:
    """Returns what ties a place for a file, which is empty again for a new design."""
    shown = _shown(key, "the design of before", [session().written])

    def on_change() -> None:
        if file := widget_value(shown.key):
            _hand_on(file.getvalue(), change, key)

    return {"key": shown.key, "on_change": on_change}


def _hand_on(new: Any, change: Callable[[Any], None], key: str) -> None:
    """Hands a new value on; a problem that it makes is told beside its widget."""
    before = session().problem
    change(new)
    if session().problem is not before and session().shown[key].tells:
        session().place = key


def problem_at(*keys: str) -> None:
    """Tells what one of these widgets was refused, and which value stays in force."""
    kept = session()
    for key in keys:
        shown = kept.shown[key]
        shown.tells = True
        if kept.problem and kept.place == key:
            with st.container(key="problem_here"):
                in_force = plain(str(shown.value) or "none")
                st.error(f"{told(kept.problem)} Still in force: {in_force}.")


def _shown(key: str, value: Any, labels: Sequence[str] = ()) -> Shown:
    """Returns the widget that shows `value`: the one there is, or else a new one.

    The labels belong to it, because the browser tells a choice by its label.
    """
    kept = session()
    shown = kept.shown.get(key)
    if shown is None or (shown.value, shown.labels) != (value, labels):
        turn = (shown.turn + 1) % TURNS if shown else 0
        shown = Shown(value, labels, turn, f"{key}-{kept.token}{turn:x}")
        kept.shown[key] = shown
    return shown


def once(key: str, act: Callable[[], None]) -> dict[str, Any]:
    """Returns what ties a button to the arrangement of layers that it is drawn for.

    A second click that was sent before the first was answered is one on a button that is
    gone, and does nothing. A field that was edited in the same moment changes no
    arrangement, whichever of the two Streamlit calls first.
    """
    shown = _shown(key, session().arrangement)

    def on_click() -> None:
        if session().arrangement == shown.value:
            act()

    return {"key": shown.key, "on_click": on_click}
