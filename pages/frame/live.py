"""The live channel: a job's news to the browser, and a person's wishes to a run.

It is a WebSocket beside the pages, on their port, at `/live/<job>`: with `?epochs=<n>` for
the board of a run, where n is how many epochs the browser has, and with `?views=<token>`
for another page. The browser acknowledges each message (`news.py`) once it is drawn: never
more than two are on the way, and the next one tells of the moment at which it is sent.
When a person edits, and the page is drawn anew, it says so, and a run gives way for a moment.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from netlib.errors import MessageError
from netlib.jobs.registry import Work
from netlib.jobs.run import Run
from netlib.jobs.wire import WISHES
from pages.frame.news import News, PartNews, RunNews
from pages.frame.views import find_views

MOST_ON_THE_WAY = 2
SECONDS_OF_SILENCE = 2.0
SECONDS_BETWEEN_WATCHES = 10.0
ACKNOWLEDGED, BUSY = "drawn", "busy"
# Codes of RFC 6455 for what breaks the rules, and one of our own.
FORBIDDEN, UNKNOWN = 1008, 4404
UPGRADE_REQUIRED = 426
ADDRESS = "/live/{job}"
Find = Callable[[str], Work | None]


def live_routes(find: Find) -> list[BaseRoute]:
    """Returns the routes of the channel; `find` knows a job by its unguessable id.

    Where a proxy cuts WebSockets, a browser's tries arrive as plain requests: each counts
    as watching the job, which is kept alive by them.
    """

    async def serve(socket: WebSocket) -> None:
        if not _is_same_origin(socket):
            await socket.close(FORBIDDEN)
            return
        await socket.accept()
        work = find(socket.path_params["job"])
        if news := work and _news(socket, work):
            await Channel(socket, work, news).serve()
        else:
            await socket.close(UNKNOWN)

    async def watch(request: Request) -> Response:
        find(request.path_params["job"])
        return PlainTextResponse("This is a WebSocket.", UPGRADE_REQUIRED)

    return [WebSocketRoute(ADDRESS, serve), Route(ADDRESS, watch)]


def _is_same_origin(socket: WebSocket) -> bool:
    """Tells whether a page of this very server asks, as browsers say truly.

    Streamlit's own check lets a page of another port of this machine pass.
    """
    origin, host = socket.headers.get("origin", ""), socket.headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc == host


def _news(socket: WebSocket, work: Work) -> News | None:
    """Returns what this browser wants to hear, None where the server knows no such page."""
    if "views" in socket.query_params:
        views = find_views(socket.query_params["views"])
        return PartNews(work, views) if views else None
    n_epochs = socket.query_params.get("epochs", "")
    is_number = n_epochs.isdecimal()
    return (
        RunNews(work, int(n_epochs) if is_number else 0)
        if isinstance(work, Run)
        else None
    )


class Channel:
    """One browser's connection to a job."""

    def __init__(self, socket: WebSocket, work: Work, news: News) -> None:
        self._socket, self._work, self._news = socket, work, news
        self._free = asyncio.BoundedSemaphore(MOST_ON_THE_WAY)
        self._is_new = asyncio.Event()

    async def serve(self) -> None:
        """Sends and listens until the browser has gone."""
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(each) for each in (self._send(), self._watch())]
            await self._listen()
            for task in others:
                task.cancel()

    async def _listen(self) -> None:
        try:
            async for text in self._socket.iter_text():
                if text == ACKNOWLEDGED:
                    self._free.release()
                elif text == BUSY:
                    if isinstance(self._work, Run):
                        self._work.give_way()
                else:
                    self._news.obey(WISHES.check(json.loads(text)))
        except (MessageError, ValueError) as error:  # no page of ours says this
            await self._socket.close(FORBIDDEN, str(error)[:100])

    async def _send(self) -> None:
        """Sends news while the browser draws them: for a hidden tab no pictures are made."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            with suppress(RuntimeError):  # the server ends
                loop.call_soon_threadsafe(self._is_new.set)

        # The browser has gone at any other error.
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._free.acquire()
                self._is_new.set()
                with self._news.followed(hear), suppress(TimeoutError):
                    await self._follow()

    async def _follow(self) -> None:
        """Sends news; raises TimeoutError once the browser has drawn none for a while."""
        while True:
            # The browser hears now and then that we are there.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_new.wait(), SECONDS_OF_SILENCE)
            self._is_new.clear()
            await self._socket.send_bytes(await self._news.message())
            await asyncio.wait_for(self._free.acquire(), SECONDS_OF_SILENCE)
            await asyncio.sleep(self._news.rest)

    async def _watch(self) -> None:
        """Counts as watching the job, in a tab too that is hidden and draws nothing."""
        while True:
            self._work.job.watch()
            await asyncio.sleep(SECONDS_BETWEEN_WATCHES)
