"""Lines of a program, within 88 columns and as a formatter would leave them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netlib.spec.layer import Sizes

WIDTH = 88


@dataclass(frozen=True)
class Line:
    """One line of a program and the indices of the layers it serves."""

    text: str = ""
    layers: tuple[int, ...] = ()


Body = list[Line]


def imports(body: Body) -> Body:
    """Returns the imports that the lines need, and the blank lines below them."""
    words = _words("\n".join(line.text for line in body))
    roots = {word.split(".")[0] for word in words}
    standard = [
        line
        for name, line in (
            ("math", "import math"),
            ("OrderedDict", "from collections import OrderedDict"),
            ("pairwise", "from itertools import pairwise"),
        )
        if name in roots
    ]
    third_party = [
        line
        for name, line in (
            ("torch", "import torch"),
            ("F", "import torch.nn.functional as F"),
            ("nn", "from torch import nn"),
        )
        if name in roots
    ]
    lines = [*standard, "", *third_party] if standard else third_party
    blank = 2 if body[0].text.startswith(("class ", "def ")) else 1
    return [Line(line) for line in [*lines, *[""] * blank]]


def _words(text: str) -> list[str]:
    for bracket in "([=":
        text = text.replace(bracket, " ")
    return text.split()


def shape_comment(shape: Sizes) -> str:
    """Returns the comment that tells the shape of a batch: `  # (n, 12)`."""
    return f"  # (n, {', '.join(map(str, shape))})"


def fits(line: str) -> bool:
    """Tells whether a line is short enough."""
    return len(line) <= WIDTH


def wrap(
    before: str, call: str, after: str, indent: int, layers: tuple[int, ...]
) -> Body:
    """Returns a call in one line; without its comment or in several if it is too long.

    `before` stands before the call in its line, `after`, a comment or a comma, behind.
    """
    margin = " " * indent
    whole = f"{margin}{before}{call}{after}"
    if fits(whole) or "(" not in call:
        return [Line(whole, layers)]
    uncommented = whole.split("  #")[0]
    if fits(uncommented):
        return [Line(uncommented, layers)]
    function, inner = call.removesuffix(")").split("(", 1)
    return [
        Line(f"{margin}{before}{function}(", layers),
        *_arguments(inner, indent + 4, layers),
        Line(f"{margin}){after}", layers),
    ]


def _arguments(text: str, indent: int, layers: tuple[int, ...]) -> Body:
    """Returns arguments in one line if they fit, else in one each."""
    arguments = re.split(r", (?![^(]*\))", text)
    if fits(f"{' ' * indent}{text}") or len(arguments) == 1:
        return wrap("", text, "", indent, layers)
    return [Line(f"{' ' * indent}{argument},", layers) for argument in arguments]


def assign_list(name: str, items: Sequence[str]) -> Body:
    """Returns the lines that bind a list of expressions to a name."""
    whole = f"{name} = [{', '.join(items)}]"
    if fits(whole):
        return [Line(whole)]
    entries = [Line(f"    {item},") for item in items]
    return [Line(f"{name} = ["), *entries, Line("]")]
