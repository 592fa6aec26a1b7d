"""Which data an experiment learns from: a name, or the fingerprint of a table."""

from collections import ChainMap
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from netlib.data.examples import EXAMPLES
from netlib.data.features import FEATURES, GIVEN, INPUTS
from netlib.data.readings import READINGS
from netlib.errors import OneOf, Record
from netlib.spec.layer import Number

CSV = "csv"
# Examples first, and those added later too.
DATA_NAMES: ChainMap[str, Any] = ChainMap({CSV: None}, EXAMPLES)
LARGEST_SEED = 2**31 - 1

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED, strict=True, title="as seed")]
ShortText = Annotated[str, Field(max_length=200, title="text of up to 200 characters")]


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in INPUTS if name in names)


def _sorted(readings: dict[str, str]) -> dict[str, str]:
    return dict(sorted(readings.items()))


class DataChoice(Record):
    """Which table to train on; of an uploaded one only its SHA-256 and preparation.

    `features` are made of the two that points have, and `without` are those of these two that
    are no inputs themselves. `read_as` holds what a person made of columns, by their names;
    `task` is what is asked of the target, "auto" where it follows from its values.
    """

    where: ClassVar[str] = "data"

    name: Annotated[str, OneOf("data set", DATA_NAMES)] = "digits-odd"
    noise: Number = Field(default=0.1, ge=0, le=1, title="noise")
    n_rows: int = Field(default=400, ge=20, le=20_000, strict=True, title="rows")
    n_classes: int = Field(default=3, ge=2, le=10, strict=True, title="classes")
    seed: Seed = Field(default=0, title="as seed of the points")
    features: Annotated[
        tuple[Annotated[str, OneOf("feature", FEATURES)], ...],
        AfterValidator(_in_order),
    ] = ()
    without: Annotated[
        tuple[Annotated[str, OneOf("given feature", GIVEN)], ...],
        AfterValidator(_in_order),
    ] = ()
    sha256: Annotated[
        str, Field(pattern=r"^([0-9a-f]{64})?$", title="a SHA-256 of 64 hex digits")
    ] = ""
    filename: ShortText = ""
    target: ShortText = ""
    task: Literal["auto", "classes", "regression"] = Field(default="auto", title="task")
    left_out: Annotated[
        tuple[ShortText, ...], Field(max_length=1000, title="names of columns")
    ] = ()
    read_as: Annotated[
        dict[ShortText, Annotated[str, OneOf("reading", READINGS)]],
        Field(max_length=1000, title="names of columns, and what each is read as"),
        AfterValidator(_sorted),
    ] = {}  # noqa: RUF012

    @property
    def title(self) -> str:
        """What it is called: the name of an example, or of a file."""
        return self.filename or self.name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The chosen inputs by their names in INPUTS, () for the features as they are."""
        if not self.features and not self.without:
            return ()
        return tuple(name for name in GIVEN if name not in self.without) + self.features
