"""source -> source with a classic mistake: why two networks meant to be one differ."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain, groupby

from netlib.errors import SpecError
from netlib.source.lines import Body, Line
from netlib.source.styles import Source, StyleName, generate
from netlib.spec.layer import Site
from netlib.spec.network import NetworkSpec, Stage

IMPORT_F = Line("import torch.nn.functional as F")
UPDATE = """

def update(learning_rate):
    with torch.no_grad():
        for p in parameters:"""
STEP = "            p -= learning_rate * p.grad"


@dataclass(frozen=True)
class Mistake:
    """A mistake in a program: the style it is shown in, what it does and the way out."""

    title: str
    style: StyleName
    lesson: str
    remedy: str
    alter: Callable[[Source], Body]
    optimizer: str = "adam"


def planted(spec: NetworkSpec, mistake: str) -> tuple[Source, Source]:
    """Returns the program of `spec` in the mistake's style, without and with the mistake.

    Raises SpecError where this network has no place for it.

    >>> meant, mistaken = planted(NetworkSpec.mlp([4, 3, 1]), "forgotten_activation")
    >>> "relu" in meant.text, "relu" in mistaken.text
    (True, False)
    """
    if mistake not in MISTAKES:
        raise SpecError("mistake", f"one of {', '.join(MISTAKES)}", mistake)
    source = generate(spec, MISTAKES[mistake].style)
    lines = MISTAKES[mistake].alter(source)
    if lines == source.lines:
        where = f"mistake {mistake}"
        raise SpecError(where, "a network that has a place for it", spec.title)
    return source, Source.of(lines, spec, source.style)


def _inside_forward(source: Source) -> Body:
    modules: dict[str, str] = {}
    lines: Body = []
    for line in source.lines:
        if found := re.fullmatch(r" {8}(self\.\w+) = (nn\..*\))", line.text):
            modules[found[1]] = found[2]
            continue
        for name, module in modules.items():
            line = replace(line, text=line.text.replace(f"{name}(", f"{module}("))
        lines.append(line)
    return lines


def _other_way_round(source: Source) -> Body:
    lines = [replace(line, text=_transposed(line.text)) for line in source.lines]
    calls_f = any("F." in line.text for line in lines)
    return lines if calls_f else [line for line in lines if line != IMPORT_F]


def _transposed(text: str) -> str:
    text = re.sub(r"^(W\d+ = torch\.empty\()(\d+), (\d+)", r"\1\3, \2", text)
    text = re.sub(r"F\.linear\(x, (W\d+), (b\d+)\)", r"x @ \1 + \2", text)
    return re.sub(r"F\.linear\(x, (W\d+)\)", r"x @ \1", text)


def _other_order(source: Source) -> Body:
    lines = source.lines
    texts = [line.text for line in lines]
    first = texts.index("        super().__init__()") + 1
    last = texts.index("", first)
    groups = groupby(lines[first:last], key=lambda line: line.layers)
    built = [list(group) for _, group in groups]
    return [*lines[:first], *chain(*reversed(built)), *lines[last:]]


def _without_activation(source: Source) -> Body:
    for stage in source.spec.stages:
        if stage.layer.is_activation and not stage.weights:
            lines = [_without_call(line, stage) for line in source.lines]
            if lines != source.lines:
                return lines
    return source.lines


def _without_call(line: Line, stage: Stage) -> Line:
    """Returns the line without its call of this activation, around what is inside."""
    if stage.index not in line.layers:
        return line
    call = stage.layer.call("...", Site({}, stage.input_shape, "self.training"))
    before, after = map(re.escape, call.split("..."))
    code, mark, comment = line.text.partition("  #")
    inside = re.sub(f"{before}(.*){after}", r"\1", code)
    if inside == code:
        return line
    others = tuple(index for index in line.layers if index != stage.index)
    return Line(f"{inside}{mark}{comment}", others)


def _by_hand(source: Source) -> Body:
    trained = tuple(stage.index for stage in source.spec.stages if stage.n_parameters)
    update = [*map(Line, UPDATE.splitlines()), Line(STEP, trained)]
    return [*source.lines, *(update if trained else ())]


MISTAKES = {
    "inside_forward": Mistake(
        "Layers built inside forward",
        "subclass",
        "Every call makes new layers with new random weights, and the module does not "
        "know them: there is nothing to train, and two calls differ.",
        "Build layers in `__init__`, and only call them in `forward`.",
        _inside_forward,
    ),
    "other_way_round": Mistake(
        "Weights not transposed",
        "manual",
        "PyTorch stores a weight as (out, in). Stored as (in, out) the network still "
        "runs, but the initialisation takes its bounds from the wrong side, and weights "
        "from elsewhere do not fit.",
        "Store (out, in) and compute `F.linear(x, W, b)`.",
        _other_way_round,
    ),
    "other_order": Mistake(
        "Another construction order",
        "subclass",
        "The seed is the same, but layers draw their weights in the order in which they "
        "are built: each gets random numbers meant for another.",
        "Build layers in the order of the forward pass, or carry the weights over.",
        _other_order,
    ),
    "forgotten_activation": Mistake(
        "An activation forgotten",
        "subclass",
        "The weights are equal and the code runs, but two linear layers without an "
        "activation between them are one linear layer.",
        "Compare outputs, not shapes: a missing activation changes no shape.",
        _without_activation,
    ),
    "by_hand": Mistake(
        "`p -= lr * g` instead of the optimizer",
        "manual",
        "The formula is right, but `lr * g` is rounded before it is subtracted, where "
        "`torch.optim.SGD` multiplies and subtracts in one step: the last bits drift "
        "apart.",
        "Use `torch.optim.SGD`, or `p.sub_(g, alpha=lr)`, which rounds alike.",
        _by_hand,
        optimizer="sgd",
    ),
}
