"""One job for a worker process: what it has told, and how it goes on and ends."""

import base64
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from netlib.errors import TrainingError

State = Literal[
    "queued", "starting", "running", "finished", "stopped", "diverged", "failed"
]
ENDINGS = frozenset({"finished", "stopped", "diverged", "failed"})
ROOT = Path(__file__).resolve().parents[2]

# The last state, with its message and advice or "".
Ending = tuple[State, str, str]


class Worker:
    """A worker process and its pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netlib.jobs.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C in a terminal is for the server alone
        )

    def send(self, message: dict[str, Any]) -> None:
        """Writes a line; a process that is gone shows at the end of its events."""
        assert self.process.stdin
        with suppress(OSError):
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def events(self) -> Iterator[dict[str, Any]]:
        """Yields what the process tells, until it ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            if line.endswith("\n"):  # a killed process may leave half a line
                yield json.loads(line)

    def end(self) -> int:
        """Kills the process if it lives and returns its exit code, -9 for signal 9."""
        self.process.kill()
        code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        return code

    def revived(self) -> "Worker":
        """Returns this worker, or a new one if its process has ended."""
        if self.process.poll() is None:
            return self
        self.end()
        return Worker()


class Job:
    """A job in any state: `Runs` queues it and a worker does it.

    `position` is 1 for the next of the queue and None outside it. Messages name `where`,
    and `retry` advises what to do once a worker has died. `changed` guards every change.
    """

    where: ClassVar[str]
    retry: ClassVar[str]

    def __init__(self, changed: threading.Condition) -> None:
        self.id = secrets.token_urlsafe(9)
        self.state: State = "queued"
        self.position: int | None = None
        self.message = self.advice = ""
        self.worker: Worker | None = None
        self.watched_at = time.monotonic()
        self.stop_asked_at: float | None = None
        self._changed = changed
        self._is_sent = False

    @property
    def is_active(self) -> bool:
        """Whether it waits, starts or runs."""
        return self.state not in ENDINGS

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker that has or had this job."""
        worker = self.worker
        return worker.process.pid if worker else None

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for the end; returns whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.is_active, timeout)

    def ask_to_stop(self, message: str) -> None:
        """Asks the worker to stop; `message` says why, "" where a person asked."""
        if self.stop_asked_at is None:
            self.stop_asked_at, self.message = time.monotonic(), message
            if self.worker and self._is_sent:
                self.worker.send({"stop": True})

    def follow(self, worker: Worker) -> Ending:
        """Has `worker` do this job, notes what it tells and returns how it ended."""
        worker.send(self.take_request())
        with self._changed:
            self._is_sent = True
            if self.stop_asked_at is not None:
                worker.send({"stop": True})
        for event in worker.events():
            if event["event"] in ENDINGS:
                return event["event"], event["message"], event["advice"]
            with self._changed:
                self.note(event)
                self._changed.notify_all()
        return self._death(worker.end())

    def _death(self, code: int) -> Ending:
        if self.stop_asked_at is not None:
            return "stopped", "", ""
        how = f"signal {-code}" if code < 0 else code
        return self.failure("to finish", f"a process that ended with {how}")

    def failure(self, expected: str, got: str) -> Ending:
        """Returns the ending of a job whose worker process did not do as expected."""
        rule = f"its worker process {expected}"
        return "failed", str(TrainingError(self.where, rule, got)), self.retry

    def end(self, state: State, message: str, advice: str) -> None:
        """Notes the end; a message that was there before stays unless another comes."""
        self.state, self.position = state, None
        self.message, self.advice = message or self.message, advice

    def take_request(self) -> dict[str, Any]:
        """Returns what the worker is to do, which is asked for once."""
        raise NotImplementedError

    def note(self, event: dict[str, Any]) -> None:
        """Takes in what the worker told."""
        if event["event"] == "started":
            self.state = "running"

    def clear(self) -> None:
        """Removes the files of a job that is dropped."""


@dataclass(frozen=True)
class TaskSnapshot:
    """What a task has told up to one moment: the share done, 0 to 1, and a label.

    `position` is 1 for the next of the queue; `result` is None until it is there.
    """

    state: State
    position: int | None
    share: float
    label: str
    result: dict[str, Any] | None
    message: str
    advice: str


class Task(Job):
    """A short job with one result; `Runs.ask` makes it and its worker feeds it.

    A task whose result is a file writes it at `path`.
    """

    where, retry = "task", "Start it again."

    def __init__(
        self,
        request: dict[str, Any],
        csv: bytes | None,
        folder: Path,
        changed: threading.Condition,
    ) -> None:
        super().__init__(changed)
        self.request = request
        self.path = folder / f"{self.id}.result"
        self._csv = csv
        self._share, self._label = 0.0, ""
        self._result: dict[str, Any] | None = None

    def snapshot(self) -> TaskSnapshot:
        """Returns all that is known now, and counts as watching the task."""
        with self._changed:
            self.watched_at = time.monotonic()
            return TaskSnapshot(
                state=self.state,
                position=self.position,
                share=self._share,
                label=self._label,
                result=self._result,
                message=self.message,
                advice=self.advice,
            )

    def take_request(self) -> dict[str, Any]:
        """Returns the request with a file and a path for one; forgets the file."""
        csv, self._csv = self._csv, None
        return self.request | {"csv": encoded(csv), "path": str(self.path)}

    def note(self, event: dict[str, Any]) -> None:
        """Takes in the progress and the result."""
        super().note(event)
        match event["event"]:
            case "progress":
                self._share, self._label = event["share"], event["label"]
            case "result":
                self._result = event["result"]

    def clear(self) -> None:
        """Removes the file of the result."""
        self.path.unlink(missing_ok=True)


def encoded(csv: bytes | None) -> str | None:
    """Returns a file as text, to travel in JSON."""
    return None if csv is None else base64.b64encode(csv).decode()
