"""Statements of a program's text, found by how they begin, to be changed in place."""

from collections.abc import Iterable

from netlib.source.lines import Body, Line, wrap

CLOSING = {"(": ")", "[": "]", "{": "}"}


def find(body: Body, start: str) -> slice:
    """Returns where the statement stands that begins so; there has to be just one."""
    found = [n for n, line in enumerate(body) if line.text.lstrip().startswith(start)]
    assert len(found) == 1, f"{len(found)} statements begin {start}"
    first = last = found[0]
    text = body[first].text
    if closing := CLOSING.get(text[-1]):
        margin = text[: len(text) - len(text.lstrip())]
        while not body[last].text.startswith(f"{margin}{closing}"):
            last += 1
    return slice(first, last + 1)


def joined(body: Body, start: str) -> str:
    """Returns the call that begins so as one line, without its margin."""
    return "".join(line.text.strip() for line in body[find(body, start)])


def replace(body: Body, start: str, lines: Iterable[Line]) -> None:
    """Puts lines in the place of the statement that begins so."""
    body[find(body, start)] = lines


def rewrap(body: Body, start: str, indent: int, more: str = "") -> None:
    """Writes a call at another indent, as a formatter would, with `more` arguments."""
    call = f"{joined(body, start).removesuffix(')')}{more})"
    replace(body, start, wrap("", call, indent=indent))


def insert(body: Body, start: str, lines: Iterable[Line]) -> None:
    """Puts lines before the statement that begins so."""
    first = find(body, start).start
    body[first:first] = lines
