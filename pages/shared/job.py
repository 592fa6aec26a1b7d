"""An errand of a worker on the page: asked for, followed, its result shown."""

from collections.abc import Callable

import streamlit as st

from netlib.jobs.protocol import ErrandRequest
from netlib.jobs.results import Errand, ErrandSnapshot
from pages.frame.looks import plain
from pages.frame.session import session
from pages.shared.run import live, registry

Show = Callable[[Errand, ErrandSnapshot], None]


def errand_view(
    name: str,
    label: str,
    request: ErrandRequest,
    show: Show,
    csv: bytes | None = None,
    weights: Callable[[], bytes | None] = lambda: None,
) -> None:
    """Draws the button that asks for an errand, its progress, and `show` once it is done.

    `name` is the errand's place on the page: what is asked there anew replaces the old.
    `csv` is the file of an uploaded table and `weights` reads a safetensors file, for
    an errand that takes them.
    """
    errand = registry().get_errand(session().errands.get(name, ""))
    if errand and errand.is_active:
        st.button(
            "Stop",
            key=f"{name}_stop",
            icon=":material/stop:",
            on_click=registry().stop,
            args=(errand.id,),
        )
    else:
        is_done = errand and errand.state == "finished" and errand.answers(request)
        st.button(
            "Again" if is_done else label,
            key=f"{name}_ask",
            icon=":material/replay:" if is_done else ":material/play_arrow:",
            type="tertiary" if is_done else "secondary",
            on_click=_ask,
            args=(name, request, csv, weights),
        )
    if errand:
        live(errand, lambda: _follow(errand, request, show))


def _ask(
    name: str,
    request: ErrandRequest,
    csv: bytes | None,
    weights: Callable[[], bytes | None],
) -> None:
    session().errands[name] = registry().ask(request, csv, weights()).id


def _follow(errand: Errand, request: ErrandRequest, show: Show) -> None:
    told = errand.snapshot()
    if told.state == "queued":
        st.info(f"Waiting: number {told.position} in the queue of this server.")
    elif errand.is_active:
        st.progress(told.share, told.label or "Starting a process...")
    elif told.state != "finished":
        st.warning(
            plain(f"{told.state.capitalize()}. {told.message} {told.advice}".strip())
        )
    elif errand.answers(request):
        show(errand, told)
    else:
        st.caption(
            "The design or the choice has changed since: press the button again."
        )
