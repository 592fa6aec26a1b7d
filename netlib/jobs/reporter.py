"""What a worker tells of a training while it goes on."""

import time

from safetensors.numpy import save

from netlib.errors import NetlibError
from netlib.jobs.artist import Artist, Tell
from netlib.jobs.events import Best, Changed, Epochs, Kept, Position, Refused, Weights
from netlib.jobs.player import Player
from netlib.model.weights import weights_of
from netlib.training.change import Change
from netlib.training.epoch import Epoch
from netlib.training.run import Training
from netlib.training.state import Checkpoint, State

SECONDS_BETWEEN_LINES = 0.1
SECONDS_BETWEEN_SAVES = 0.5
# The next save waits this many times as long as the last one took.
REST_AFTER_SAVE = 25
SECONDS_OF_LOOKING_BACK = 0.5  # once a run has ended


class Reporter:
    """Tells of a training, seldom enough never to slow it, and all of it in a pause.

    It draws no random number and leaves the network's mode as it is.
    """

    def __init__(self, tell: Tell, training: Training, player: Player) -> None:
        self._tell, self._training, self._player = tell, training, player
        self.artist = Artist(tell, training)
        self._epochs: list[Epoch] = []
        self._kept: set[int] = set()
        self._next_line = self._next_save = 0.0
        self._tell_weights()
        self._start = time.perf_counter()
        self.elapsed_seconds = 0.0

    def add(self, epoch: Epoch | None) -> None:
        """Takes an epoch, or None after a step, and tells what is due."""
        now = time.perf_counter()
        if epoch is not None:
            self.elapsed_seconds = now - self._start - self._player.pauses
            self._epochs.append(epoch)
        if self._epochs and now >= self._next_line:
            self._tell_epochs()
            self._next_line = now + SECONDS_BETWEEN_LINES
        if now >= self._next_save:
            self._tell_weights()
        if epoch is None:
            self.artist.examine()
        if now >= self.artist.due:
            self.artist.draw()

    def change(self, change: Change) -> None:
        """Changes what a person wants changed, and tells it, or why it cannot be."""
        training = self._training
        try:
            training.change(change)
        except NetlibError as error:
            self._tell(Refused(message=error.message, advice=error.advice))
        else:
            place = {"epoch": training.epoch, "steps": training.steps}
            self._tell(Changed(**place, change=change))

    def position(self) -> None:
        """Tells where the training is, and whether it plays."""
        training, is_playing = self._training, self._player.is_playing
        self._tell(
            Position(epoch=training.epoch, steps=training.steps, is_playing=is_playing)
        )

    def settle(self) -> None:
        """Tells all that is not told yet, before a pause or the end."""
        if self._epochs:
            self._tell_epochs()
        self._tell_kept()
        self.position()
        if self.artist.is_watched:
            self.artist.draw()
        self._tell_weights()

    def close(self) -> None:
        """Tells all that is not told yet, and the best weights."""
        if self._epochs:
            self._tell_epochs()
        if best := self._training.best:
            content = save(best.weights, {"epoch": str(best.epoch.number)})
            self._tell(Best(epoch=best.epoch.number), {"weights": content})
        self.artist.finish()
        self.settle()
        end = time.perf_counter() + SECONDS_OF_LOOKING_BACK
        while self.look_back() and time.perf_counter() < end:
            pass

    def look_back(self) -> bool:
        """Tells more of one moment that is kept; returns whether there was any."""
        states = self._states()
        found = self.artist.look_back(states)
        if found:
            self._tell(Kept(epochs=tuple(states)), found)
        return found is not None

    def _tell_epochs(self) -> None:
        seconds = self.elapsed_seconds
        self._tell(Epochs(epochs=self._epochs, elapsed_seconds=seconds))
        self._epochs = []

    def _tell_weights(self) -> None:
        start, epoch = time.perf_counter(), self._training.epoch
        content = save(
            weights_of(self._training.running.network), {"epoch": str(epoch)}
        )
        self._tell(Weights(epoch=epoch), {"weights": content})
        end = time.perf_counter()
        rest = max(SECONDS_BETWEEN_SAVES, REST_AFTER_SAVE * (end - start))
        self._next_save = end + rest

    def _tell_kept(self) -> None:
        self._training.keep()
        states = self._states()
        new = [state for epoch, state in states.items() if epoch not in self._kept]
        attached = {str(state.epoch): Checkpoint(state).to_bytes() for state in new}
        if attached:
            self._tell(Kept(epochs=tuple(states)), attached)
        self._kept = set(states)

    def _states(self) -> dict[int, State]:
        return {state.epoch: state for state in self._training.checkpoints.states}
