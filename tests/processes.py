"""What tests that start processes share."""

import subprocess
import sys
import threading
import time

import psutil


def wait_until(holds, seconds=60):
    """Waits until `holds()` is true; returns how long it took."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < seconds, "waited in vain"
        threading.Event().wait(0.01)
    return time.monotonic() - start


def is_alive(pid):
    """Returns whether a process runs; one that waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def lint(folder):
    """Asserts that ruff finds nothing in the folder to say or to format."""
    ruff, options = [sys.executable, "-m", "ruff"], ["--isolated", "--no-cache", "-q"]
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [*ruff, *command, *options, folder],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
