"""The one family of errors, and the one wording: `<where>: expects <rule>, got <value>.`"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import core_schema


class NetlibError(Exception):
    """Something given to netlib breaks a rule; its text says where, which rule, what came.

    `advice` is a sentence on what to do next, or "". The text is `message` and the advice.
    """

    def __init__(self, where: str, rule: str, value: object, advice: str = "") -> None:
        self.message = f"{where}: expects {rule}, got {shorten(value)}."
        super().__init__(f"{self.message} {advice}".strip())
        self.where, self.rule, self.value, self.advice = where, rule, value, advice

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, object, str]]:
        """Pickles what it was made from; a value that can't be pickled as its text."""
        value = self.value if _can_be_pickled(self.value) else shorten(self.value)
        return type(self), (self.where, self.rule, value, self.advice)


class SpecError(NetlibError):
    """A network that cannot be: a layer, a name, a shape or a plan breaks a rule."""


class LinkError(NetlibError):
    """A design's link or file that cannot be read."""


class SizeError(NetlibError):
    """A network larger than this machine, or its owner, allows."""


class DataError(NetlibError):
    """A table that cannot be read, prepared or used with this network."""


class WeightsError(NetlibError):
    """Weights whose names or shapes are not those of the network."""


class TrainingError(NetlibError):
    """A run that cannot start, or that had to end."""


class DivergedError(TrainingError):
    """A run whose loss is not finite any more."""


class MessageError(NetlibError):
    """A message between processes that cannot be read, or that nobody knows."""


class ExportError(NetlibError):
    """A file that cannot be made, or that did not do what it should when it was run."""


def _can_be_pickled(value: object) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001
        return False
    return True


def shorten(value: object, limit: int = 80) -> str:
    """Returns the value as one line of at most `limit` characters."""
    text = value if isinstance(value, str) else repr(value)
    line = " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


@dataclass(frozen=True)
class OneOf:
    """The rule of a field that takes a name of a table, which may grow."""

    where: str
    names: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Tells pydantic to check the name before anything else."""
        return core_schema.no_info_before_validator_function(
            self._check, handler(source)
        )

    def _check(self, name: object) -> str:
        if not isinstance(name, str) or name not in self.names:
            raise SpecError(self.where, f"one of {', '.join(self.names)}", name)
        return name


class Record(BaseModel):
    """A frozen value whose fields state their rules; a broken one raises SpecError."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    where: ClassVar[str] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, values: Any, handler: Callable[[Any], Self]) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            raise _broken_rule(cls, error.errors()[0]) from None

    def replace(self, **fields: Any) -> Self:
        """Returns a copy with these fields changed and checked; raises SpecError."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate(values | fields)


def _broken_rule(record: type[Record], error: Any) -> SpecError:
    where = record.where or record.__name__
    fields, name = record.model_fields, error["loc"][0] if error["loc"] else None
    if error["type"] == "extra_forbidden":
        return SpecError(where, f"only the fields {', '.join(fields)}", str(name))
    if name not in fields:
        return SpecError(where, f"the fields {', '.join(fields)}", error["input"])
    value = "nothing" if error["type"] == "missing" else error["input"]
    return SpecError(where, field_rule(name, fields[name]), value)


def bounds(field: FieldInfo) -> tuple[Any, Any]:
    """Returns the smallest and the largest value of a numeric field, None if unbounded."""
    low = [rule.ge for rule in field.metadata if hasattr(rule, "ge")]
    high = [rule.le for rule in field.metadata if hasattr(rule, "le")]
    return (low or [None])[0], (high or [None])[0]


def choices(field: FieldInfo) -> dict[str, str]:
    """Returns the names that a Literal or a OneOf field takes, and what each is called.

    It is {} for any other field.
    """
    for rule in field.metadata:
        if isinstance(rule, OneOf):
            rows = rule.names.items()
            return {name: getattr(row, "title", name) for name, row in rows}
    is_literal = get_origin(field.annotation) is Literal
    return {name: name for name in get_args(field.annotation) if is_literal}


def field_rule(name: str, field: FieldInfo) -> str:
    """Returns the rule of one field in words, such as `1 to 65536 units`."""
    title, (low, high) = field.title or name, bounds(field)
    if choices(field):
        return f"{title} to be {' or '.join(map(str, choices(field)))}"
    if low is not None and field.annotation is int:
        return f"{low} to {high} {title}"
    if low is not None:
        return f"{title} from {low:g} to {high:g}, of at most 6 digits"
    if field.annotation is bool:
        return f"{title} to be true or false"
    return title
