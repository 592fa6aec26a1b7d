"""A clean process: a program run where nothing of this application can be imported."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

from netlib.errors import ExportError, shorten

# Processes talk within this machine.
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


def run_clean(
    name: str, path: Path, seconds: float, arguments: Sequence[str] = ()
) -> Generator[str, None, None]:
    """Yields what the program prints, line by line, in its own folder.

    Ends it, with all that it has started, when it is left. Raises ExportError, where
    `name` is the file it is about, if it fails or takes longer than `seconds`.
    """
    is_late = threading.Event()
    with (path.parent / "stderr").open("w+", encoding="utf-8", errors="replace") as err:
        process = subprocess.Popen(
            # Isolated: no path leads to this application.
            [sys.executable, "-I", path.name, *arguments],
            cwd=path.parent,
            env=os.environ | {"GLOO_SOCKET_IFNAME": LOOPBACK},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that it can be ended with all that it starts
        )

        def end_late() -> None:
            is_late.set()
            _end(process)

        timer = threading.Timer(seconds, end_late)
        timer.start()
        try:
            assert process.stdout
            for line in process.stdout:
                yield line.rstrip("\n")
            code = process.wait()
        finally:
            timer.cancel()
            _end(process)
        err.seek(0)
        last_words = err.read().strip().rpartition("\n")[2]
    if is_late.is_set():
        advice = "Take a smaller network, fewer rows or larger batches."
        raise ExportError(name, f"to end within {seconds:g} s", "no end", advice)
    if code:
        found = shorten(last_words or f"exit status {code}")
        raise ExportError(name, "to run without an error", found)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()
