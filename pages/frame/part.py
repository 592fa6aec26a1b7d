"""A part of a page that a click or an edit in it runs alone, before the whole page.

To Streamlit it is a fragment: while it runs, the browser draws no other part anew. But a
message for it waits for the end of whatever run there is, where one for the page ends it.
"""

import time
from dataclasses import replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType


def draw_rest() -> None:
    """Where a part runs alone, sends it and has the whole page run; else does nothing."""
    context = get_script_run_ctx()
    if context and context.fragment_ids_this_run:
        for _ in range(8):  # see `start.send`
            time.sleep(0.005)
            give_way()
        _end_for_the_page()  # `st.rerun` would take the place of a link to another page
        st.rerun()


def give_way() -> None:
    """Ends a run for which a message waits; the next one takes it.

    Each widget that is drawn gives way, as each element does to a message for the page: of
    two messages that wait, Streamlit calls the later one's callback first at times.
    """
    context = get_script_run_ctx()
    if requests := context and context.script_requests:
        with requests._lock:
            if requests._state is ScriptRequestType.RERUN:
                # As one for the whole page, which is that of the message.
                waiting = replace(requests._rerun_data, fragment_id_queue=[])
                requests._rerun_data = waiting
    _end_for_the_page()


def _end_for_the_page() -> None:
    """Reads the session's state: there Streamlit ends a run when one of a page is asked for."""
    st.session_state.get("session")
