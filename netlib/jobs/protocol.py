"""What a server and its worker say to each other, and how it travels; needs no torch.

A parcel is a line of JSON, {"message": {...}, "attached": {"csv": 1234}}, and then the bytes
of what is attached, as they are. JSON is Python's: NaN and infinity are numbers.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Annotated, Any, Literal, NamedTuple, get_args

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from netlib.data.choice import Seed
from netlib.errors import MessageError, NetlibError, OneOf, Record
from netlib.experiment import Experiment
from netlib.source.mistakes import MISTAKES
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES
from netlib.spec.network import NetworkSpec
from netlib.training.epoch import Epoch

Style = Annotated[str, OneOf("style", STYLES)]
Steps = Annotated[int, Field(ge=1, le=10_000, strict=True, title="steps")]
EndState = Literal["finished", "stopped", "diverged", "failed"]

# What is attached to a message, by name: "csv", "weights" (safetensors) or "file".
Attached = Mapping[str, bytes]


class Train(Record):
    """Asks for a training run; "csv" is attached for a table of one's own."""

    kind: Literal["train"] = "train"
    experiment: Experiment


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
    weights_style: str | None = None


class Stop(Record):
    """Ends what the worker does, within one step of it."""

    kind: Literal["stop"] = "stop"


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
    """Brings a "file" by its name; `check` says what was run and found."""

    kind: Literal["file"] = "file"
    name: str
    check: str


class Ended(Record):
    """The last message of a job: how it ended, with why and what to do next, or ""."""

    kind: Literal["ended"] = "ended"
    state: EndState
    message: str = ""
    advice: str = ""


ErrandRequest = Certify | FindMistake | RunPair | TimeSteps | Export
Request = Train | ErrandRequest
Event = Ready | Started | Epochs | Weights | Progress | Result | File | Ended


class Parcel(NamedTuple):
    """A message and what is attached to it."""

    message: Record
    attached: Attached = MappingProxyType({})

    def content(self, name: str) -> bytes:
        """Returns what is attached by this name; raises MessageError for nothing."""
        if name not in self.attached:
            raise MessageError(
                "message", f'"{name}" attached', ", ".join(self.attached)
            )
        return self.attached[name]


class _Header(Record):
    model_config = ConfigDict(extra="ignore")

    message: Any = None
    attached: dict[str, Annotated[int, Field(ge=0, strict=True)]] = Field(default={})


def write_message(
    stream: IO[bytes], message: Record, attached: Attached | None = None
) -> None:
    """Writes a message with what is attached; raises OSError where nobody reads."""
    contents = attached or {}
    sizes = {name: len(content) for name, content in contents.items()}
    header = {"message": message.model_dump(mode="json"), "attached": sizes}
    stream.write(f"{json.dumps(header)}\n".encode())
    stream.writelines(contents.values())
    stream.flush()


class Kinds:
    """The messages of one direction."""

    def __init__(self, union: Any) -> None:
        self._names = [row.model_fields["kind"].default for row in get_args(union)]
        self._adapter: TypeAdapter[Record] = TypeAdapter(
            Annotated[union, Field(discriminator="kind")]
        )

    def check(self, values: Any) -> Record:
        """Returns the message that JSON holds; raises MessageError for any other."""
        try:
            return self._adapter.validate_python(values)
        except NetlibError as error:
            where = f"message, {error.where}"
            raise MessageError(where, error.rule, error.value, error.advice) from None
        except ValidationError:  # of the union itself
            found = values.get("kind") if isinstance(values, dict) else values
            rule = f"one of the kinds {', '.join(self._names)}"
            raise MessageError("message", rule, found or "none") from None


REQUESTS, EVENTS = Kinds(Request | Stop), Kinds(Event)


def read_message(stream: IO[bytes], kinds: Kinds) -> Parcel | None:
    """Reads a message; None at the end, even in the middle of one.

    Raises MessageError for one of no such kind, or what is none: the stream then stands
    before the next message.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    header, attached = _header(line), {}
    for name, size in header.attached.items():
        attached[name] = stream.read(size)
        if len(attached[name]) < size:
            return None
    return Parcel(kinds.check(header.message), attached)


def _header(line: bytes) -> _Header:
    try:
        return _Header.model_validate(json.loads(line))
    except (NetlibError, ValueError, RecursionError):
        rule = "a line of JSON with a message and the sizes of what is attached"
        raise MessageError("message", rule, repr(line)) from None
