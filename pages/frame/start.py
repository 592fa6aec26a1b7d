"""The frame of every page: set-up, the current experiment, its problem, the menu."""

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from netlib.experiment import Experiment
from pages.frame.address import read_address, write_address
from pages.frame.connection import connection_bar
from pages.frame.looks import CSS, NO_SIDEBAR, told
from pages.frame.menu import links, menu_script
from pages.frame.plot import load_plotly
from pages.frame.scroll import reachable_scrolls
from pages.frame.session import current, session

FORM_PAGE = "Build"  # the one page with a form in the sidebar
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#0072b2">'
    '<path d="M6 8 26 16 6 24" fill="none" stroke="#e69f00" stroke-width="3"/>'
    '<circle cx="6" cy="8" r="5"/><circle cx="6" cy="24" r="5"/>'
    '<circle cx="26" cy="16" r="5"/></svg>'
)


def start(page: str) -> tuple[Experiment, DeltaGenerator]:
    """Sets the page up and returns the experiment and the menu, which `finish` fills."""
    st.set_page_config(
        page_title=f"{page} · Layerwright",
        page_icon=ICON,
        layout="wide",
        initial_sidebar_state=370,
    )
    st.html(f"<style>{CSS}{'' if page == FORM_PAGE else NO_SIDEBAR}</style>")
    read_address(page)
    session().views.begin()
    menu = st.container(horizontal=True, vertical_alignment="center", key="menu")
    menu.markdown("**Layerwright**", width="content")
    with st.container(key="problem"):  # always there, so that nothing below moves
        if (problem := session().problem) and not session().place:
            st.error(told(problem), icon=":material/error:")
    return current(), menu


def send() -> None:
    """Lets the server send what is drawn so far, before the rest of a page is made.

    A running script holds the interpreter, and the sending thread waits for it: this
    pause, and the browser's time to draw the code alone, brings an edit's code to the
    screen a third sooner (tests/benchmarks).
    """
    time.sleep(0.04)


def finish(menu: DeltaGenerator) -> None:
    """Writes the address, fills the menu, watches connection and scrolls, loads Plotly."""
    write_address()
    links(menu)
    with menu, st.container(key="unseen", width="content"):  # takes no room
        menu_script()
        connection_bar()
        reachable_scrolls()
    load_plotly()
