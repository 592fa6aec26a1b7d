"""`python -m netlib.jobs.worker`: one job after another, messages in and out.

In: requests, one at a time, and `Stop`; the end of the input ends the process at once.
Out: `Ready` once; for each request `Started`, then `Epochs` and `Weights` of a training
or `Progress` and a `Result` or `File` of an errand, and last `Ended`. What cannot be read
as a request is answered by `Ended` alone.
"""

import gc
import os
import sys
import threading
import time
import traceback
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

from netlib.errors import DivergedError, MessageError, NetlibError, Record, shorten
from netlib.experiment import Experiment
from netlib.jobs.errands import HANDLERS
from netlib.jobs.protocol import (
    REQUESTS,
    Attached,
    Ended,
    EndState,
    Epochs,
    Parcel,
    Progress,
    Ready,
    Started,
    Stop,
    Train,
    Weights,
    read_message,
    write_message,
)
from netlib.training.epoch import Epoch

if TYPE_CHECKING:
    from netlib.model.builder import Network, RunningProgram

SECONDS_BETWEEN_LINES = 0.1
SECONDS_BETWEEN_SAVES = 0.5
# The next save waits this many times as long as the last one took.
REST_AFTER_SAVE = 25
LONGEST_MESSAGE = 300
# After an error that nobody foresaw.
ADVICE = {
    "run": "Change the network, the data or the plan and train again.",
    "errand": "Change the network and start it again.",
}

Jobs = SimpleQueue[Parcel | MessageError]


class Stopped(Exception):
    """Ends a job once a stop was asked."""


class Output:
    """The messages to whoever started the worker.

    It keeps stdout for them alone: whatever else is printed goes to stderr.
    """

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def tell(self, message: Record, attached: Attached | None = None) -> None:
        """Writes a message with what is attached."""
        write_message(self._stream, message, attached)


def main() -> None:
    """Does the jobs on stdin one after another, and tells on stdout how they go."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)  # the pages of the server come first
    output, jobs, stop = Output(), Jobs(), threading.Event()
    # Before the slow imports, so that the end of the input is seen during them.
    threading.Thread(target=_read, args=(jobs, stop), daemon=True).start()
    _warm_up()
    output.tell(Ready())
    while True:
        _do(jobs.get(), output, stop)
        gc.collect()  # a program and its functions refer to each other


def _read(jobs: Jobs, stop: threading.Event) -> None:
    try:
        while (asked := _next_parcel()) is not None:
            if isinstance(asked, Parcel) and isinstance(asked.message, Stop):
                stop.set()
            else:
                stop.clear()
                jobs.put(asked)
    finally:  # the last message may be cut off
        os._exit(0)


def _next_parcel() -> Parcel | MessageError | None:
    try:
        return read_message(sys.stdin.buffer, REQUESTS)
    except MessageError as error:
        return error


def _warm_up() -> None:
    """Does once what would delay the first job: imports, and a step of a program."""
    import netlib.training.record  # noqa: F401
    from netlib.model.builder import execute
    from netlib.program.writer import write

    with suppress(Exception):  # each job will tell it
        next(iter(execute(write(Experiment())).train_epoch()))
    gc.freeze()  # what stays for good is not looked through again


def _do(asked: Parcel | MessageError, output: Output, stop: threading.Event) -> None:
    """Does what was asked and tells how it ended."""
    is_run = isinstance(asked, Parcel) and isinstance(asked.message, Train)
    try:
        if isinstance(asked, MessageError):
            raise asked
        (_train if is_run else _run_errand)(asked, output, stop)
        output.tell(Ended(state="finished"))
    except Exception as error:  # noqa: BLE001
        # Told here: what the job has left in its frames may take a while to be freed.
        output.tell(_ending(error, "run" if is_run else "errand"))


def _ending(error: Exception, where: str) -> Ended:
    if isinstance(error, Stopped):
        return Ended(state="stopped")
    if isinstance(error, NetlibError):
        state: EndState = "diverged" if isinstance(error, DivergedError) else "failed"
        return Ended(state=state, message=str(error), advice=error.advice)
    traceback.print_exception(error)
    text = shorten(f"{type(error).__name__}: {error}", LONGEST_MESSAGE)
    message = f"{where}: expects no error, got {text}."
    return Ended(state="failed", message=message, advice=ADVICE[where])


def _train(asked: Parcel, output: Output, stop: threading.Event) -> None:
    from netlib.model.builder import execute
    from netlib.program.writer import write
    from netlib.training.run import epochs

    assert isinstance(asked.message, Train)
    experiment, csv = asked.message.experiment, asked.attached.get("csv")
    running = execute(write(experiment, csv), csv)
    output.tell(_started(running))
    reporter = Reporter(output, running.network)
    try:
        for epoch in epochs(running, experiment.plan.epochs):
            reporter.add(epoch)
            if stop.is_set():
                raise Stopped
    finally:
        reporter.close()


def _started(running: "RunningProgram") -> Started:
    from netlib.source.tasks import TASKS
    from netlib.training.run import baseline

    return Started(
        n_rows=len(running.data["X_train"]),
        n_validation_rows=len(running.data["X_val"]),
        loss=running.program.loss,
        score=TASKS[running.program.task].score_name,
        baseline=baseline(running),
    )


class Reporter:
    """Tells of epochs and weights, seldom enough never to slow the training.

    It draws no random number and leaves the network's mode as it is.
    """

    def __init__(self, output: Output, network: "Network") -> None:
        self._output, self._network = output, network
        self._number = 0
        self._epochs: list[Epoch] = []
        self._next_line = self._next_save = 0.0
        self._tell_weights()
        self._start = time.perf_counter()
        self._elapsed_seconds = 0.0

    def add(self, epoch: Epoch | None) -> None:
        """Takes an epoch, or None after a step, and tells what is due."""
        now = time.perf_counter()
        if epoch is not None:
            self._number = epoch.number
            self._elapsed_seconds = now - self._start
            self._epochs.append(epoch)
        if self._epochs and now >= self._next_line:
            self._tell_epochs()
            self._next_line = now + SECONDS_BETWEEN_LINES
        if now >= self._next_save:
            self._tell_weights()

    def close(self) -> None:
        """Tells the epochs not yet told and the last weights."""
        if self._epochs:
            self._tell_epochs()
        self._tell_weights()

    def _tell_epochs(self) -> None:
        told = Epochs(epochs=self._epochs, elapsed_seconds=self._elapsed_seconds)
        self._output.tell(told)
        self._epochs = []

    def _tell_weights(self) -> None:
        from safetensors.numpy import save

        from netlib.training.record import weights_of

        start = time.perf_counter()
        content = save(weights_of(self._network), {"epoch": str(self._number)})
        self._output.tell(Weights(epoch=self._number), {"weights": content})
        end = time.perf_counter()
        rest = max(SECONDS_BETWEEN_SAVES, REST_AFTER_SAVE * (end - start))
        self._next_save = end + rest


def _run_errand(asked: Parcel, output: Output, stop: threading.Event) -> None:
    """Has a handler do an errand; it tells the share done, and ends there at a stop."""
    next_line = 0.0

    def tell(share: float, label: str) -> None:
        nonlocal next_line
        if stop.is_set():
            raise Stopped
        now = time.perf_counter()
        if now >= next_line or share == 1:
            output.tell(Progress(share=share, label=label))
            next_line = now + SECONDS_BETWEEN_LINES

    output.tell(Started())
    output.tell(*HANDLERS[type(asked.message)](asked.message, asked.attached, tell))


if __name__ == "__main__":
    main()
