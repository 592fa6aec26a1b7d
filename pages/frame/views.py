"""Parts of a page that are drawn anew while their job goes on.

A page says what draws them; the live channel calls that again and sends what has changed
to the browser, where the components of the page show it.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

import streamlit as st

# What components show, by their keys.
Parts = Mapping[str, Mapping[str, Any]]


class View:
    """What draws parts of a page without Streamlit, at most every so many seconds."""

    def __init__(self, draw: Callable[[], Parts], seconds: float) -> None:
        self._draw, self._seconds = draw, seconds
        self._due = time.monotonic() + seconds  # the page has just drawn them

    def parts(self, is_last: bool) -> Parts:
        """Returns what the parts show now, or none of them before it is time."""
        if time.monotonic() < self._due and not is_last:
            return {}
        parts = self._draw()
        self._due = time.monotonic() + self._seconds
        return parts


class Views:
    """The views of one person's page by their jobs; its token is not to be guessed."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(9)
        self._of: dict[str, dict[str, View]] = {}
        _pages()[self.token] = self

    def begin(self) -> None:
        """Forgets the views of the page before it is drawn anew."""
        self._of = {}

    def add(
        self, job_id: str, name: str, draw: Callable[[], Parts], seconds: float
    ) -> None:
        """Has `draw` called again while the job goes on, in place of what had this name."""
        self._of.setdefault(job_id, {})[name] = View(draw, seconds)

    def follow(self, job_id: str) -> bool:
        """Tells whether any of them follows a job."""
        return job_id in self._of

    def parts(self, job_id: str, is_last: bool) -> dict[str, Mapping[str, Any]]:
        """Returns those parts of a job that it is time to draw, all of them at the last."""
        views = list(self._of.get(job_id, {}).values())
        return {
            key: said for view in views for key, said in view.parts(is_last).items()
        }


def find_views(token: str) -> Views | None:
    """Returns the views of a page that somebody has open, by their token."""
    return _pages().get(token)


@st.cache_resource(show_spinner=False)
def _pages() -> WeakValueDictionary[str, Views]:
    return WeakValueDictionary()
