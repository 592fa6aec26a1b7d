"""The turns of a training as a person plays it: at a pace, one by one, or none."""

import time
from queue import Empty, SimpleQueue

from netlib.jobs.protocol import Control, GiveWay, Pause, Play, Step
from netlib.training.epoch import Epoch

Controls = SimpleQueue[Control]
SECONDS_OF_REST = 0.3  # a page takes about half of it to answer an edit


class Player:
    """Says what is to be done next, and waits for it; `pauses` are its seconds in all."""

    def __init__(self, controls: Controls, is_playing: bool) -> None:
        self.is_playing = is_playing
        self.pauses = 0.0
        self._controls = controls
        self._pace: float | None = None
        self._until: str | None = None
        self._due = 0.0

    @property
    def is_asked(self) -> bool:
        """Whether a person wants something, which `next` returns."""
        return not self._controls.empty()

    def next(self) -> Control | None:
        """Returns what a person wants, or None where it is time for a turn."""
        is_due = self.is_playing and self._due <= time.perf_counter()
        if is_due and not self.is_asked:
            return None
        try:
            control = self._wait()
        except Empty:
            return None
        self._obey(control)
        return control

    def note(self, epoch: Epoch | None) -> None:
        """Takes what a turn gave: an epoch, or None after a step."""
        if self._until == ("step" if epoch is None else "epoch"):
            self.is_playing = False
        if self._pace is not None and epoch is None:
            self._due = max(self._due, time.perf_counter() - 1) + 1 / self._pace

    def _wait(self) -> Control:
        start = time.perf_counter()
        if self.is_playing:
            return self._controls.get(timeout=max(0.0, self._due - start))
        control = self._controls.get()
        self.pauses += time.perf_counter() - start
        return control

    def _obey(self, control: Control) -> None:
        match control:
            case Pause():
                self.is_playing = False
            case Play(pace=pace):
                self.is_playing, self._until, self._pace = True, None, pace
                self._due = time.perf_counter()
            case Step(until=until):
                self.is_playing, self._until, self._pace = True, until, None
                self._due = 0.0
            case GiveWay():
                self._due = max(self._due, time.perf_counter() + SECONDS_OF_REST)
