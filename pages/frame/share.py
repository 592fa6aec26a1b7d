"""A design handed on: its link, which the address is, and its file, which opens here."""

import streamlit as st

from pages.frame.session import current, open_design, session
from pages.frame.widgets import bound_file, problem_at


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
            share_view("menu_file")


def share_view(key: str) -> None:
    """Draws the link to copy, and the place for a file; `key` is that of the place."""
    st.markdown(
        "**The address of this page is the design.** Whoever opens this link gets the "
        "same network, style, data and plan; it holds no run and no file of yours."
    )
    with st.container(key=f"link_{key}"):
        st.code(_link(), language=None, wrap_lines=True)
    st.file_uploader(
        "Open a design, such as `design.json` of Export",
        max_upload_size=1,
        **bound_file(key, open_design),
    )
    problem_at(key)


def _link() -> str:
    page = (st.context.url or "").rstrip("/")
    home = page.removesuffix(f"/{session().page}")  # Build is at home
    return f"{home}/?design={current().to_link()}"
