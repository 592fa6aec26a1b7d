"""One value for all that a person chose, and its link: permalink in and out."""

import base64
import binascii
import json
import zlib
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field

from netlib.errors import LinkError, NetlibError, Record, SpecError
from netlib.source.styles import STYLES
from netlib.spec.layer import Number
from netlib.spec.network import NetworkSpec

LARGEST_SEED = 2**31 - 1
LONGEST_LINK = 32_768
LARGEST_JSON = 256 * 1024

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED, strict=True, title="as seed")]
ShortText = Annotated[str, Field(max_length=200, title="text of up to 200 characters")]

DataName = Literal[
    "digits-odd", "digits", "iris", "wine", "breast-cancer", "diabetes",
    "circles", "moons", "xor", "gaussians", "spirals", "csv",
]  # fmt: skip


class DataChoice(Record):
    """Which table to train on; of an uploaded one only its SHA-256 and preparation."""

    where: ClassVar[str] = "data"

    name: DataName = Field(default="digits-odd", title="data set")
    noise: Number = Field(default=0.1, ge=0, le=1, title="noise")
    seed: Seed = 0
    sha256: Annotated[
        str, Field(pattern=r"^([0-9a-f]{64})?$", title="a SHA-256 of 64 hex digits")
    ] = ""
    filename: ShortText = ""
    target: ShortText = ""
    left_out: Annotated[
        tuple[ShortText, ...], Field(max_length=1000, title="names of columns")
    ] = ()


class TrainingPlan(Record):
    """How to train: torch's own SGD or Adam over shuffled batches."""

    where: ClassVar[str] = "plan"

    optimizer: Literal["adam", "sgd"] = Field(default="adam", title="optimizer")
    learning_rate: Number = Field(default=0.01, ge=1e-6, le=1e6, title="learning rate")
    momentum: Number = Field(default=0.9, ge=0, le=1, title="momentum")
    batch_size: int = Field(
        default=32, ge=1, le=65_536, strict=True, title="rows a batch"
    )
    epochs: int = Field(default=100, ge=1, le=100_000, strict=True, title="epochs")
    validation_share: Number = Field(
        default=0.2, ge=0.05, le=0.8, title="validation share"
    )
    seed: Seed = 0


def _style(name: object) -> str:
    if not isinstance(name, str) or name not in STYLES:
        raise SpecError("style", f"one of {', '.join(STYLES)}", name)
    return name


class Experiment(Record):
    """A network, the style it is written in, its seed, the data and the plan."""

    where: ClassVar[str] = "experiment"

    spec: NetworkSpec = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
    style: Annotated[str, BeforeValidator(_style)] = "sequential"
    seed: Seed = 0
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
            return cls.model_validate(json.loads(_unpack(link)))
        except NetlibError as error:
            if isinstance(error, LinkError):
                raise
            where = f"design link, {error.where}"
            raise LinkError(where, error.rule, error.value) from error
        except (ValueError, RecursionError, zlib.error, binascii.Error):
            rule = "a link copied whole from this page"
            raise LinkError("design link", rule, link) from None


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
