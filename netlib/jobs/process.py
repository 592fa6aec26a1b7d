"""A worker's process and its pipes: started, spoken to, heard, ended."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from netlib.errors import Record, TrainingError
from netlib.jobs.wire import EVENTS, Attached, Parcel, read_message, write_message

# A command that starts a worker otherwise, such as `ssh host python -m netlib.jobs.worker`.
COMMAND_VARIABLE = "LAYERWRIGHT_WORKER"
ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """A worker process; raises OSError or TrainingError where it cannot be started."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            worker_command(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in a terminal is for the server alone
        )

    def send(self, message: Record, attached: Attached | None = None) -> None:
        """Writes a message; a process that is gone shows at the end of its events."""
        assert self.process.stdin
        with suppress(OSError, ValueError):  # ValueError: `end` has closed the pipe
            write_message(self.process.stdin, message, attached)

    def events(self) -> Iterator[Parcel]:
        """Yields what the process tells, until it ends; raises MessageError."""
        assert self.process.stdout
        while parcel := read_message(self.process.stdout, EVENTS):
            yield parcel

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


def worker_command() -> list[str]:
    """Returns the command of LAYERWRIGHT_WORKER, else that of this interpreter."""
    text = os.environ.get(COMMAND_VARIABLE, "")
    try:
        command = shlex.split(text)
    except ValueError as error:
        rule = "a command as a shell reads it"
        raise TrainingError(COMMAND_VARIABLE, rule, f"{text} ({error})") from None
    return command or [sys.executable, "-m", "netlib.jobs.worker"]
