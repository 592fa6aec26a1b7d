"""The one experiment of a session: read, edited in callbacks, undone, kept in the URL."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment

STATE = st.session_state
MOST_UNDOS = 200


def current() -> Experiment:
    """Returns the experiment as it stands."""
    return STATE["experiment"]


def commit(experiment: Experiment) -> None:
    """Makes `experiment` the current one; the one before can be had back by undo."""
    STATE["problem"] = None
    if experiment != current():
        STATE["past"] = [*STATE["past"], current()][-MOST_UNDOS:]
        STATE["future"] = []
        STATE["experiment"] = experiment


def edit(**fields: Any) -> None:
    """Changes fields of the experiment, or keeps it and tells which rule they break."""
    try:
        experiment = current().replace(**fields)
        experiment.to_link()  # what no link can hold would be lost at a reload
        commit(experiment)
    except NetlibError as error:
        STATE["problem"] = error


def edit_spec(**fields: Any) -> None:
    """Changes fields of the network, or keeps it and tells which rule they break."""
    try:
        spec = current().spec.replace(**fields)
    except NetlibError as error:
        STATE["problem"] = error
    else:
        edit(spec=spec)


def undo() -> None:
    """Takes the last change back, if there is one."""
    if not STATE["past"]:
        return
    *past, last = STATE["past"]
    STATE.update(past=past, future=[current(), *STATE["future"]], experiment=last)
    STATE["problem"] = None


def redo() -> None:
    """Makes the change again that was taken back last, if there is one."""
    if not STATE["future"]:
        return
    following, *future = STATE["future"]
    STATE.update(past=[*STATE["past"], current()], future=future, experiment=following)
    STATE["problem"] = None


def bound(key: str, value: Any, change: Callable[[Any], None]) -> dict[str, Any]:
    """Returns what ties a widget to a value: its key, seeded, and what a change does.

    On a page switch Streamlit calls back for every widget of the page that is left,
    whether it was changed or not: only a value other than the one drawn is a change.
    """
    if STATE.get(key, ...) != value:
        STATE[key] = value

    def on_change() -> None:
        if (new := STATE.get(key, value)) != value:
            change(new)

    return {"key": key, "on_change": on_change}


def synchronise(page: str) -> None:
    """Brings the session and the address together, whichever changed.

    The address wins on a session's first run, and when it changes on the same page (the
    browser's Back). On a page switch the session wins: a link that was drawn before the
    last edit carries the design before it, and Back must not bring that one up either.
    """
    link = st.query_params.get("design", "")
    is_first = "experiment" not in STATE
    if is_first:
        STATE.update(experiment=Experiment(), past=[], future=[], problem=None)
        STATE.update(run=st.query_params.get("run", ""), written="", stale=set())
    is_switch = is_first or STATE["page"] != page
    is_stale = (page, link) in STATE["stale"]
    if is_first or not (is_switch or is_stale or link == STATE["written"]):
        _open(link)
    new = design_link()
    if new != link and (is_switch or new != STATE["written"]):
        if is_switch:
            STATE["stale"].add((page, link))
        _write("design", new)
    if STATE["run"] != st.query_params.get("run", ""):
        _write("run", STATE["run"])
    STATE.update(page=page, written=new)


def design_link() -> str:
    """Returns the link of the current experiment, "" for the default one."""
    return "" if current() == Experiment() else current().to_link()


def address() -> dict[str, str]:
    """Returns the parameters that a link to another page carries on."""
    return {name: value for name, value in st.query_params.items() if value}


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
        STATE["problem"] = error


def _write(name: str, value: str) -> None:
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
