"""What the app keeps for a person: one experiment, its past, and how it is looked at."""

import secrets
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from pages.frame.views import Views

MOST_UNDOS = 200
MOST_RUNS = 20

_thread = threading.local()


@dataclass
class Session:
    """Everything about a person's visit but the values of widgets.

    `place` is the key of the widget that `problem` is told beside, "" for the top of the
    page; `lit` is the layer that shines; `run` is the id of the run on show, `runs` are
    those begun here, and `errands` other jobs by their place on a page. `choices` are about looking, not about
    the experiment. `shown` is what each widget of the page shows, by keys that hold the
    `token`; `page`, `written`, `stale` and `sent` are what is known of the address.
    `built` is the network of the page under its source and seed. `arrangement` counts how
    often its layers became others, or had another order. `views` are the parts of the page
    that follow a job.
    """

    experiment: Experiment = field(default_factory=Experiment)
    past: list[Experiment] = field(default_factory=list)
    future: list[Experiment] = field(default_factory=list)
    problem: NetlibError | None = None
    place: str = ""
    lit: int | None = None
    run: str = ""
    runs: list[str] = field(default_factory=list)
    errands: dict[str, str] = field(default_factory=dict)
    choices: dict[str, Any] = field(default_factory=dict)
    token: str = field(default_factory=partial(secrets.token_hex, 4))
    shown: dict[str, Any] = field(default_factory=dict)
    page: str = ""
    written: str = ""
    stale: set[tuple[str, str]] = field(default_factory=set)
    sent: dict[str, str] | None = None
    built: tuple[Any, Any] = (None, None)
    arrangement: int = 0
    views: Views = field(default_factory=Views)


def session() -> Session:
    """Returns the session of whoever looks at the page.

    One plain object, so that a callback can use it to the end: at any other access to
    `st.session_state` Streamlit ends a callback once another message has come, such as
    the click that followed an edit, and the edit would be lost. Looked up once a thread,
    which runs the script of one session: to look it up copies the state of all widgets.
    """
    if not hasattr(_thread, "session"):
        state = st.session_state
        kept = state.to_dict().get("session")
        _thread.session = kept or state.setdefault("session", Session())
    return _thread.session


def current() -> Experiment:
    """Returns the experiment as it stands."""
    return session().experiment


def commit(experiment: Experiment) -> None:
    """Makes `experiment` the current one; the one before can be had back by undo."""
    kept = session()
    tell(None)
    if experiment != current():
        kept.past, kept.future = [*kept.past, current()][-MOST_UNDOS:], []
        kept.arrangement += _kinds(experiment) != _kinds(current())
        kept.experiment = experiment


def _kinds(experiment: Experiment) -> list[str]:
    return [layer.kind for layer in experiment.spec.layers]


def edit(**fields: Any) -> None:
    """Changes fields of the experiment, or keeps it and tells which rule they break."""
    try:
        experiment = current().replace(**fields)
        experiment.to_link()  # what no link can hold would be lost at a reload
        commit(experiment)
    except NetlibError as error:
        tell(error)


def open_design(content: bytes) -> None:
    """Takes the experiment of a design's file, or keeps its own and tells what is wrong."""
    try:
        commit(Experiment.from_json(content))
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


def tell(problem: NetlibError | None) -> None:
    """Makes `problem` the one that the page tells."""
    session().problem, session().place = problem, ""


def undo() -> None:
    """Takes the last change back, if there is one."""
    kept = session()
    if kept.past:
        kept.future.insert(0, current())
        kept.experiment = kept.past.pop()
        kept.arrangement += 1
        tell(None)


def redo() -> None:
    """Makes the change again that was taken back last, if there is one."""
    kept = session()
    if kept.future:
        kept.past.append(current())
        kept.experiment = kept.future.pop(0)
        kept.arrangement += 1
        tell(None)


def show_run(run_id: str) -> None:
    """Shows a run that was begun here, and keeps its id beside those of others."""
    kept = session()
    kept.run, kept.runs = run_id, [*kept.runs, run_id][-MOST_RUNS:]


def light(layer: int | None) -> None:
    """Lights a layer up everywhere, or none."""
    session().lit = layer


def chosen(key: str, first: Any) -> Any:
    """Returns a choice that is no part of the experiment; at first it is `first`."""
    return session().choices.get(key, first)


def choose(key: str, value: Any) -> None:
    """Keeps a choice for the session."""
    session().choices[key] = value
