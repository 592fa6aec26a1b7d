"""`python -m netlib.jobs.worker`: one job after another, JSON lines in and out.

In: {"job": "train", "experiment": {...}, "csv": base64 or null, "weights_path": path},
or {"job": one of TASKS} with what its handler reads, then perhaps {"stop": true}. The
end of the input ends the process at once.
Out: "ready" once; for a training "started", "epochs" and "weights", for a task
"started", "progress" and one "result"; then one of "finished", "stopped", "diverged"
or "failed" with a message and advice.
"""

import base64
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from safetensors.numpy import save_file

from netlib.errors import NetlibError, TrainingError, shorten
from netlib.experiment import DataChoice, Experiment
from netlib.jobs.tasks import TASKS
from netlib.source.styles import generate

if TYPE_CHECKING:
    from netlib.model.builder import Network

SECONDS_BETWEEN_LINES = 0.1
SECONDS_BETWEEN_SAVES = 0.5
# The next save waits this many times as long as the last one took.
REST_AFTER_SAVE = 25
LONGEST_MESSAGE = 300
# After an error that nobody foresaw.
ADVICE = {
    "run": "Change the network, the data or the plan and train again.",
    "task": "Change the network and start it again.",
}


class Emit(Protocol):
    """Writes one event with its values to whoever started the worker."""

    def __call__(self, event: str, **values: Any) -> None: ...


def main() -> None:
    """Does the jobs on stdin one after another, and tells on stdout how they go."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)  # the pages of the server come first
    emit = _open_output()
    jobs: SimpleQueue[dict[str, Any]] = SimpleQueue()
    stop = threading.Event()
    # Before the slow imports, so that the end of the input is seen during them.
    threading.Thread(target=_read, args=(jobs, stop), daemon=True).start()
    _warm_up()
    emit("ready")
    while True:
        _do(jobs.get(), emit, stop)


def _open_output() -> Emit:
    """Keeps stdout for events alone: whatever else is printed goes to stderr."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(event: str, **values: Any) -> None:
        print(json.dumps({"event": event} | values), file=output, flush=True)

    return emit


def _read(jobs: SimpleQueue[dict[str, Any]], stop: threading.Event) -> None:
    try:
        for line in sys.stdin:
            message = json.loads(line)
            if "stop" in message:
                stop.set()
            else:
                stop.clear()
                jobs.put(message)
    finally:  # the last line may be cut off
        os._exit(0)


def _warm_up() -> None:
    """Does once what would delay the first job: imports, and torch's own at Adam."""
    import torch

    import netlib.training.run  # noqa: F401
    from netlib.data.table import load

    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    load(DataChoice())


def _do(job: dict[str, Any], emit: Emit, stop: threading.Event) -> None:
    try:
        if job["job"] not in JOBS:
            raise TrainingError("job", f"one of {', '.join(JOBS)}", job["job"])
        JOBS[job["job"]](job, emit, stop)
    except _Stopped:
        emit("stopped", message="", advice="")
    except NetlibError as error:
        emit("failed", message=str(error), advice=error.advice)
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        text = shorten(f"{type(error).__name__}: {error}", LONGEST_MESSAGE)
        where = "run" if job["job"] == "train" else "task"
        message = f"{where}: expects no error, got {text}."
        emit("failed", message=message, advice=ADVICE[where])


def _train(job: dict[str, Any], emit: Emit, stop: threading.Event) -> None:
    from netlib.model.builder import build
    from netlib.training.run import fit, train_by

    experiment = Experiment.model_validate(job["experiment"])
    content = None if job["csv"] is None else base64.b64decode(job["csv"])
    data, loss = fit(experiment, content)
    network = build(generate(experiment.spec, experiment.style), seed=experiment.seed)
    emit(
        "started",
        n_rows=len(data["train_features"]),
        n_validation_rows=len(data["validation_features"]),
        loss=loss,
        score="r2" if loss == "mse" else "accuracy",
        baseline=data["baseline"],
    )
    events = train_by(experiment.plan, network, data, loss)
    _follow(events, _Reporter(emit, network, Path(job["weights_path"])), emit, stop)


def _follow(
    events: Iterator[dict[str, Any]],
    reporter: "_Reporter",
    emit: Emit,
    stop: threading.Event,
) -> None:
    """Reports on the events until they end, a loss is not finite or a stop is asked."""
    ending, message, advice = "finished", "", ""
    for event in events:
        if event["event"] == "diverged":
            ending = "diverged"
            found = f"NaN or infinity in epoch {event['epoch']}"
            message = f"training: expects a finite loss, got {found}."
            advice = "Lower the learning rate and train again."
        else:
            reporter.add(event)
        if stop.is_set():
            ending = "stopped"
            break
    reporter.close()
    emit(ending, message=message, advice=advice)


class _Reporter:
    """Tells of epochs and saves weights, seldom enough never to slow the training."""

    def __init__(self, emit: Emit, network: "Network", weights_path: Path) -> None:
        self._emit, self._network, self._path = emit, network, weights_path
        self._epoch = 0
        self._epochs: list[list[float]] = []
        self._elapsed_seconds = 0.0
        self._next_line = self._next_save = 0.0

    def add(self, event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            self._epoch = event["epoch"]
            self._elapsed_seconds = event["elapsed_seconds"]
            keys = ("epoch", "loss", "validation_loss", "score")
            self._epochs.append([event[key] for key in keys])
        now = time.perf_counter()
        if self._epochs and now >= self._next_line:
            self._write()
            self._next_line = now + SECONDS_BETWEEN_LINES
        if now >= self._next_save:
            self._save()
            end = time.perf_counter()
            rest = max(SECONDS_BETWEEN_SAVES, REST_AFTER_SAVE * (end - now))
            self._next_save = end + rest

    def close(self) -> None:
        """Writes the epochs not yet told and saves the last weights."""
        if self._epochs:
            self._write()
        self._save()

    def _write(self) -> None:
        self._emit("epochs", epochs=self._epochs, elapsed_seconds=self._elapsed_seconds)
        self._epochs = []

    def _save(self) -> None:
        tensors = self._network.parameters | self._network.buffers
        arrays = {name: tensor.detach().numpy() for name, tensor in tensors.items()}
        part = self._path.with_suffix(".part")
        save_file(arrays, part, {"epoch": str(self._epoch)})
        os.replace(part, self._path)
        self._emit("weights", epoch=self._epoch)


class _Stopped(Exception):
    """Ends a task where it tells its progress, once a stop was asked."""


def _answer(job: dict[str, Any], emit: Emit, stop: threading.Event) -> None:
    """Does a task: its handler tells the share done, 0 to 1, and returns the result."""
    next_line = 0.0

    def tell(share: float, label: str) -> None:
        nonlocal next_line
        if stop.is_set():
            raise _Stopped
        now = time.perf_counter()
        if now >= next_line or share == 1:
            emit("progress", share=share, label=label)
            next_line = now + SECONDS_BETWEEN_LINES

    emit("started")
    emit("result", result=TASKS[job["job"]](job, tell))
    emit("finished", message="", advice="")


JOBS = {"train": _train} | dict.fromkeys(TASKS, _answer)


if __name__ == "__main__":
    main()
