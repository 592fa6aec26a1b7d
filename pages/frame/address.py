"""The address: it holds the experiment and the run, to share, reload and go back."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from pages.frame.session import commit, current, session, tell


def read_address(page: str) -> None:
    """Takes the experiment from the address where the address wins, and keeps which it is.

    It wins on a session's first run, and on the browser's Back within a page. A click may
    carry the address before the last edit, which the browser had not heard of; so may a
    link to another page, and Back must not bring that one up either.
    """
    link, kept = st.query_params.get("design", ""), session()
    if not kept.page:
        kept.run = st.query_params.get("run", "")
        _open(link)
    is_known = link == kept.written or (page, link) in kept.stale
    if kept.page == page and not is_known and _goes_back():
        _open(link)
        kept.sent = None
    if kept.page != page:
        kept.place = ""
        kept.sent = None
        for shown in kept.shown.values():
            shown.labels = None  # no widget of the page that is left is drawn again
        if link != _current_link():
            kept.stale.add((page, link))
    kept.page, kept.written = page, _current_link()


def write_address() -> None:
    """Puts the experiment and the run of the session into the address.

    After the code is drawn: at each change of the address the browser draws all anew.
    What a click tells of the address may be older than what was sent last.
    """
    wanted, kept = address(), session()
    if st.query_params.to_dict() != wanted or kept.sent not in (None, wanted):
        st.query_params.from_dict(wanted)
        kept.sent = wanted


def address() -> dict[str, str]:
    """Returns the parameters that a link to another page carries on."""
    parameters = {"design": _current_link(), "run": session().run}
    return {name: value for name, value in parameters.items() if value}


def _current_link() -> str:
    return "" if current() == Experiment() else current().to_link()


def _open(link: str) -> None:
    try:
        commit(Experiment.from_link(link) if link else Experiment())
    except NetlibError as error:
        commit(Experiment())
        tell(error)


def _goes_back() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
