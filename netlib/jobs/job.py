"""One job for a worker process: what is asked, how it goes on and how it ends."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from netlib.errors import NetlibError, TrainingError
from netlib.jobs.events import Ended, EndState, Started
from netlib.jobs.process import Worker
from netlib.jobs.protocol import Control, Request, Stop
from netlib.jobs.wire import Attached, Parcel

State = Literal["queued", "starting", "running"] | EndState
ENDINGS = frozenset(get_args(EndState))


class Job:
    """A piece of work in any state: a registry queues it and a worker does it.

    `position` is 1 for the next of the queue and None outside it; one `in_background`
    waits for an idle worker, outside the queue. `changed` guards every change. Messages
    name `where`, and `retry` advises what to do once a worker has died. `listeners` are
    those who follow it.
    """

    def __init__(
        self,
        request: Request,
        attached: Attached,
        changed: threading.Condition,
        *,
        where: str,
        retry: str,
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.request, self.attached = request, attached
        self.changed = changed
        self.where, self.retry = where, retry
        self.state: State = "queued"
        self.position: int | None = None
        self.in_background = False
        self.message = self.advice = ""
        self.worker: Worker | None = None
        self.watched_at = time.monotonic()
        self.stop_asked_at: float | None = None
        self.listeners: set[Callable[[], None]] = set()
        self._is_sent = False
        self._waiting: list[Control] = []

    @property
    def is_active(self) -> bool:
        """Whether it waits, starts or runs."""
        return self.state not in ENDINGS

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker that has or had this job."""
        worker = self.worker
        return worker.process.pid if worker else None

    def watch(self) -> None:
        """Notes that somebody looks after it."""
        self.watched_at = time.monotonic()

    @contextmanager
    def followed(self, hear: Callable[[], None]) -> Iterator[None]:
        """Calls `hear` after each change, by whichever thread makes it."""
        with self.changed:
            self.listeners.add(hear)
        try:
            yield
        finally:
            with self.changed:
                self.listeners.discard(hear)

    def spread(self) -> None:
        """Tells those who follow it that something has changed."""
        for hear in self.listeners:
            hear()

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for the end; returns whether it came."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.is_active, timeout)

    def stop(self, message: str = "") -> None:
        """Asks the worker to stop; `message` says why, "" where a person asked."""
        if self.stop_asked_at is None:
            self.stop_asked_at, self.message = time.monotonic(), message
            self.send(Stop())

    def send(self, control: Control) -> None:
        """Tells the worker what a person wants of the work, now or once it has it."""
        if self.worker and self._is_sent:
            self.worker.send(control)
        else:
            self._waiting.append(control)

    def end(self, ended: Ended) -> None:
        """Notes the end; a message that was there before stays unless another comes.

        What was attached is forgotten: it may never have been sent.
        """
        self.state, self.position, self.attached = ended.state, None, {}
        self.message, self.advice = ended.message or self.message, ended.advice
        self.spread()

    def follow(self, worker: Worker, note: Callable[[Parcel], None]) -> Ended:
        """Has `worker` do this job, gives `note` what it tells, returns how it ended."""
        try:
            self._send(worker)
            for parcel in worker.events():
                if isinstance(parcel.message, Ended):
                    return parcel.message
                note(parcel)
                self._tell(parcel)
        except (NetlibError, OSError) as error:
            worker.end()
            return self.failure("to tell what can be kept", str(error))
        return self._death(worker.end())

    def failure(self, expected: str, found: str) -> Ended:
        """Returns the end of a job whose worker process did not do as expected."""
        error = TrainingError(self.where, f"its worker process {expected}", found)
        return Ended(state="failed", message=str(error), advice=self.retry)

    def _send(self, worker: Worker) -> None:
        attached, self.attached = self.attached, {}
        worker.send(self.request, attached)
        with self.changed:
            self._is_sent = True
            for control in self._waiting:
                worker.send(control)

    def _tell(self, parcel: Parcel) -> None:
        with self.changed:
            if isinstance(parcel.message, Started):
                self.state = "running"
            self.changed.notify_all()
            self.spread()

    def _death(self, code: int) -> Ended:
        if self.stop_asked_at is not None:
            return Ended(state="stopped")
        how = f"signal {-code}" if code < 0 else code
        return self.failure("to finish", f"a process that ended with {how}")


class OfJob:
    """What a run and an errand tell of their `job`."""

    job: Job

    @property
    def id(self) -> str:
        """The name by which the registry knows it."""
        return self.job.id

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.job.state

    @property
    def is_active(self) -> bool:
        """Whether it waits, starts or runs."""
        return self.job.is_active
