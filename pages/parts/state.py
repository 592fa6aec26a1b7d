"""The one experiment of a session: read, edited in callbacks, undone, kept in the URL."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from netlib.errors import NetlibError
from netlib.experiment import Experiment

MOST_UNDOS = 200
TURNS = 16  # keys that a widget has by turns: Streamlit keeps all it has ever seen


@dataclass
class Shown:
    """What a widget shows in the browser, and the key that tells it from all others."""

    value: Any
    labels: Sequence[str] | None
    turn: int
    key: str


def session() -> dict[str, Any]:
    """Returns what the app keeps for a person, apart from the values of widgets.

    A plain dict, so that a callback can use it to the end: at any other access to
    `st.session_state` Streamlit ends a callback once another message has come, such as
    the click that followed an edit, and the edit would be lost.
    """
    state = st.session_state
    return state.to_dict().get("session") or state.setdefault("session", {})


def widget_value(key: str, default: Any = None) -> Any:
    """Returns the value of a widget, for use in its callback; see `session`."""
    return st.session_state.to_dict().get(key, default)


def current() -> Experiment:
    """Returns the experiment as it stands."""
    return session()["experiment"]


def commit(experiment: Experiment) -> None:
    """Makes `experiment` the current one; the one before can be had back by undo."""
    kept = session()
    tell(None)
    if experiment != current():
        past = [*kept["past"], current()][-MOST_UNDOS:]
        kept.update(past=past, future=[], experiment=experiment)


def edit(**fields: Any) -> None:
    """Changes fields of the experiment, or keeps it and tells which rule they break."""
    try:
        experiment = current().replace(**fields)
        experiment.to_link()  # what no link can hold would be lost at a reload
        commit(experiment)
    except NetlibError as error:
        tell(error)


def edit_spec(**fields: Any) -> None:
    """Changes fields of the network, or keeps it and tells which rule they break."""
    try:
        spec = current().spec.replace(**fields)
    except NetlibError as error:
        tell(error)
    else:
        edit(spec=spec)


def tell(problem: NetlibError | None, draft: str = "") -> None:
    """Makes `problem` the one that the page tells; `draft` are the widths it is of."""
    session().update(problem=problem, draft=draft)


def undo() -> None:
    """Takes the last change back, if there is one."""
    kept = session()
    if kept["past"]:
        *past, last = kept["past"]
        future = [current(), *kept["future"]]
        kept.update(past=past, future=future, experiment=last)
        tell(None)


def redo() -> None:
    """Makes the change again that was taken back last, if there is one."""
    kept = session()
    if kept["future"]:
        following, *future = kept["future"]
        past = [*kept["past"], current()]
        kept.update(past=past, future=future, experiment=following)
        tell(None)


def chosen(key: str, first: Any) -> Any:
    """Returns a choice that is no part of the experiment; at first it is `first`."""
    return session()["choices"].get(key, first)


def choose(key: str, value: Any) -> None:
    """Keeps a choice for the session."""
    session()["choices"][key] = value


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


def _tied(
    key: str, value: Any, change: Callable[[Any], None], labels: Sequence[str]
) -> dict[str, Any]:
    shown = _shown(key, value, labels)

    def on_change() -> None:
        new = widget_value(shown.key, shown.value)
        if new != shown.value:
            shown.value = new
            change(new)

    return {"key": shown.key, "on_change": on_change}


def _shown(key: str, value: Any, labels: Sequence[str] = ()) -> Shown:
    """Returns the widget that shows `value`: the one there is, or else a new one.

    The labels belong to it, because the browser tells a choice by its label.
    """
    kept = session()
    shown = kept["shown"].get(key)
    if shown is None or (shown.value, shown.labels) != (value, labels):
        turn = (shown.turn + 1) % TURNS if shown else 0
        shown = Shown(value, labels, turn, f"{key}-{kept['token']}{turn:x}")
        kept["shown"][key] = shown
    return shown


def once(key: str, act: Callable[[], None]) -> dict[str, Any]:
    """Returns what ties a button to the design it is drawn for.

    A second click that was sent before the first was answered is one on a button that is
    gone, and does nothing.
    """
    shown = _shown(key, current())

    def on_click() -> None:
        if current() == shown.value:
            act()

    return {"key": shown.key, "on_click": on_click}


def read_address(page: str) -> None:
    """Takes the experiment from the address where the address wins.

    It wins on a session's first run, and on the browser's Back within a page. A click may
    carry the address before the last edit, which the browser had not heard of; so may a
    link to another page, and Back must not bring that one up either.
    """
    link, kept = st.query_params.get("design", ""), session()
    if "experiment" not in kept:
        kept.update(experiment=Experiment(), past=[], future=[])
        kept.update(run=st.query_params.get("run", ""), written="", page="")
        kept.update(shown={}, choices={}, stale=set(), token=secrets.token_hex(4))
        _open(link)
    is_known = link == kept["written"] or (page, link) in kept["stale"]
    if kept["page"] == page and not is_known and _goes_back():
        _open(link)
    if kept["page"] != page:
        for shown in kept["shown"].values():
            shown.labels = None  # no widget of the page that is left is drawn again


def write_address(page: str) -> None:
    """Puts the experiment and the run of the session into the address."""
    link, kept = st.query_params.get("design", ""), session()
    if kept["run"] != st.query_params.get("run", ""):
        _write("run", kept["run"])
    new = "" if current() == Experiment() else current().to_link()
    if new != link:
        if kept["page"] != page:
            kept["stale"].add((page, link))
        _write("design", new)
    kept.update(page=page, written=new)


def address() -> dict[str, str]:
    """Returns the parameters that a link to another page carries on."""
    kept = session()
    parameters = {"design": kept["written"], "run": kept["run"]}
    return {name: value for name, value in parameters.items() if value}


def plain(text: str) -> str:
    """Returns text that markdown shows as it is, whatever a person wrote in it."""
    return re.sub(r"([\\`*_\[\]<>$~|#!])", r"\\\1", text)


def told(error: NetlibError) -> str:
    """Returns what a page says of an error: its text and what to do next."""
    return plain(f"{error} {error.advice}".strip())


def _open(link: str) -> None:
    try:
        commit(Experiment.from_link(link) if link else Experiment())
    except NetlibError as error:
        commit(Experiment())
        tell(error)


def _goes_back() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _write(name: str, value: str) -> None:
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
