"""The jobs of this server on the page: followed; an errand asked for, its result shown."""

from collections.abc import Callable

import streamlit as st

from netlib.jobs.protocol import ErrandRequest
from netlib.jobs.registry import Registry
from netlib.jobs.results import Errand, ErrandSnapshot, Run
from pages.frame.looks import plain
from pages.frame.session import session

REFRESH_SECONDS = 0.5

Show = Callable[[Errand, ErrandSnapshot], None]


@st.cache_resource(show_spinner=False)
def registry() -> Registry:
    """Returns the jobs of this server."""
    return Registry()


def find_run(run_id: str) -> Run | None:
    """Returns a run of this server by its id."""
    return registry().get(run_id)


def live(
    job: Run | Errand | None,
    draw: Callable[[], None],
    seconds: float = REFRESH_SECONDS,
) -> None:
    """Draws a part of the page, and again every `seconds` while `job` is active.

    That it is drawn counts as watching the job.
    """
    was_active = bool(job and job.is_active)

    def follow() -> None:
        draw()
        if was_active and job and registry().watch(job.id) and not job.is_active:
            st.rerun()

    st.fragment(follow, run_every=seconds if was_active else None)()


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
