"""What a worker tells its server; needs no torch."""

from typing import Literal

from pydantic import JsonValue

from netlib.errors import Record
from netlib.training.change import Change
from netlib.training.diagnosis import LayerHealth
from netlib.training.epoch import Epoch

EndState = Literal["finished", "stopped", "diverged", "failed"]


class Ready(Record):
    """The worker has warmed up; told once."""

    kind: Literal["ready"] = "ready"


class Started(Record):
    """The work begins. For a run: its rows, its loss and its score by name.

    `baseline` is the score of the best constant answer. An errand tells none of these.
    """

    kind: Literal["started"] = "started"
    n_rows: int | None = None
    n_validation_rows: int | None = None
    loss: str | None = None
    score: str | None = None
    baseline: float | None = None


class Epochs(Record):
    """The epochs since the last message, and the seconds since the first step."""

    kind: Literal["epochs"] = "epochs"
    epochs: tuple[Epoch, ...]
    elapsed_seconds: float


class Weights(Record):
    """Brings "weights", as they are after `epoch` or later; 0 is before training."""

    kind: Literal["weights"] = "weights"
    epoch: int


class Position(Record):
    """Where a run is: the epochs that have ended, the steps since, and whether it plays."""

    kind: Literal["position"] = "position"
    epoch: int = 0
    steps: int = 0
    is_playing: bool = True


class Changed(Record):
    """What a person has changed, after so many epochs and steps."""

    kind: Literal["changed"] = "changed"
    epoch: int
    steps: int
    change: Change


class Refused(Record):
    """What a person wanted of a run and why it cannot be; the run goes on."""

    kind: Literal["refused"] = "refused"
    message: str
    advice: str


class Kept(Record):
    """The epochs at whose end a state is kept; brings those not told before.

    A state is attached as "7" for epoch 7, with "7.picture" and "7.evaluation" once it was
    looked back at.
    """

    kind: Literal["kept"] = "kept"
    epochs: tuple[int, ...]


class Scene(Record):
    """Brings the "scene" that a run's pictures have in common, see `model.probe`."""

    kind: Literal["scene"] = "scene"


class Picture(Record):
    """Brings the "picture" of what a network does in one moment, see `model.probe`."""

    kind: Literal["picture"] = "picture"


class Health(Record):
    """How each dense layer is after a step, while somebody looks."""

    kind: Literal["health"] = "health"
    layers: tuple[LayerHealth, ...]


class Best(Record):
    """Brings the "weights" after the epoch of the lowest validation loss."""

    kind: Literal["best"] = "best"
    epoch: int


class Progress(Record):
    """The share of an errand that is done, 0 to 1, and what is at work."""

    kind: Literal["progress"] = "progress"
    share: float
    label: str


class Result(Record):
    """What an errand found."""

    kind: Literal["result"] = "result"
    value: JsonValue


class File(Record):
    """Brings a "file" by its name; `check` says what was run and found.

    `seconds` is how long it took to make and to run it.
    """

    kind: Literal["file"] = "file"
    name: str
    check: str
    seconds: float


class Ended(Record):
    """The last message of a job: how it ended, with why and what to do next, or ""."""

    kind: Literal["ended"] = "ended"
    state: EndState
    message: str = ""
    advice: str = ""


RunEvent = (
    Epochs
    | Weights
    | Position
    | Changed
    | Refused
    | Kept
    | Best
    | Scene
    | Picture
    | Health
)
Event = Ready | Started | RunEvent | Progress | Result | File | Ended
