"""What tests that start processes share."""

import threading
import time

import psutil


def wait_until(holds, seconds=15):
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
