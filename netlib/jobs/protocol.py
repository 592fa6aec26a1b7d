"""What a server asks of its worker; needs no torch."""

from typing import Annotated, Literal

from pydantic import Field

from netlib.data.choice import Seed
from netlib.errors import OneOf, Record
from netlib.experiment import Experiment
from netlib.source.mistakes import MISTAKES
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES, StyleName
from netlib.spec.network import NetworkSpec
from netlib.training.change import Change
from netlib.training.epoch import Epoch
from netlib.training.limits import Limits

Style = Annotated[StyleName, OneOf("style", STYLES)]
Steps = Annotated[int, Field(ge=1, le=10_000, strict=True, title="steps")]


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


ErrandRequest = Certify | FindMistake | RunPair | TimeSteps | Export
Request = Train | ErrandRequest
Wish = Pause | Play | Step | Change
Control = Wish | Stop | Watch | GiveWay
