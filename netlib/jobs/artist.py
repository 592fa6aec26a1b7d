"""Pictures of a training, made by its worker while somebody looks."""

import math
import time
from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from netlib.errors import NetlibError, Record
from netlib.jobs.events import Health, Picture, Refused, Scene
from netlib.jobs.kept import EVALUATION, PICTURE
from netlib.jobs.wire import Attached, pack
from netlib.model.evaluation import evaluate
from netlib.model.probe import Probe
from netlib.training.health import layer_health
from netlib.training.run import Training
from netlib.training.state import State

SECONDS_BETWEEN = 1 / 32
SECONDS_BETWEEN_EXAMS = 1.0
# The next picture waits this many times as long as the last one took.
REST = 12
LARGE_BYTES = 10_000_000


class Tell(Protocol):
    """Sends a message with what is attached to the server."""

    def __call__(self, message: Record, attached: Attached | None = None) -> None:
        """Sends it."""


class Artist:
    """Tells at most 32 pictures a second, by a twelfth of the time, and now and then health.

    After `due` it is time for `draw`.
    """

    def __init__(self, tell: Tell, training: Training) -> None:
        self._tell, self._training = tell, training
        self._probe: Probe | None = None
        self._drawn: set[int] = set()  # of the past, as are those measured
        self._measured: set[int] = set()
        self._next_exam = 0.0
        self._before: dict[str, Tensor] | None = None
        self.is_watched = False
        self.due = math.inf

    def watch(self, is_watched: bool) -> None:
        """Begins to draw, or ends it."""
        if is_watched and self._probe is None:
            try:
                self._probe = Probe(self._training.running)
            except NetlibError as error:  # there is no room for its network
                self._tell(Refused(message=error.message, advice=error.advice))
                return
            self._tell(Scene(), {"scene": pack(*self._probe.scene())})
        self.is_watched = is_watched
        self.due = 0.0 if is_watched else math.inf

    def finish(self) -> None:
        """Begins to draw for those who come once the run has ended, if that is cheap."""
        if self._training.running.program.source.spec.n_bytes <= LARGE_BYTES:
            self.watch(is_watched=True)

    def draw(self) -> None:
        """Tells a picture of this moment."""
        start = time.perf_counter()
        training, tensors = self._training, self._training.running.network.tensors
        picture = self._picture(tensors, training.epoch, training.steps)
        self._tell(Picture(), {"picture": picture})
        seconds = time.perf_counter() - start
        self.due = start + max(SECONDS_BETWEEN, REST * seconds)

    def examine(self) -> None:
        """Is called after each step, and now and then tells what one did to each layer."""
        now = time.perf_counter()
        if not self.is_watched or now < self._next_exam:
            return
        tensors = self._training.running.network.tensors
        if self._before is None:
            self._before = {name: t.detach().clone() for name, t in tensors.items()}
            return
        assert self._probe
        layers = layer_health(self._probe, tensors, self._before)
        self._tell(Health(layers=tuple(layers)))
        self._before = None
        end = time.perf_counter()
        self._next_exam = end + max(SECONDS_BETWEEN_EXAMS, REST * (end - now))

    def look_back(self, states: Mapping[int, State]) -> dict[str, bytes] | None:
        """Returns what can be told more of a state: a picture, an evaluation, or both.

        States are given by their epochs. The latest comes first, then the others' pictures
        and last their evaluations, each the farthest from those before. There is None
        left at the end, or while nobody looks.
        """
        if not self.is_watched:
            return None
        if (latest := max(states)) not in self._measured:
            state = states[latest]
            return self._draw_past(state) | self._measure(state)
        if new := states.keys() - self._drawn:
            return self._draw_past(states[_farthest(new, self._drawn)])
        if new := states.keys() - self._measured:
            return self._measure(states[_farthest(new, self._measured)])
        return None

    def _draw_past(self, state: State) -> dict[str, bytes]:
        self._drawn.add(state.epoch)
        picture = self._picture(state.weights, state.epoch, 0)
        return {f"{state.epoch}{PICTURE}": picture}

    def _measure(self, state: State) -> dict[str, bytes]:
        assert self._probe
        self._measured.add(state.epoch)
        found = evaluate(self._probe, state.weights, state.epoch)
        content = found and found.model_dump_json().encode()
        return {f"{state.epoch}{EVALUATION}": content} if content else {}

    def _picture(self, weights: Mapping[str, Tensor], epoch: int, steps: int) -> bytes:
        assert self._probe
        facts, content = self._probe.picture(weights)
        return pack(facts | {"epoch": epoch, "steps": steps}, content)


def _farthest(new: set[int], told: set[int]) -> int:
    return max(new, key=lambda epoch: min(abs(epoch - other) for other in told))
