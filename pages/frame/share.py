"""A design handed on: its link, and its file, which opens here."""

from urllib.parse import urlsplit

import streamlit as st

from pages.frame.session import current, open_design, session
from pages.frame.widgets import bound_file, problem_at

HERE = {"localhost", "127.0.0.1"}


def share_menu() -> None:
    """Draws the menu's popover, whose content waits for it to be open."""
    popover = st.popover(
        "Share or open",
        icon=":material/share:",
        type="tertiary",
        key="menu_share",
        on_change="rerun",
    )
    if popover.open:
        with popover:
            link_view("menu")
            st.download_button(
                "Download design.json",
                current().to_json(),
                file_name="design.json",
                icon=":material/download:",
                key="menu_design",
                on_click="ignore",
            )
            opening_view("menu_file")


def link_view(place: str) -> None:
    """Draws the link to copy, and what it holds; each place of a page has its name."""
    st.markdown(f"**This link is the design.** {_told()}")
    with st.container(key=f"link_{place}"):
        st.code(_link(), language=None, wrap_lines=True)


def opening_view(key: str) -> None:
    """Draws the place for a design's file; `key` is that of the place."""
    st.file_uploader(
        "Open a design, such as `design.json`",
        max_upload_size=1,
        **bound_file(key, open_design),
    )
    problem_at(key)


def _told() -> str:
    """Says what the link holds, what it does not, and where it leads."""
    said = "Whoever opens it gets the same network, style, data and plan, but not your run."
    if current().data.sha256:
        said += (
            " It holds no file of yours either; while this server holds it, whoever has "
            "the link can train on it."
        )
    if session().run:
        said += " The browser's own address names your run too: it shows the run."
    if urlsplit(st.context.url or "").hostname in HERE:
        said += (
            " It opens on this machine alone; `design.json`, wherever Layerwright runs."
        )
    return said


def _link() -> str:
    page = (st.context.url or "").rstrip("/")
    home = page.removesuffix(f"/{session().page}")  # Build is at home
    return f"{home}/?design={current().to_link()}"
