"""Which data an experiment learns from: a name, or the fingerprint of a table."""

from collections import ChainMap
from typing import Annotated, Any, ClassVar

from pydantic import Field

from netlib.data.examples import EXAMPLES
from netlib.errors import OneOf, Record
from netlib.spec.layer import Number

CSV = "csv"
# Examples first, and those added later too.
DATA_NAMES: ChainMap[str, Any] = ChainMap({CSV: None}, EXAMPLES)
LARGEST_SEED = 2**31 - 1

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED, strict=True, title="as seed")]
ShortText = Annotated[str, Field(max_length=200, title="text of up to 200 characters")]


class DataChoice(Record):
    """Which table to train on; of an uploaded one only its SHA-256 and preparation."""

    where: ClassVar[str] = "data"

    name: Annotated[str, OneOf("data set", DATA_NAMES)] = "digits-odd"
    noise: Number = Field(default=0.1, ge=0, le=1, title="noise")
    seed: Seed = Field(default=0, title="as seed of the points")
    sha256: Annotated[
        str, Field(pattern=r"^([0-9a-f]{64})?$", title="a SHA-256 of 64 hex digits")
    ] = ""
    filename: ShortText = ""
    target: ShortText = ""
    left_out: Annotated[
        tuple[ShortText, ...], Field(max_length=1000, title="names of columns")
    ] = ()
