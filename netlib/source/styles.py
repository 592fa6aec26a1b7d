"""The styles: how each writes a definition, and what it makes easy and hard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from netlib.errors import SpecError
from netlib.source.definitions import (
    manual,
    mixed,
    modulelist,
    ordered_dict,
    parameters,
    sequential,
    subclass,
)
from netlib.source.fragments import names_of_tensors
from netlib.source.lines import Body, Line, imports
from netlib.spec.network import NetworkSpec

if TYPE_CHECKING:  # a misspelt style is an error before anything runs
    StyleName = Literal[
        "manual",
        "subclass",
        "sequential",
        "ordered_dict",
        "mixed",
        "parameters",
        "modulelist",
    ]
else:  # STYLES may grow
    StyleName = str


@dataclass(frozen=True)
class Source:
    """A whole program that binds `model`, and for each of its lines the layers it serves.

    `line_layers` holds one tuple of layer indices a line, () for lines of no layer.
    """

    text: str
    line_layers: tuple[tuple[int, ...], ...]
    spec: NetworkSpec
    style: StyleName

    @classmethod
    def of(cls, lines: Sequence[Line], spec: NetworkSpec, style: StyleName) -> Self:
        """Returns the program of these lines."""
        text = "".join(f"{line.text}\n" for line in lines)
        return cls(text, tuple(line.layers for line in lines), spec, style)

    @property
    def lines(self) -> Body:
        """The lines with the layers they serve."""
        return list(map(Line, self.text.splitlines(), self.line_layers))


@dataclass(frozen=True)
class Style:
    """A way to write a definition: its writer, and what it makes easy and hard.

    `tensors` returns the names of the tensors beside a plain function; it is None for a
    style that defines an nn.Module, which knows its own.
    """

    title: str
    write: Callable[[NetworkSpec], Body]
    easy: str
    hard: str
    tensors: Callable[[NetworkSpec], list[str]] | None = None

    @property
    def is_module(self) -> bool:
        """Whether it defines an nn.Module."""
        return self.tensors is None


def generate(spec: NetworkSpec, style: StyleName) -> Source:
    """Returns the program that defines `spec` in `style`; raises SpecError.

    >>> print(generate(NetworkSpec.mlp([3, 2]), "sequential").text, end="")
    from torch import nn
    <BLANKLINE>
    model = nn.Sequential(
        nn.Linear(3, 2),  # (n, 2)
    )
    """
    if style not in STYLES:
        raise SpecError("style", f"one of {', '.join(STYLES)}", style)
    body = STYLES[style].write(spec)
    return Source.of([*imports(body), *body], spec, style)


STYLES: dict[StyleName, Style] = {
    "manual": Style(
        "Manual",
        manual,
        "Every number is in sight: for a layer out of a paper, and to learn what a "
        "module does for you.",
        "No state_dict, no `.to(device)`, no `train()` and `eval()`: you write each, and "
        "you tell the optimizer what to optimise.",
        tensors=names_of_tensors,
    ),
    "subclass": Style(
        "Subclass",
        subclass,
        "The forward pass is yours: branches, skips, several inputs. Layers have names.",
        "A layer stands in two places, `__init__` and `forward`; `print` does not show "
        "activations that are calls.",
    ),
    "sequential": Style(
        "Sequential",
        sequential,
        "The shortest, and familiar from Keras: the list is the network, and an index "
        "reaches a layer.",
        "One way through, one input, one output. A layer put in between moves every "
        "index and key behind it.",
    ),
    "ordered_dict": Style(
        "OrderedDict",
        ordered_dict,
        "Sequential with access by name: `model.fc2` stays `fc2` when a layer is put in "
        "before it.",
        "One way through, and names to keep unique.",
    ),
    "mixed": Style(
        "Mixed",
        mixed,
        "Short where layers follow each other, and room in `forward` for what does not.",
        "Two places to read, longer keys: `layers.0.weight`.",
    ),
    "parameters": Style(
        "Parameters",
        parameters,
        "A layer of your own that is a module all the same: state_dict, `.to`, `train()` "
        "work.",
        "Shapes and initialisation are yours to get right; `print` shows nothing.",
    ),
    "modulelist": Style(
        "ModuleList",
        modulelist,
        "Widths are an argument: one class for many depths and sizes.",
        "`forward` must say what happens between layers; a loop hides which is which.",
    ),
}
