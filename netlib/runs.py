"""Starts, follows, caps and ends workers; keeps what their runs have told."""

import base64
import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray
from safetensors import safe_open

from netlib.errors import TrainingError
from netlib.experiment import Experiment

State = Literal[
    "queued", "starting", "running", "finished", "stopped", "diverged", "failed"
]
ENDINGS = frozenset({"finished", "stopped", "diverged", "failed"})
HISTORY_KEYS = ("epoch", "loss", "validation_loss", "score")
ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_STOP = 5
SECONDS_BETWEEN_CHECKS = 0.5


@dataclass(frozen=True)
class RunSnapshot:
    """What a run has told up to one moment; None is not known yet.

    `history` holds a list a key: epoch, loss, validation_loss, score. `position` is 1
    for the next of the queue. The rate and the seconds left are None before epoch 1.
    """

    state: State
    position: int | None
    history: dict[str, list[float]]
    n_epochs: int
    elapsed_seconds: float
    epochs_per_second: float | None
    seconds_left: float | None
    n_rows: int | None
    n_validation_rows: int | None
    loss_name: str | None
    score_name: str | None
    baseline: float | None
    weights_epoch: int | None
    message: str
    advice: str


@dataclass(frozen=True)
class SavedWeights:
    """Parameters and buffers by name, and the epoch after which they were saved."""

    epoch: int
    arrays: dict[str, NDArray[Any]]


class Run:
    """A training run in any state; `Runs.start` makes it and its worker feeds it."""

    def __init__(
        self,
        experiment: Experiment,
        csv: bytes | None,
        folder: Path,
        changed: threading.Condition,
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.experiment = experiment
        self.state: State = "queued"
        self.position: int | None = None
        self._csv = csv
        self._weights_path = folder / f"{self.id}.safetensors"
        self._changed = changed
        self._history: dict[str, list[float]] = {key: [] for key in HISTORY_KEYS}
        self._facts: dict[str, Any] = {}
        self._elapsed_seconds = 0.0
        self._weights_epoch: int | None = None
        self._message = self._advice = ""
        self._watched_at = time.monotonic()
        self._stop_asked_at: float | None = None
        self._worker: _Worker | None = None
        self._is_sent = False

    @property
    def is_active(self) -> bool:
        """Whether it waits, starts or runs."""
        return self.state not in ENDINGS

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker that has or had this run."""
        worker = self._worker
        return worker.process.pid if worker else None

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for the end; returns whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.is_active, timeout)

    def weights(self) -> SavedWeights | None:
        """Returns parameters and buffers as last saved, None before that."""
        try:
            with safe_open(self._weights_path, framework="numpy") as file:
                names = file.offset_keys()
                arrays = {name: file.get_tensor(name) for name in names}
                return SavedWeights(int(file.metadata()["epoch"]), arrays)
        except FileNotFoundError:
            return None

    def snapshot(self) -> RunSnapshot:
        """Returns a copy of all that is known now, and counts as watching the run."""
        with self._changed:
            self._watched_at = time.monotonic()
            n_epochs = self.experiment.plan.epochs
            epoch = self._history["epoch"][-1] if self._history["epoch"] else 0
            rate = epoch / self._elapsed_seconds if epoch else None
            return RunSnapshot(
                state=self.state,
                position=self.position,
                history={key: list(self._history[key]) for key in HISTORY_KEYS},
                n_epochs=n_epochs,
                elapsed_seconds=self._elapsed_seconds,
                epochs_per_second=rate,
                seconds_left=(n_epochs - epoch) / rate if rate else None,
                n_rows=self._facts.get("n_rows"),
                n_validation_rows=self._facts.get("n_validation_rows"),
                loss_name=self._facts.get("loss"),
                score_name=self._facts.get("score"),
                baseline=self._facts.get("baseline"),
                weights_epoch=self._weights_epoch,
                message=self._message,
                advice=self._advice,
            )

    def _take_job(self) -> dict[str, Any]:
        """Returns the job for a worker and forgets the file."""
        csv, self._csv = self._csv, None
        return {
            "job": "train",
            "experiment": self.experiment.model_dump(mode="json"),
            "csv": None if csv is None else base64.b64encode(csv).decode(),
            "weights_path": str(self._weights_path),
        }

    def _apply(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "started":
                self.state = "running"
                self._facts = event
            case "epochs":
                for values in event["epochs"]:
                    for key, value in zip(HISTORY_KEYS, values, strict=True):
                        self._history[key].append(value)
                self._elapsed_seconds = event["elapsed_seconds"]
            case "weights":
                self._weights_epoch = event["epoch"]

    def _end(self, state: State, message: str = "", advice: str = "") -> None:
        self.state, self.position, self._csv = state, None, None
        self._message = message or self._message
        self._advice = advice or self._advice


class _Worker:
    """A worker process and its pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netlib.worker"],
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

    def revived(self) -> "_Worker":
        """Returns this worker, or a new one if its process has ended."""
        if self.process.poll() is None:
            return self
        self.end()
        return _Worker()


class Runs:
    """All runs of this process: at most `limit` at once, the others in a queue.

    A run that nobody watched (`get`, `snapshot`) for `grace_seconds` is stopped. The
    `keep` latest that have ended stay. One idle worker is kept warm. Thread-safe.
    """

    def __init__(
        self, limit: int = 2, grace_seconds: float = 120, keep: int = 20
    ) -> None:
        self._limit, self._grace_seconds, self._keep = limit, grace_seconds, keep
        self._folder = tempfile.TemporaryDirectory(
            prefix="layerwright-", ignore_cleanup_errors=True
        )
        self._changed = threading.Condition()
        self._runs: dict[str, Run] = {}
        self._queue: deque[Run] = deque()
        self._admitted: deque[Run] = deque()
        self._threads: set[threading.Thread] = set()
        self._n_idle = 0
        self._closing = threading.Event()
        threading.Thread(target=self._check, daemon=True).start()
        with self._changed:
            self._schedule()

    def start(self, experiment: Experiment, csv: bytes | None = None) -> Run:
        """Starts a run, or queues it; `csv` is the file of an uploaded table."""
        run = Run(experiment, csv, Path(self._folder.name), self._changed)
        with self._changed:
            self._runs[run.id] = run
            self._queue.append(run)
            self._schedule()
        return run

    def get(self, run_id: str) -> Run | None:
        """Returns a run that is active or kept, and counts as watching it."""
        with self._changed:
            run = self._runs.get(run_id)
            if run is not None:
                run._watched_at = time.monotonic()
            return run

    def stop(self, run_id: str) -> None:
        """Asks a run to stop: at once in the queue, else within a batch."""
        with self._changed:
            run = self._runs.get(run_id)
            if run is not None and run.is_active:
                self._stop(run)

    def close(self) -> None:
        """Ends every run and worker and removes their files."""
        with self._changed:
            self._closing.set()
            threads = list(self._threads)
            for run in self._active():
                self._stop(run)
                if run._worker:
                    run._worker.process.kill()
            self._changed.notify_all()
        for thread in threads:
            thread.join()
        self._folder.cleanup()

    def _stop(self, run: Run, message: str = "") -> None:
        for waiting in (self._queue, self._admitted):
            if run in waiting:
                waiting.remove(run)
                self._end(run, "stopped", message)
                return
        if run._stop_asked_at is None:
            run._stop_asked_at, run._message = time.monotonic(), message
            if run._worker and run._is_sent:
                run._worker.send({"stop": True})

    def _end(self, run: Run, state: State, message: str = "", advice: str = "") -> None:
        run._end(state, message, advice)
        ended = [run for run in self._runs.values() if not run.is_active]
        for old in ended[: -self._keep]:
            del self._runs[old.id]
            old._weights_path.unlink(missing_ok=True)
        self._schedule()

    def _active(self) -> list[Run]:
        return [run for run in self._runs.values() if run.is_active]

    def _schedule(self) -> None:
        """Admits runs from the queue, and sees to it that there are workers enough."""
        n_busy = len(self._active()) - len(self._queue)
        while self._queue and n_busy < self._limit:
            run = self._queue.popleft()
            run.state, run.position = "starting", None
            self._admitted.append(run)
            n_busy += 1
        for position, run in enumerate(self._queue, 1):
            run.position = position
        while len(self._threads) < max(1, n_busy) and not self._closing.is_set():
            thread = threading.Thread(target=self._serve, daemon=True)
            self._threads.add(thread)
            thread.start()
        self._changed.notify_all()

    def _serve(self) -> None:
        """Serves runs until this thread is not needed, or no process can be started."""
        try:
            self._work()
        except OSError as error:
            with self._changed:
                self._admitted.clear()
                for run in self._active():
                    if run.state == "starting" and run._worker is None:
                        self._fail(run, "to start", str(error))
                self._threads.discard(threading.current_thread())

    def _work(self) -> None:
        """Gives runs to a worker process, one after another; a thread a worker."""
        worker = _Worker()
        while taken := self._take(worker):
            run, worker = taken
            self._follow(run, worker)
            if not self._closing.is_set():
                worker = worker.revived()
        worker.end()

    def _take(self, worker: _Worker) -> tuple[Run, _Worker] | None:
        """Waits for a run; None for all idle workers but one, and at close."""

        def is_due() -> bool:
            return bool(self._admitted) or self._n_idle > 1 or self._closing.is_set()

        with self._changed:
            self._n_idle += 1
            self._changed.wait_for(is_due)
            self._n_idle -= 1
            if not self._admitted or self._closing.is_set():
                self._threads.remove(threading.current_thread())
                return None
            run = self._admitted.popleft()
            run._worker = worker.revived()
            return run, run._worker

    def _follow(self, run: Run, worker: _Worker) -> None:
        worker.send(run._take_job())
        with self._changed:
            run._is_sent = True
            if run._stop_asked_at is not None:
                worker.send({"stop": True})
        for event in worker.events():
            with self._changed:
                if event["event"] in ENDINGS:
                    self._end(run, event["event"], event["message"], event["advice"])
                    return
                run._apply(event)
                self._changed.notify_all()
        self._explain_death(run, worker.end())

    def _explain_death(self, run: Run, code: int) -> None:
        ending = f"a process that ended with {f'signal {-code}' if code < 0 else code}"
        with self._changed:
            if run._stop_asked_at is None:
                self._fail(run, "to finish", ending)
            else:
                self._end(run, "stopped")

    def _fail(self, run: Run, expected: str, got: str) -> None:
        rule, advice = f"its worker process {expected}", "Press Train to start again."
        error = TrainingError("run", rule, got, advice)
        self._end(run, "failed", str(error), error.advice)

    def _check(self) -> None:
        """Stops runs that nobody watches and kills workers that do not stop."""
        while not self._closing.wait(SECONDS_BETWEEN_CHECKS):
            now = time.monotonic()
            with self._changed:
                for run in self._active():
                    if now - run._watched_at > self._grace_seconds:
                        found = f"nobody for {self._grace_seconds:g} s"
                        self._stop(run, f"run: expects somebody to watch, got {found}.")
                    asked_at = run._stop_asked_at
                    if asked_at and now - asked_at > SECONDS_TO_STOP and run._worker:
                        run._worker.process.kill()
