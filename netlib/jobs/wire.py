"""How messages travel: a line of JSON, and the bytes of what is attached.

A parcel is {"message": {...}, "attached": {"csv": 1234}} in a line, and then these bytes as
they are. JSON is Python's: NaN and infinity are numbers.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Annotated, Any, NamedTuple, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from netlib.errors import MessageError, NetlibError, Record
from netlib.jobs.events import Event
from netlib.jobs.protocol import Control, Look, Request, Wish

# By name: "csv", "weights" (safetensors), "checkpoint", "file".
Attached = Mapping[str, bytes]


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


def pack(facts: Mapping[str, Any], content: bytes) -> bytes:
    """Returns a length in 4 bytes, facts as JSON and `content`, at a multiple of 4."""
    head = to_json(facts, inf_nan_mode="null")
    head += b" " * (-len(head) % 4)
    return len(head).to_bytes(4, "little") + head + content


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


REQUESTS, EVENTS, WISHES = Kinds(Request | Control), Kinds(Event), Kinds(Wish | Look)


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
