"""A click and the message that follows it, in Streamlit's own keeper of a session."""

from streamlit.runtime.scriptrunner_utils.exceptions import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.state import SafeSessionState

from pages.frame.clicks import keep_clicks


class Callbacks:
    """Stands where a session's state calls the callbacks of a message."""

    def __init__(self):
        self.heard = []

    def on_script_will_rerun(self, message):
        self.heard.append(message)


def follow():
    """What Streamlit does where another message has come."""
    raise RerunException(RerunData())


def heard(message):
    """Takes a message while another comes; returns those whose callbacks are called."""
    callbacks = Callbacks()
    try:
        SafeSessionState(callbacks, follow).on_script_will_rerun(message)
    except RerunException:
        callbacks.heard.append("only the next")
    return callbacks.heard


def test_a_click_is_heard_though_another_message_has_come(monkeypatch):
    streamlits = SafeSessionState.on_script_will_rerun
    assert heard("click") == ["only the next"], "clicks.py is of no use any more"
    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", streamlits)
    keep_clicks()
    assert heard("click") == ["click"]
