"""The states of a run that are kept to go back to: thinned, in bounded memory."""

import time

from netlib.model.network import RunningProgram
from netlib.training.state import State, capture

MOST_STATES = 64
MOST_BYTES = 64 * 2**20
# The next state is taken this many times as long after the last one as taking it took.
REST = 150


class Checkpoints:
    """The first state, the latest, and some between: at most 64, and 64 MB where 2 fit.

    States are taken so seldom that they cost less than 1 % of the rate.
    """

    latest: State

    def __init__(self) -> None:
        self._kept: list[State] = []
        self._stride = 1
        self._due = 0.0

    @property
    def states(self) -> list[State]:
        """The states that are kept, from the first epoch to the latest."""
        is_kept = self.latest is self._kept[-1]
        return self._kept if is_kept else [*self._kept, self.latest]

    def is_due(self) -> bool:
        """Tells whether it is time for another state."""
        return time.perf_counter() >= self._due

    def take(self, running: RunningProgram, epoch: int) -> None:
        """Keeps the state after `epoch` epochs, and thins out those before."""
        start = time.perf_counter()
        self.latest = capture(running, epoch)
        self._add(self.latest)
        end = time.perf_counter()
        self._due = end + REST * (end - start)

    def _add(self, state: State) -> None:
        if not self._kept or state.epoch >= self._kept[-1].epoch + self._stride:
            self._kept.append(state)
        most = max(1, min(MOST_STATES, MOST_BYTES // max(1, state.n_bytes) - 1))
        while len(self._kept) > most:
            self._kept = self._kept[::2]
            self._stride *= 2
