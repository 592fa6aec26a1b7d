"""source -> source with a classic mistake: why two networks meant to be one differ."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from netlib.errors import SpecError
from netlib.source.styles import Source, generate
from netlib.spec.layer import Site
from netlib.spec.network import NetworkSpec

INDENT = " " * 8
UPDATE = """

def update(learning_rate):
    with torch.no_grad():
        for p in parameters:
            p -= learning_rate * p.grad
"""


@dataclass(frozen=True)
class Mistake:
    """A mistake in a program: the style it is shown in, what it does and the way out."""

    title: str
    style: str
    lesson: str
    remedy: str
    alter: Callable[[Source], str]
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
    text = MISTAKES[mistake].alter(source)
    if text == source.text:
        where = f"mistake {mistake}"
        raise SpecError(where, "a network that has a place for it", spec.title)
    layers = dict(zip(source.text.splitlines(), source.line_layers))
    lines = [layers.get(line, ()) for line in text.splitlines()]
    return source, replace(source, text=text, line_layers=tuple(lines))


def _inside_forward(source: Source) -> str:
    text = source.text
    for name, module in re.findall(
        r"^ {8}self\.(\w+) = (nn\..*\))$", text, re.MULTILINE
    ):
        text = text.replace(f"{INDENT}self.{name} = {module}\n", "")
        text = text.replace(f"self.{name}(", f"{module}(")
    return text


def _other_way_round(source: Source) -> str:
    shape = r"^(W\d+ = torch\.empty\()(\d+), (\d+)"
    text = re.sub(shape, r"\g<1>\3, \2", source.text, flags=re.MULTILINE)
    text = re.sub(r"F\.linear\(x, (W\d+), (b\d+)\)", r"x @ \1 + \2", text)
    text = re.sub(r"F\.linear\(x, (W\d+)\)", r"x @ \1", text)
    return (
        text if "F." in text else text.replace("import torch.nn.functional as F\n", "")
    )


def _other_order(source: Source) -> str:
    lines = source.text.splitlines(keepends=True)
    first = lines.index(f"{INDENT}super().__init__()\n") + 1
    last = lines.index("\n", first)
    groups: dict[tuple[int, ...], str] = {}
    for line, layers in zip(lines[first:last], source.line_layers[first:last]):
        groups[layers] = groups.get(layers, "") + line
    return "".join([*lines[:first], *reversed(groups.values()), *lines[last:]])


def _without_activation(source: Source) -> str:
    lines = source.text.splitlines(keepends=True)
    for step in source.spec.steps:
        if not step.layer.is_activation or step.weights:
            continue
        site = Site({}, step.input_shape, "self.training")
        before, after = step.layer.call("...", site).split("...")
        for number, line in enumerate(lines):
            code, *comment = line.rstrip("\n").split("  #")
            if step.index in source.line_layers[number] and before in code:
                start, end = code.index(before), code.rindex(after)
                inner = code[start + len(before) : end]
                code = code[:start] + inner + code[end + len(after) :]
                lines[number] = "  #".join([code, *comment]) + "\n"
                return "".join(lines)
    return source.text


def _by_hand(source: Source) -> str:
    return source.text + (UPDATE if source.spec.n_parameters else "")


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
        "`p -= lr * g` instead of the optimiser",
        "manual",
        "The formula is right, but `lr * g` is rounded before it is subtracted, where "
        "`torch.optim.SGD` multiplies and subtracts in one step: the last bits drift "
        "apart.",
        "Use `torch.optim.SGD`, or `p.sub_(g, alpha=lr)`, which rounds alike.",
        _by_hand,
        optimizer="sgd",
    ),
}
