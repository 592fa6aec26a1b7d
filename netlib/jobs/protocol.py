"""What a server and its worker say to each other; needs no torch."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from netlib.data.choice import Seed
from netlib.errors import OneOf, Record
from netlib.experiment import Experiment
from netlib.source.mistakes import MISTAKES
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES, StyleName
from netlib.spec.network import NetworkSpec
from netlib.training.change import Change
from netlib.training.diagnosis import LayerHealth
from netlib.training.epoch import Epoch
from netlib.training.limits import Limits

Style = Annotated[StyleName, OneOf("style", STYLES)]
Steps = Annotated[int, Field(ge=1, le=10_000, strict=True, title="steps")]
EndState = Literal["finished", "stopped", "diverged", "failed"]


class Train(Record):
    """Asks for a training run; "csv" is attached for a table of one's own.

    A fork goes on from the attached "checkpoint", which is one of `forked_from`.
    """

    kind: Literal["train"] = "train"
    experiment: Experiment
    limits: Limits = Limits()
    is_paused: bool = False
    forked_from: Experiment | None = None


class Certify(Record):
    """Asks for the certificate of styles, the first of which is the reference."""

    kind: Literal["certify"] = "certify"
    spec: NetworkSpec
    styles: tuple[Style, ...]
    seed: Seed
    steps: Steps
    optimizer: Annotated[str, OneOf("optimizer", OPTIMIZERS)]


class FindMistake(Record):
    """Asks for the certificate of a definition without and with a planted mistake."""

    kind: Literal["find_mistake"] = "find_mistake"
    spec: NetworkSpec
    seed: Seed
    mistake: Annotated[str, OneOf("mistake", MISTAKES)]


class RunPair(Record):
    """Asks for the epochs of two programs, by label; `pair` is a name of PAIRS."""

    kind: Literal["run_pair"] = "run_pair"
    pair: str
    seed: Seed


class TimeSteps(Record):
    """Asks how long a training step takes in each style."""

    kind: Literal["time_steps"] = "time_steps"
    spec: NetworkSpec
    styles: Annotated[tuple[Style, ...], Field(min_length=1, title="a style")]
    seed: Seed
    rounds: Annotated[int, Field(ge=2, le=10_000_000, strict=True, title="rounds")]
    steps: Steps


class Export(Record):
    """Asks for a file; "csv" and "weights" are attached where there are any.

    `format` is a name of EXPORTS or the whole project. `weights_style` is the style in
    which the attached weights are named.
    """

    kind: Literal["export"] = "export"
    format: str
    experiment: Experiment
    history: tuple[Epoch, ...] = ()
    weights_style: StyleName | None = None


class Stop(Record):
    """Ends what the worker does, within one step of it."""

    kind: Literal["stop"] = "stop"


class Pause(Record):
    """Lets a run wait where it is."""

    kind: Literal["pause"] = "pause"


class Play(Record):
    """Lets a run go on, at so many steps a second or, with None, as fast as it can."""

    kind: Literal["play"] = "play"
    pace: float | None = Field(default=None, ge=0.1, le=10_000, title="steps a second")


class Step(Record):
    """Lets a run go on to the next step, or to the end of the epoch, and wait there."""

    kind: Literal["step"] = "step"
    until: Literal["step", "epoch"] = "step"


class Watch(Record):
    """Tells whether anybody looks at a run's pictures, which cost a little."""

    kind: Literal["watch"] = "watch"
    is_watched: bool


class GiveWay(Record):
    """Has a run rest for a moment: a page answers a person and needs the cores."""

    kind: Literal["give_way"] = "give_way"


class Look(Record):
    """Asks the server for the picture of an epoch that is kept; no worker hears of it."""

    kind: Literal["look"] = "look"
    epoch: int


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


ErrandRequest = Certify | FindMistake | RunPair | TimeSteps | Export
Request = Train | ErrandRequest
Wish = Pause | Play | Step | Change
Control = Wish | Stop | Watch | GiveWay
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
