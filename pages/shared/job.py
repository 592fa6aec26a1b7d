"""The jobs of this server on the page: followed; an errand asked for, its result shown."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from netlib.jobs.errand import Errand, ErrandSnapshot
from netlib.jobs.protocol import ErrandRequest
from netlib.jobs.registry import Registry, Work
from pages.frame.follow import follow
from pages.frame.looks import plain
from pages.frame.session import session
from pages.frame.views import Parts

SECONDS_BETWEEN_TEXTS = 0.1
Show = Callable[[Errand, ErrandSnapshot], None]


@st.cache_resource(show_spinner=False)
def registry() -> Registry:
    """Returns the jobs of this server."""
    return Registry()


def find_job(job_id: str) -> Work | None:
    """Returns a run or an errand of this server by its id, and counts as watching it."""
    return registry().watch(job_id)


def live(
    work: Work | None, name: str, draw: Callable[[], Parts], seconds: float
) -> None:
    """Has parts of the page follow `work` while it is active, see `Views`."""
    if work and work.is_active:
        session().views.add(work.id, name, draw, seconds)


def is_followed(work: Work | None) -> bool:
    """Tells whether `work` is active, or was so when a part of the page was drawn."""
    return bool(work and (work.is_active or session().views.follow(work.id)))


def progress(work: Work, key: str, say: Callable[[], tuple[float | None, str]]) -> None:
    """Draws how a job goes on: the share done, 0 to 1, None at the end, and a text.

    Once it has ended the page is drawn anew.
    """

    def said() -> dict[str, object]:
        share, text = say()
        return {"share": share, "text": text}

    live(work, key, lambda: {key: said()}, SECONDS_BETWEEN_TEXTS)
    follow(work.id, key, said())


def waiting(position: int | None) -> str:
    """Returns what is said of a job in the queue."""
    return f"Waiting: number {position} in the queue of this server."


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
        progress(errand, f"{name}_progress", partial(_progress, errand))
        return
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
        _outcome(errand, request, show)


def _ask(
    name: str,
    request: ErrandRequest,
    csv: bytes | None,
    weights: Callable[[], bytes | None],
) -> None:
    session().errands[name] = registry().ask(request, csv, weights()).id


def _progress(errand: Errand) -> tuple[float, str]:
    told = errand.snapshot()
    if told.state == "queued" and told.position:
        return 0.0, waiting(told.position)
    return told.share, told.label or "Starting a process..."


def _outcome(errand: Errand, request: ErrandRequest, show: Show) -> None:
    """Draws what came of an errand that has ended."""
    told = errand.snapshot()
    if told.state != "finished":
        st.warning(
            plain(f"{told.state.capitalize()}. {told.message} {told.advice}".strip())
        )
    elif errand.answers(request):
        show(errand, told)
    else:
        st.caption(
            "The design or the choice has changed since: press the button again."
        )
