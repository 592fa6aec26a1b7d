"""The live channel: a run's news to the browser, and a person's wishes to the run.

It is a WebSocket beside the pages, on their port, at `/live/<run>?epochs=<n>`, where n is
how many epochs the browser has. A message is packed (`jobs/wire.py`): news as JSON, whose
`parts` tell the scene, the picture and one of the past by name and size. The browser
acknowledges each once it is drawn: never more than two are on the way, and the next one
tells of the moment at which it is sent.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from netlib.errors import MessageError, Record
from netlib.jobs.course import RunSnapshot
from netlib.jobs.protocol import Look
from netlib.jobs.results import Run
from netlib.jobs.wire import WISHES, Parcel, pack

MOST_ON_THE_WAY = 2
MOST_EPOCHS = 5000  # in a message
SECONDS_OF_SILENCE = 2.0
SECONDS_BETWEEN_WATCHES = 10.0
ACKNOWLEDGED = "drawn"
# Codes of RFC 6455 for what breaks the rules, and one of our own.
FORBIDDEN, UNKNOWN_RUN = 1008, 4404
FIELDS = [
    "state",
    "position",
    "place",
    "n_epochs",
    "elapsed_seconds",
    "epochs_per_second",
    "changes",
    "kept",
    "evaluated",
    "best_epoch",
    "started",
    "refused",
    "layers",
    "findings",
    "message",
    "advice",
]


def live_route(find: Callable[[str], Run | None]) -> WebSocketRoute:
    """Returns the route of the channel; `find` knows a run by its unguessable id."""

    async def serve(socket: WebSocket) -> None:
        if not _is_same_origin(socket):
            await socket.close(FORBIDDEN)
            return
        await socket.accept()
        if run := find(socket.path_params["run"]):
            await Channel(socket, run).serve()
        else:
            await socket.close(UNKNOWN_RUN)

    return WebSocketRoute("/live/{run}", serve)


def _is_same_origin(socket: WebSocket) -> bool:
    """Tells whether a page of this very server asks, as browsers say truly.

    Streamlit's own check lets a page of another port of this machine pass.
    """
    origin, host = socket.headers.get("origin", ""), socket.headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc == host


class Channel:
    """One browser's connection to a run, and what it has heard so far."""

    def __init__(self, socket: WebSocket, run: Run) -> None:
        self._socket, self._run = socket, run
        n_epochs = socket.query_params.get("epochs", "")
        self._n_epochs = int(n_epochs) if n_epochs.isdecimal() else 0
        self._facts: dict[str, object] = {}
        self._sent: dict[str, Parcel] = {}
        self._epoch: int | None = None  # of the past, to be looked at
        self._free = asyncio.BoundedSemaphore(MOST_ON_THE_WAY)
        self._news = asyncio.Event()

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
                else:
                    self._obey(WISHES.check(json.loads(text)))
        except (MessageError, ValueError) as error:  # no page of ours says this
            await self._socket.close(FORBIDDEN, str(error)[:100])

    def _obey(self, wish: Record) -> None:
        if isinstance(wish, Look):
            self._epoch = wish.epoch
            self._news.set()
        else:
            self._run.tell(wish)

    async def _send(self) -> None:
        """Sends news while the browser draws them: for a hidden tab no pictures are made."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            with suppress(RuntimeError):  # the server ends
                loop.call_soon_threadsafe(self._news.set)

        # The browser has gone at any other error.
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._free.acquire()
                self._news.set()
                with self._run.followed(hear), suppress(TimeoutError):
                    await self._follow()

    async def _follow(self) -> None:
        """Sends news; raises TimeoutError once the browser has drawn none for a while."""
        while True:
            # The browser hears now and then that we are there.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), SECONDS_OF_SILENCE)
            self._news.clear()
            await self._socket.send_bytes(self._message())
            await asyncio.wait_for(self._free.acquire(), SECONDS_OF_SILENCE)

    async def _watch(self) -> None:
        """Counts as watching the run, in a tab too that is hidden and draws nothing."""
        while True:
            self._run.job.watch()
            await asyncio.sleep(SECONDS_BETWEEN_WATCHES)

    def _message(self) -> bytes:
        told = self._run.snapshot(since=self._n_epochs)
        epochs = told.history[:MOST_EPOCHS]
        if len(told.history) > len(epochs):
            self._news.set()
        text = {"since": self._n_epochs, "epochs": epochs, **self._new_facts(told)}
        self._n_epochs += len(epochs)
        pictures = self._new_pictures(told)
        text["parts"] = [(name, len(content)) for name, content in pictures.items()]
        return pack(text, b"".join(pictures.values()))

    def _new_pictures(self, told: RunSnapshot) -> dict[str, bytes]:
        """Returns those pictures that the browser has not been sent."""
        pictures = {}
        for name, parcel in (("scene", told.scene), ("picture", told.picture)):
            if parcel is not None and parcel is not self._sent.get(name):
                self._sent[name] = parcel
                pictures[name] = parcel.content(name)
        if self._epoch is not None and (past := self._run.picture(self._epoch)):
            pictures["past"] = past
            self._epoch = None
        return pictures

    def _new_facts(self, told: RunSnapshot) -> dict[str, object]:
        """Returns those facts that the browser has not heard."""
        facts = {name: getattr(told, name) for name in FIELDS}
        new = {
            name: value
            for name, value in facts.items()
            if name not in self._facts or self._facts[name] != value
        }
        self._facts = facts
        return new
