"""One value for all that a person chose, and its link: permalink in and out."""

import base64
import json
import zlib
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from netlib.data.choice import DataChoice, Seed
from netlib.errors import LinkError, NetlibError, OneOf, Record, shorten
from netlib.source.optimizers import CONSTANT, OPTIMIZERS, SCHEDULES
from netlib.source.styles import STYLES, StyleName
from netlib.source.tasks import REGRESSION_LOSSES
from netlib.spec.layer import Number, Switch
from netlib.spec.network import NetworkSpec

LONGEST_LINK = 32_768
LARGEST_JSON = 256 * 1024
WHOLE_LINK = "a link copied whole from this page"


class TrainingPlan(Record):
    """How to train: an optimizer of torch over shuffled batches."""

    where: ClassVar[str] = "plan"

    optimizer: Annotated[str, OneOf("optimizer", OPTIMIZERS)] = "adam"
    learning_rate: Number = Field(default=0.01, ge=1e-6, le=1e6, title="learning rate")
    momentum: Number = Field(default=0.9, ge=0, le=1, title="momentum")
    nesterov: Switch = Field(default=False, title="Nesterov momentum")
    weight_decay: Number = Field(default=0.01, ge=0, le=100, title="weight decay")
    schedule: Annotated[str, OneOf("schedule", SCHEDULES)] = CONSTANT
    clip: Number = Field(default=0.0, ge=0, le=1e6, title="largest gradient norm")
    regression_loss: Annotated[str, OneOf("loss", REGRESSION_LOSSES)] = "mse_loss"
    batch_size: int = Field(
        default=32, ge=1, le=65_536, strict=True, title="rows a batch"
    )
    epochs: int = Field(default=100, ge=1, le=100_000, strict=True, title="epochs")
    validation_share: Number = Field(
        default=0.2, ge=0.05, le=0.8, title="validation share"
    )
    seed: Seed = Field(default=0, title="as seed of the split")
    device: Literal["cpu", "auto"] = Field(default="cpu", title="device")


class Experiment(Record):
    """A network, the style it is written in, its seed, the data and the plan."""

    where: ClassVar[str] = "experiment"

    spec: NetworkSpec = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
    style: Annotated[StyleName, OneOf("style", STYLES)] = "sequential"
    seed: Seed = Field(default=0, title="as seed of weights and order")
    data: DataChoice = DataChoice()
    plan: TrainingPlan = TrainingPlan()

    def to_link(self) -> str:
        """Returns the experiment as URL-safe text, equal for equal experiments.

        Raises LinkError for one that `from_link` would find too long.
        """
        text = self.model_dump_json()
        packed = zlib.compress(text.encode(), 9)
        link = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        _check_length(link)
        return link

    @classmethod
    def from_link(cls, link: str) -> Self:
        """Reads what `to_link` wrote; raises LinkError for anything else.

        >>> experiment = Experiment(style="manual", seed=7)
        >>> Experiment.from_link(experiment.to_link()) == experiment
        True
        """
        try:
            text = _unpack(link)
        except (ValueError, zlib.error):
            raise LinkError("design link", WHOLE_LINK, link) from None
        return cls._read(text, "design link", WHOLE_LINK, link)

    def to_json(self) -> bytes:
        """Returns the content of a design's file, such as `design.json`."""
        return f"{self.model_dump_json(indent=2)}\n".encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Reads a design's file; raises LinkError for any other, or one without a link.

        >>> experiment = Experiment(style="manual", seed=7)
        >>> Experiment.from_json(experiment.to_json()) == experiment
        True
        """
        where, size = "design file", len(content)
        if size > LARGEST_JSON:
            rule = f"a design of at most {LARGEST_JSON // 1024} kB"
            raise LinkError(where, rule, f"{size / 1024:,.0f} kB")
        found = shorten(content.decode(errors="backslashreplace"), 40)
        experiment = cls._read(content, where, "the JSON of a design", found)
        experiment.to_link()  # what no link can hold would be lost at a reload
        return experiment

    @classmethod
    def _read(cls, text: bytes, where: str, rule: str, found: str) -> Self:
        """Reads JSON; of text that is none, `rule` and `found` say what is wrong."""
        try:
            return cls.model_validate(json.loads(text))
        except NetlibError as error:
            raise LinkError(
                f"{where}, {error.where}", error.rule, error.value
            ) from error
        except (ValueError, RecursionError):
            raise LinkError(where, rule, found) from None


def _check_length(link: str) -> None:
    if len(link) > LONGEST_LINK:
        rule = f"at most {LONGEST_LINK} characters"
        advice = "Leave out fewer columns, or use fewer layers."
        raise LinkError("design link", rule, f"{len(link)} characters", advice)


def _unpack(link: str) -> bytes:
    _check_length(link)
    padded = link.encode("ascii") + b"=" * (-len(link) % 4)
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(
        base64.b64decode(padded, b"-_", validate=True), LARGEST_JSON
    )
    if not unpacker.eof:
        rule = f"a design of at most {LARGEST_JSON // 1024} kB"
        raise LinkError("design link", rule, "a longer or an unfinished one")
    return text
