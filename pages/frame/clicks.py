"""No click is lost to the message that follows it.

Streamlit 1.67 looks for a newer message between taking one and calling its callbacks, and
drops the one that it has taken if it finds another. A browser sends the values of fields
again, but a click only once. It looks once more after the callbacks, which is soon enough.
"""

from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState


def keep_clicks() -> None:
    """Has Streamlit call the callbacks of every message that it takes."""
    SafeSessionState.on_script_will_rerun = _call_callbacks  # type: ignore[method-assign]


def _call_callbacks(self: SafeSessionState, *args: Any, **kwargs: Any) -> None:
    with self._lock:
        self._state.on_script_will_rerun(*args, **kwargs)
