"""Starts, follows, caps and ends jobs; keeps what they have told."""

import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import TypeVar

from netlib.errors import NetlibError, TrainingError
from netlib.experiment import Experiment
from netlib.jobs.errand import Errand
from netlib.jobs.events import Ended
from netlib.jobs.process import Worker
from netlib.jobs.protocol import ErrandRequest, Train
from netlib.jobs.run import Run
from netlib.training.epoch import Epoch
from netlib.training.limits import Limits

NO_LIMITS = Limits()
PLAY_WHILE_OTHERS_WAIT = (
    "to go on while others wait (a new run goes on from its last epoch)"
)
SECONDS_TO_STOP = 5
SECONDS_OF_PAUSE = 60  # while others wait
SECONDS_BETWEEN_CHECKS = 0.5
GAVE_WAY = "a worker that nobody else needs", "one that another job took"

Work = Run | Errand
_Kind = TypeVar("_Kind", Run, Errand)


class Registry:
    """All jobs of this process: at most `limit` at once, the others in a queue.

    A job that nobody watched (`get`, `snapshot`) for `grace_seconds` is stopped, and so is
    a run that pauses for a minute while others wait. Of runs
    and of errands the `keep` latest that have ended stay. One idle worker is kept warm;
    an errand in the background is done by an idle one alone, and stopped when another
    job needs it. Thread-safe.
    """

    def __init__(
        self, limit: int = 2, grace_seconds: float = 120, keep: int = 200
    ) -> None:
        self._limit, self._grace_seconds, self._keep = limit, grace_seconds, keep
        self._folder = tempfile.TemporaryDirectory(
            prefix="layerwright-", ignore_cleanup_errors=True
        )
        self._changed = threading.Condition()
        self._runs: dict[str, Run] = {}
        self._errands: dict[str, Errand] = {}
        self._queue: deque[Work] = deque()
        self._admitted: deque[Work] = deque()
        self._background: deque[Work] = deque()
        self._threads: set[threading.Thread] = set()
        self._n_idle = 0
        self._closing = threading.Event()
        threading.Thread(target=self._check, daemon=True).start()
        with self._changed:
            self._schedule()

    def start(
        self,
        experiment: Experiment,
        csv: bytes | None = None,
        *,
        limits: Limits = NO_LIMITS,
        is_paused: bool = False,
    ) -> Run:
        """Starts a run, or queues it; `csv` is the file of a table of one's own.

        With `is_paused` it waits before its first step.
        """
        request = Train(experiment=experiment, limits=limits, is_paused=is_paused)
        return self._start(request, _attached(csv=csv))

    def fork(
        self, run: Run, epoch: int, experiment: Experiment, csv: bytes | None = None
    ) -> Run:
        """Starts a run that waits where another was after `epoch`, with another plan.

        Raises TrainingError where no state of that moment is kept.
        """
        checkpoint = run.checkpoint(epoch)
        if checkpoint is None:
            kept = ", ".join(map(str, run.snapshot().kept)) or "none so far"
            raise TrainingError("fork", f"an epoch that is kept ({kept})", epoch)
        request = Train(
            experiment=experiment, is_paused=True, forked_from=run.experiment
        )
        attached = _attached(csv=csv, checkpoint=checkpoint)
        return self._start(request, attached, run.snapshot().history[:epoch])

    def _start(
        self,
        request: Train,
        attached: dict[str, bytes],
        history: tuple[Epoch, ...] = (),
    ) -> Run:
        folder = Path(self._folder.name)
        run = Run(request, attached, folder, self._changed, history)
        with self._changed:
            self._runs[run.id] = run
            self._admit(run)
        return run

    def ask(
        self,
        request: ErrandRequest,
        csv: bytes | None = None,
        weights: bytes | None = None,
    ) -> Errand:
        """Starts an errand, any request but a training, or queues it.

        `csv` is the file of a table of one's own and `weights` a safetensors file, for
        an errand that reads them.
        """
        folder = Path(self._folder.name)
        attached = _attached(csv=csv, weights=weights)
        errand = Errand(request, attached, folder, self._changed)
        with self._changed:
            self._errands[errand.id] = errand
            self._admit(errand)
        return errand

    def ask_in_background(self, request: ErrandRequest) -> Errand:
        """Returns the finished or waiting errand that is the same, or a new one."""
        errand = Errand(request, {}, Path(self._folder.name), self._changed)
        errand.job.in_background = True
        with self._changed:
            for other in self._errands.values():
                waits = other.is_active and other.job.in_background
                if (waits or other.state == "finished") and other.request == request:
                    other.job.watch()
                    return other
            self._errands[errand.id] = errand
            self._background.append(errand)
            self._schedule()
        return errand

    def get(self, run_id: str) -> Run | None:
        """Returns a run that is active or kept, and counts as watching it."""
        with self._changed:
            return _watched(self._runs.get(run_id))

    def get_errand(self, errand_id: str) -> Errand | None:
        """Returns an errand that is active or kept, and counts as watching it."""
        with self._changed:
            return _watched(self._errands.get(errand_id))

    def watch(self, job_id: str) -> Work | None:
        """Returns the run or errand of this name, as `get` and `get_errand` do."""
        return self.get(job_id) or self.get_errand(job_id)

    def stop(self, job_id: str) -> None:
        """Asks a job to stop: at once in the queue, else within a step of its work."""
        with self._changed:
            work = self._runs.get(job_id) or self._errands.get(job_id)
            if work is not None and work.is_active:
                self._stop(work)

    def close(self) -> None:
        """Ends every job and worker and removes their files."""
        with self._changed:
            self._closing.set()
            threads = list(self._threads)
            for work in self._active():
                self._stop(work)
                if work.job.worker:
                    work.job.worker.process.kill()
            self._changed.notify_all()
        for thread in threads:
            thread.join()
        self._folder.cleanup()

    def _stop(self, work: Work, message: str = "") -> None:
        for waiting in (self._queue, self._admitted, self._background):
            if work in waiting:
                waiting.remove(work)
                self._end(work, Ended(state="stopped", message=message))
                return
        work.job.stop(message)

    def _end(self, work: Work, ended: Ended) -> None:
        work.job.end(ended)
        _drop_old(self._runs, self._keep)
        _drop_old(self._errands, self._keep)
        self._schedule()

    def _active(self) -> list[Work]:
        works: list[Work] = [*self._runs.values(), *self._errands.values()]
        return [work for work in works if work.is_active]

    def _admit(self, work: Work) -> None:
        self._queue.append(work)
        self._schedule()

    def _schedule(self) -> None:
        """Admits jobs from the queue, and sees to it that there are workers enough."""
        active = [work for work in self._active() if not work.job.in_background]
        n_busy = len(active) - len(self._queue)
        while self._queue and n_busy < self._limit:
            work = self._queue.popleft()
            work.job.state, work.job.position = "starting", None
            self._admitted.append(work)
            n_busy += 1
        for position, work in enumerate(self._queue, 1):
            work.job.position = position
            work.job.spread()
        if self._admitted and not self._n_idle:
            self._free_workers()
        while len(self._threads) < max(1, n_busy) and not self._closing.is_set():
            thread = threading.Thread(target=self._serve, daemon=True)
            self._threads.add(thread)
            thread.start()
        self._changed.notify_all()

    def _free_workers(self) -> None:
        for work in self._active():
            if work.job.in_background and work not in self._background:
                self._stop(work, str(TrainingError(work.job.where, *GAVE_WAY)))

    def _serve(self) -> None:
        """Serves jobs until this thread is not needed, or no process can be started."""
        try:
            self._work()
        except (OSError, NetlibError) as error:
            with self._changed:
                # Each end admits the next of the queue.
                while waiting := self._admitted or self._background:
                    work = waiting.popleft()
                    self._end(work, work.job.failure("to start", str(error)))
                self._threads.discard(threading.current_thread())

    def _work(self) -> None:
        """Gives jobs to a worker process, one after another; a thread a worker."""
        worker = Worker()
        while taken := self._take(worker):
            work, worker = taken
            ended = work.job.follow(worker, work.note)
            with self._changed:
                self._end(work, ended)
            if not self._closing.is_set():
                worker = worker.revived()
        worker.end()

    def _take(self, worker: Worker) -> tuple[Work, Worker] | None:
        """Waits for a job; None for all idle workers but one, and at close."""

        def is_due() -> bool:
            waits = bool(self._admitted or self._background)
            return waits or self._n_idle > 1 or self._closing.is_set()

        with self._changed:
            self._n_idle += 1
            self._changed.wait_for(is_due)
            self._n_idle -= 1
            waiting = self._admitted or self._background
            if not waiting or self._closing.is_set():
                self._threads.remove(threading.current_thread())
                return None
            worker = worker.revived()
            work = waiting.popleft()
            work.job.state, work.job.worker = "starting", worker
            return work, worker

    def _check(self) -> None:
        """Stops jobs that nobody watches and kills workers that do not stop."""
        while not self._closing.wait(SECONDS_BETWEEN_CHECKS):
            now = time.monotonic()
            with self._changed:
                for work in self._active():
                    if now - work.job.watched_at > self._grace_seconds:
                        self._stop(work, self._unwatched(work))
                    if self._queue and isinstance(work, Run):
                        self._end_pause(work, work.pause(now))
                    asked_at, worker = work.job.stop_asked_at, work.job.worker
                    if asked_at and now - asked_at > SECONDS_TO_STOP and worker:
                        worker.process.kill()

    def _end_pause(self, run: Run, seconds: float) -> None:
        if seconds > SECONDS_OF_PAUSE:
            found = f"a pause of {seconds:.0f} s"
            self._stop(run, str(TrainingError("run", PLAY_WHILE_OTHERS_WAIT, found)))

    def _unwatched(self, work: Work) -> str:
        found = f"nobody for {self._grace_seconds:g} s"
        return str(TrainingError(work.job.where, "somebody to watch", found))


def _attached(**contents: bytes | None) -> dict[str, bytes]:
    return {name: content for name, content in contents.items() if content is not None}


def _watched(work: _Kind | None) -> _Kind | None:
    if work is not None:
        work.job.watch()
    return work


def _drop_old(works: dict[str, _Kind], keep: int) -> None:
    """Drops all but the latest `keep` of those that have ended, and their files."""
    for old in [work for work in works.values() if not work.is_active][:-keep]:
        del works[old.id]
        old.clear()
