"""`python -m netlib.jobs.worker`: one job after another, messages in and out.

In: requests, one at a time, and what a person wants of the work, such as `Stop`; the end
of the input ends the process at once. Out: `Ready` once; for each request `Started`, then
what is told of a training, or `Progress` and a `Result` or `File` of an errand, and last
`Ended`. What cannot be read is answered by `Ended` alone.
"""

import gc
import os
import sys
import threading
import time
import traceback
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, get_args

from netlib.errors import DivergedError, MessageError, NetlibError, Record, shorten
from netlib.experiment import Experiment
from netlib.jobs.events import Ended, EndState, Progress, Ready, Started
from netlib.jobs.handlers import HANDLERS
from netlib.jobs.player import Controls, Player
from netlib.jobs.protocol import Change, Control, GiveWay, Stop, Train, Watch
from netlib.jobs.wire import REQUESTS, Attached, Parcel, read_message, write_message

if TYPE_CHECKING:
    from netlib.jobs.reporter import Reporter
    from netlib.model.network import RunningProgram
    from netlib.training.run import Training

SECONDS_BETWEEN_LINES = 0.1
LONGEST_MESSAGE = 300
CONTROLS = get_args(Control)
# After an error that nobody foresaw.
ADVICE = {
    "run": "Change the network, the data or the plan and train again.",
    "errand": "Change the network and start it again.",
}

# Each with what a person wants of it while it is at work.
Jobs = SimpleQueue[tuple[Parcel | MessageError, Controls]]


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
    output, jobs = Output(), Jobs()
    # Before the slow imports, so that the end of the input is seen during them.
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    _warm_up()
    output.tell(Ready())
    while True:
        _do(*jobs.get(), output)
        gc.collect()  # a program and its functions refer to each other


def _read(jobs: Jobs) -> None:
    controls = Controls()
    try:
        while (asked := _next_parcel()) is not None:
            if isinstance(asked, Parcel) and isinstance(asked.message, CONTROLS):
                controls.put(asked.message)
            else:
                controls = Controls()
                jobs.put((asked, controls))
    finally:  # the last message may be cut off
        os._exit(0)


def _next_parcel() -> Parcel | MessageError | None:
    try:
        return read_message(sys.stdin.buffer, REQUESTS)
    except MessageError as error:
        return error


def _warm_up() -> None:
    """Does once what would delay the first job: imports, and a step of a program."""
    import netlib.jobs.reporter
    import netlib.training.record  # noqa: F401
    from netlib.model.builder import execute
    from netlib.program.writer import write

    with suppress(Exception):  # each job will tell it
        next(iter(execute(write(Experiment())).train_epoch()))
    gc.freeze()  # what stays for good is not looked through again


def _do(asked: Parcel | MessageError, controls: Controls, output: Output) -> None:
    """Does what was asked and tells how it ended."""
    is_run = isinstance(asked, Parcel) and isinstance(asked.message, Train)
    try:
        if isinstance(asked, MessageError):
            raise asked
        why = (_train if is_run else _run_errand)(asked, controls, output)
        output.tell(Ended(state="finished", message=why))
    except Exception as error:  # noqa: BLE001
        # Told here: what the job has left in its frames may take a while to be freed.
        output.tell(_ending(error, "run" if is_run else "errand"))


def _ending(error: Exception, where: str) -> Ended:
    if isinstance(error, Stopped):
        return Ended(state="stopped")
    if isinstance(error, NetlibError):
        state: EndState = "diverged" if isinstance(error, DivergedError) else "failed"
        return Ended(state=state, message=error.message, advice=error.advice)
    traceback.print_exception(error)
    text = shorten(f"{type(error).__name__}: {error}", LONGEST_MESSAGE)
    message = f"{where}: expects no error, got {text}."
    return Ended(state="failed", message=message, advice=ADVICE[where])


def _train(asked: Parcel, controls: Controls, output: Output) -> str:
    """Trains as a person plays it; returns which limit has ended it, or ""."""
    from netlib.jobs.reporter import Reporter

    request = asked.message
    assert isinstance(request, Train)
    training = _begin(request, asked.attached)
    output.tell(_started(training.running))
    player = Player(controls, is_playing=not request.is_paused)
    reporter = Reporter(output.tell, training, player)
    try:
        return _play(request, training, player, reporter)
    finally:
        reporter.close()


def _begin(request: Train, attached: Attached) -> "Training":
    """Returns the training of a request before its first turn."""
    from netlib.model.builder import execute
    from netlib.program.writer import write
    from netlib.training.run import Training
    from netlib.training.state import Checkpoint

    csv = attached.get("csv")
    training = Training(execute(write(request.experiment, csv), csv))
    if request.forked_from:
        state = Checkpoint.from_bytes(attached["checkpoint"]).state
        training.fork(state, request.forked_from)
    return training


def _play(
    request: Train, training: "Training", player: Player, reporter: "Reporter"
) -> str:
    while training.epoch < request.experiment.plan.epochs:
        if not player.is_playing:
            reporter.settle()
            while not player.is_asked and reporter.look_back():
                pass
        match control := player.next():
            case None:
                if why := _turn(request, training, player, reporter):
                    return why
            case Stop():
                raise Stopped
            case GiveWay():
                pass
            case Change():
                reporter.change(control)
            case Watch():
                reporter.artist.watch(control.is_watched)
            case _:
                reporter.position()
    return ""


def _turn(
    request: Train, training: "Training", player: Player, reporter: "Reporter"
) -> str:
    """Takes a turn; returns which limit it has reached, or ""."""
    epoch = training.advance()
    player.note(epoch)
    reporter.add(epoch)
    if epoch is None or training.best is None:
        return ""
    return request.limits.reached(epoch, training.best.epoch, reporter.elapsed_seconds)


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


def _run_errand(asked: Parcel, controls: Controls, output: Output) -> str:
    """Has a handler do an errand; it tells the share done, and ends there at a stop."""
    next_line = 0.0

    def tell(share: float, label: str) -> None:
        nonlocal next_line
        if not controls.empty():  # nothing is asked of an errand but to stop
            raise Stopped
        now = time.perf_counter()
        if now >= next_line or share == 1:
            output.tell(Progress(share=share, label=label))
            next_line = now + SECONDS_BETWEEN_LINES

    output.tell(Started())
    output.tell(*HANDLERS[type(asked.message)](asked.message, asked.attached, tell))
    return ""


if __name__ == "__main__":
    main()
