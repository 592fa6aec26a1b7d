"""Starts, follows, caps and ends jobs; keeps what training runs have told."""

import json
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import safe_open

from netlib.experiment import Experiment
from netlib.jobs.job import Job, State, Task, Worker, encoded

HISTORY_KEYS = ("epoch", "loss", "validation_loss", "score")
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


class Run(Job):
    """A training run in any state; `Runs.start` makes it and its worker feeds it."""

    where, retry = "run", "Press Train to start again."

    def __init__(
        self,
        experiment: Experiment,
        csv: bytes | None,
        folder: Path,
        changed: threading.Condition,
    ) -> None:
        super().__init__(changed)
        self.experiment = experiment
        self._csv = csv
        self.weights_path = folder / f"{self.id}.safetensors"
        self._history: dict[str, list[float]] = {key: [] for key in HISTORY_KEYS}
        self._facts: dict[str, Any] = {}
        self._elapsed_seconds = 0.0
        self._weights_epoch: int | None = None

    def weights(self) -> SavedWeights | None:
        """Returns parameters and buffers as last saved, None before that."""
        try:
            with safe_open(self.weights_path, framework="numpy") as file:
                names = file.offset_keys()
                arrays = {name: file.get_tensor(name) for name in names}
                return SavedWeights(int(file.metadata()["epoch"]), arrays)
        except FileNotFoundError:
            return None

    def snapshot(self) -> RunSnapshot:
        """Returns a copy of all that is known now, and counts as watching the run."""
        with self._changed:
            self.watched_at = time.monotonic()
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
                message=self.message,
                advice=self.advice,
            )

    def take_request(self) -> dict[str, Any]:
        """Returns the job for a worker and forgets the file."""
        csv, self._csv = self._csv, None
        return {
            "job": "train",
            "experiment": self.experiment.model_dump(mode="json"),
            "csv": encoded(csv),
            "weights_path": str(self.weights_path),
        }

    def note(self, event: dict[str, Any]) -> None:
        """Takes in facts, epochs and the epoch of the weights."""
        super().note(event)
        match event["event"]:
            case "started":
                self._facts = event
            case "epochs":
                for values in event["epochs"]:
                    for key, value in zip(HISTORY_KEYS, values, strict=True):
                        self._history[key].append(value)
                self._elapsed_seconds = event["elapsed_seconds"]
            case "weights":
                self._weights_epoch = event["epoch"]

    def end(self, state: State, message: str, advice: str) -> None:
        """Notes the end and forgets the file, which may never have been sent."""
        super().end(state, message, advice)
        self._csv = None

    def clear(self) -> None:
        """Removes the saved weights."""
        self.weights_path.unlink(missing_ok=True)


class Runs:
    """All jobs of this process: at most `limit` at once, the others in a queue.

    A job that nobody watched (`get`, `snapshot`) for `grace_seconds` is stopped. Of runs
    and of tasks the `keep` latest that have ended stay. One idle worker is kept warm.
    Thread-safe.
    """

    def __init__(
        self, limit: int = 2, grace_seconds: float = 120, keep: int = 200
    ) -> None:
        self._limit, self._grace_seconds, self._keep = limit, grace_seconds, keep
        self._folder = tempfile.TemporaryDirectory(
            prefix="layerwright-", ignore_cleanup_errors=True
        )
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._admitted: deque[Job] = deque()
        self._threads: set[threading.Thread] = set()
        self._n_idle = 0
        self._closing = threading.Event()
        threading.Thread(target=self._check, daemon=True).start()
        with self._changed:
            self._schedule()

    def start(self, experiment: Experiment, csv: bytes | None = None) -> Run:
        """Starts a run, or queues it; `csv` is the file of an uploaded table."""
        run = Run(experiment, csv, Path(self._folder.name), self._changed)
        self._add(run)
        return run

    def ask(self, request: dict[str, Any], csv: bytes | None = None) -> Task:
        """Starts a task of a worker's TASKS, or queues it.

        `csv` is the file of an uploaded table, for a task that reads one. Raises TypeError or ValueError for a request that JSON cannot hold.
        """
        request = json.loads(json.dumps(request))
        task = Task(request, csv, Path(self._folder.name), self._changed)
        self._add(task)
        return task

    def get(self, run_id: str) -> Run | None:
        """Returns a run as `watch` does, None for a task."""
        job = self.watch(run_id)
        return job if isinstance(job, Run) else None

    def get_task(self, task_id: str) -> Task | None:
        """Returns a task as `watch` does, None for a run."""
        job = self.watch(task_id)
        return job if isinstance(job, Task) else None

    def watch(self, job_id: str) -> Job | None:
        """Returns a job that is active or kept, and counts as watching it."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is not None:
                job.watched_at = time.monotonic()
            return job

    def stop(self, job_id: str) -> None:
        """Asks a job to stop: at once in the queue, else within a step of its work."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is not None and job.is_active:
                self._stop(job)

    def close(self) -> None:
        """Ends every job and worker and removes their files."""
        with self._changed:
            self._closing.set()
            threads = list(self._threads)
            for job in self._active():
                self._stop(job)
                if job.worker:
                    job.worker.process.kill()
            self._changed.notify_all()
        for thread in threads:
            thread.join()
        self._folder.cleanup()

    def _add(self, job: Job) -> None:
        with self._changed:
            self._jobs[job.id] = job
            self._queue.append(job)
            self._schedule()

    def _stop(self, job: Job, message: str = "") -> None:
        for waiting in (self._queue, self._admitted):
            if job in waiting:
                waiting.remove(job)
                self._end(job, "stopped", message, "")
                return
        job.ask_to_stop(message)

    def _end(self, job: Job, state: State, message: str, advice: str) -> None:
        job.end(state, message, advice)
        alike = [other for other in self._jobs.values() if type(other) is type(job)]
        ended = [other for other in alike if not other.is_active]
        for old in ended[: -self._keep]:
            del self._jobs[old.id]
            old.clear()
        self._schedule()

    def _active(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.is_active]

    def _schedule(self) -> None:
        """Admits jobs from the queue, and sees to it that there are workers enough."""
        n_busy = len(self._active()) - len(self._queue)
        while self._queue and n_busy < self._limit:
            job = self._queue.popleft()
            job.state, job.position = "starting", None
            self._admitted.append(job)
            n_busy += 1
        for position, job in enumerate(self._queue, 1):
            job.position = position
        while len(self._threads) < max(1, n_busy) and not self._closing.is_set():
            thread = threading.Thread(target=self._serve, daemon=True)
            self._threads.add(thread)
            thread.start()
        self._changed.notify_all()

    def _serve(self) -> None:
        """Serves jobs until this thread is not needed, or no process can be started."""
        try:
            self._work()
        except OSError as error:
            with self._changed:
                while self._admitted:  # each end admits the next of the queue
                    job = self._admitted.popleft()
                    self._end(job, *job.failure("to start", str(error)))
                self._threads.discard(threading.current_thread())

    def _work(self) -> None:
        """Gives jobs to a worker process, one after another; a thread a worker."""
        worker = Worker()
        while taken := self._take(worker):
            job, worker = taken
            ending = job.follow(worker)
            with self._changed:
                self._end(job, *ending)
            if not self._closing.is_set():
                worker = worker.revived()
        worker.end()

    def _take(self, worker: Worker) -> tuple[Job, Worker] | None:
        """Waits for a job; None for all idle workers but one, and at close."""

        def is_due() -> bool:
            return bool(self._admitted) or self._n_idle > 1 or self._closing.is_set()

        with self._changed:
            self._n_idle += 1
            self._changed.wait_for(is_due)
            self._n_idle -= 1
            if not self._admitted or self._closing.is_set():
                self._threads.remove(threading.current_thread())
                return None
            worker = worker.revived()
            job = self._admitted.popleft()
            job.worker = worker
            return job, worker

    def _check(self) -> None:
        """Stops jobs that nobody watches and kills workers that do not stop."""
        while not self._closing.wait(SECONDS_BETWEEN_CHECKS):
            now = time.monotonic()
            with self._changed:
                for job in self._active():
                    if now - job.watched_at > self._grace_seconds:
                        rule = f"{job.where}: expects somebody to watch"
                        found = f"nobody for {self._grace_seconds:g} s"
                        self._stop(job, f"{rule}, got {found}.")
                    asked_at = job.stop_asked_at
                    if asked_at and now - asked_at > SECONDS_TO_STOP and job.worker:
                        job.worker.process.kill()
