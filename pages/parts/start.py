"""What every page begins with: set-up, menu, the current experiment, its problem."""

import time

import streamlit as st

from netlib.experiment import Experiment
from pages.parts.menu import menu
from pages.parts.plot import load_plotly
from pages.parts.state import session, synchronise, told
from pages.parts.style import CSS

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#0072b2">'
    '<path d="M6 8 26 16 6 24" fill="none" stroke="#e69f00" stroke-width="3"/>'
    '<circle cx="6" cy="8" r="5"/><circle cx="6" cy="24" r="5"/>'
    '<circle cx="26" cy="16" r="5"/></svg>'
)


def start(page: str) -> Experiment:
    """Sets the page up, draws the menu and returns the current experiment."""
    st.set_page_config(
        page_title=f"{page} · Layerwright",
        page_icon=ICON,
        layout="wide",
        initial_sidebar_state=400,
    )
    st.html(f"<style>{CSS}</style>")
    synchronise(page)
    menu()
    load_plotly()
    with st.container(key="problem"):  # always there, so that nothing below moves
        if problem := session()["problem"]:
            st.error(told(problem), icon=":material/error:")
    return session()["experiment"]


def send() -> None:
    """Lets the server send what is drawn so far, before the rest of a page is made.

    A running script holds the interpreter, and the sending thread waits for it: this
    pause, and the browser's time to draw the code alone, brings an edit's code to the
    screen a third sooner (tests/benchmarks).
    """
    time.sleep(0.04)
