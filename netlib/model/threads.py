"""One thread of torch, on which sums have one order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# The number of threads belongs to the process: two that change it take turns.
_LOCK = threading.RLock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Has torch compute on one thread, and gives it its number of threads back."""
    with _LOCK:
        n_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(n_threads)
