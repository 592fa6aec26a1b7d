"""The one experiment of a session: read, edited in callbacks, undone, kept in the URL."""

import re
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment

MOST_UNDOS = 200
LATE = 1.0  # seconds in which a message may still carry what an edit has replaced


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
    kept["problem"] = None
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
        session()["problem"] = error


def edit_spec(**fields: Any) -> None:
    """Changes fields of the network, or keeps it and tells which rule they break."""
    try:
        spec = current().spec.replace(**fields)
    except NetlibError as error:
        session()["problem"] = error
    else:
        edit(spec=spec)


def undo() -> None:
    """Takes the last change back, if there is one."""
    kept = session()
    if kept["past"]:
        *past, last = kept["past"]
        future = [current(), *kept["future"]]
        kept.update(past=past, future=future, experiment=last, problem=None)


def redo() -> None:
    """Makes the change again that was taken back last, if there is one."""
    kept = session()
    if kept["future"]:
        following, *future = kept["future"]
        past = [*kept["past"], current()]
        kept.update(past=past, future=future, experiment=following, problem=None)


def bound(key: str, value: Any, change: Callable[[Any], None]) -> dict[str, Any]:
    """Returns what ties a widget to a value: its key, seeded, and what a change does.

    On a page switch Streamlit calls back for every widget of the page that is left,
    whether it was changed or not: only a value other than the one drawn is a change.
    Nor is it one if the browser has not heard yet that the value was replaced.
    """
    old = st.session_state.get(key, ...)
    if old != value:
        if old is not ...:
            session()["replaced"][key] = (old, time.monotonic())
        st.session_state[key] = value

    def on_change() -> None:
        new = widget_value(key, value)
        if new != value and not _is_late(key, new):
            change(new)

    return {"key": key, "on_change": on_change}


def _is_late(name: str, value: Any) -> bool:
    """Tells whether a message came from before `value` of `name` was replaced."""
    old, moment = session()["replaced"].get(name, (..., 0))
    return value == old and time.monotonic() < moment + LATE


def read_address(page: str) -> None:
    """Takes the experiment from the address where the address wins.

    It wins on a session's first run, and when it changes on the same page (the browser's
    Back). On a page switch the session wins: a link that was drawn before the last edit
    carries the design before it, and Back must not bring that one up either. Nor must a
    click that was sent before the browser had heard of the edit's address.
    """
    link, kept = st.query_params.get("design", ""), session()
    if "experiment" not in kept:
        kept.update(experiment=Experiment(), past=[], future=[], problem=None)
        kept.update(run=st.query_params.get("run", ""), written="", page="")
        kept.update(stale=set(), replaced={})
        _open(link)
    is_known = link == kept["written"] or (page, link) in kept["stale"]
    if kept["page"] == page and not is_known and not _is_late("design", link):
        _open(link)
    if link == kept["written"]:
        kept["replaced"].pop("design", None)


def write_address(page: str) -> None:
    """Puts the experiment and the run of the session into the address."""
    link, kept = st.query_params.get("design", ""), session()
    if kept["run"] != st.query_params.get("run", ""):
        _write("run", kept["run"])
    new = "" if current() == Experiment() else current().to_link()
    is_switch = kept["page"] != page
    is_owed = is_switch or _is_late("design", link) or new != kept["written"]
    if new != link and is_owed:
        if is_switch:
            kept["stale"].add((page, link))
        kept["replaced"]["design"] = (link, time.monotonic())
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
        session()["problem"] = error


def _write(name: str, value: str) -> None:
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
