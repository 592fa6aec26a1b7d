"""A short task of a worker on the page: asked for, followed, its result shown."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from netlib.jobs.job import Task
from pages.frame.looks import plain
from pages.frame.session import session
from pages.shared.run import live, registry

Request = dict[str, Any]


def task_view(
    name: str,
    label: str,
    request: Request,
    show: Callable[[Task, dict[str, Any]], None],
    csv: bytes | None = None,
) -> None:
    """Draws the button that asks for a task, its progress, and `show` with its result.

    `name` is the task's place on the page: what is asked there anew replaces the old.
    `csv` is the file of an uploaded table, for a task that reads one.
    """
    task = registry().get_task(session().errands.get(name, ""))
    if task and task.is_active:
        stop = registry().stop
        st.button(
            "Stop",
            key=f"{name}_stop",
            icon=":material/stop:",
            on_click=stop,
            args=(task.id,),
        )
    else:
        is_done = task and task.state == "finished" and task.request == request
        st.button(
            "Again" if is_done else label,
            key=f"{name}_ask",
            icon=":material/replay:" if is_done else ":material/play_arrow:",
            type="tertiary" if is_done else "secondary",
            on_click=_ask,
            args=(name, request, csv),
        )
    if task:
        live(task, lambda: _follow(task, request, show))


def _ask(name: str, request: Request, csv: bytes | None) -> None:
    session().errands[name] = registry().ask(request, csv).id


def _follow(
    task: Task, request: Request, show: Callable[[Task, dict[str, Any]], None]
) -> None:
    told = task.snapshot()
    if told.state == "queued":
        st.info(f"Waiting: number {told.position} in the queue of this server.")
    elif task.is_active:
        st.progress(told.share, told.label or "Starting a process...")
    elif told.state != "finished":
        st.warning(
            plain(f"{told.state.capitalize()}. {told.message} {told.advice}".strip())
        )
    elif task.request != request:
        st.caption(
            "The design or the choice has changed since: press the button again."
        )
    elif told.result is not None:
        show(task, told.result)
