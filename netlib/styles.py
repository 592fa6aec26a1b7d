"""spec -> source, one function a style; a style never names a layer kind.

A program is a list of lines, each with the layers it serves. Lines are written within
88 columns and as a formatter would leave them; none runs here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netlib.errors import SpecError
from netlib.layers import Site
from netlib.spec import NetworkSpec, Step

WIDTH = 88


@dataclass(frozen=True)
class Source:
    """A whole program that binds `model`, and for each of its lines the layers it serves.

    `line_layers` holds one tuple of layer indices a line, () for lines of no layer.
    """

    text: str
    line_layers: tuple[tuple[int, ...], ...]
    spec: NetworkSpec
    style: str


@dataclass(frozen=True)
class Line:
    """One line of a program and the indices of the layers it serves."""

    text: str = ""
    layers: tuple[int, ...] = ()


Body = list[Line]


def generate(spec: NetworkSpec, style: str) -> Source:
    """Returns the program that defines `spec` in `style`; raises SpecError."""
    if style not in STYLES:
        raise SpecError("style", f"one of {', '.join(STYLES)}", style)
    body = STYLES[style](spec)
    lines = [*_header(body), *body]
    text = "".join(f"{line.text}\n" for line in lines)
    return Source(text, tuple(line.layers for line in lines), spec, style)


def manual(spec: NetworkSpec) -> Body:
    """Tensors with requires_grad, a function over them, and the list of parameters."""
    tensors = _tensor_names(spec)
    body: Body = []
    for step in spec.steps:
        body += _tensors(step, tensors[step.index])
    trained = [
        names[weight.name]
        for step, names in zip(spec.steps, tensors)
        for weight in step.weights
        if weight.trainable
    ]
    body += [*_list("parameters", trained), Line(), Line()]
    sites = [
        Site(names, step.input_shape, "model.training")
        for step, names in zip(spec.steps, tensors)
    ]
    body.append(Line(f"def model(x):{_comment(spec.input_shape)}"))
    body += _forward(
        spec.steps, lambda step, x: step.layer.call(x, sites[step.index]), indent=4
    )
    if any(step.layer.has_mode for step in spec.steps):
        body += [Line(), Line(), Line("model.training = True  # False to evaluate")]
    return body


def subclass(spec: NetworkSpec) -> Body:
    """An nn.Module: layers in __init__, stateless activations as calls in forward."""

    def is_call(step: Step) -> bool:
        return step.layer.is_activation and not step.weights

    def value(step: Step, x: str) -> str:
        return _stateless(step, x) if is_call(step) else f"self.{step.name}({x})"

    body = _class_head(spec)
    for step in spec.steps:
        if not is_call(step):
            body += _call(f"self.{step.name} = ", _module(step), "", 8, (step.index,))
    body += [Line(), *_forward_head(spec), *_forward(spec.steps, value, indent=8)]
    return [*body, *_instance(spec)]


def sequential(spec: NetworkSpec) -> Body:
    """nn.Sequential, its layers indexed."""
    return _sequential("model = ", spec.steps, indent=0)


def ordered_dict(spec: NetworkSpec) -> Body:
    """nn.Sequential over an OrderedDict, its layers named."""
    body = [Line("model = nn.Sequential("), Line("    OrderedDict(")]
    for step in spec.steps:
        body += _entry(f"{step.name}=", step, indent=8)
    return [*body, Line("    )"), Line(")")]


def mixed(spec: NetworkSpec) -> Body:
    """A Sequential inside a class, the output activation applied in forward."""
    last = spec.steps[-1]
    apart = last.layer.is_activation and not last.weights
    inside = spec.steps[:-1] if apart else spec.steps
    body = _class_head(spec)
    body += _sequential("self.layers = ", inside, indent=8)
    body += [Line(), *_forward_head(spec)]
    value = _stateless(last, "self.layers(x)") if apart else "self.layers(x)"
    indices = tuple(step.index for step in spec.steps)
    comment = _comment(spec.output_shape)
    body += _call("return ", value, comment, 8, indices)
    return [*body, *_instance(spec)]


def _header(body: Body) -> Body:
    words = _words("\n".join(line.text for line in body))
    roots = {word.split(".")[0] for word in words}
    standard = [
        line
        for name, line in (
            ("math", "import math"),
            ("OrderedDict", "from collections import OrderedDict"),
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


def _comment(shape: Sequence[int]) -> str:
    return f"  # (n, {', '.join(map(str, shape))})"


def _change(steps: Sequence[Step]) -> str:
    shape = steps[-1].output_shape
    return _comment(shape) if shape != steps[0].input_shape else ""


def _fits(line: str) -> bool:
    return len(line) <= WIDTH


def _call(
    before: str, call: str, after: str, indent: int, layers: tuple[int, ...]
) -> Body:
    """Returns the call in one line, without its comment or in three if it is too long."""
    margin = " " * indent
    whole = f"{margin}{before}{call}{after}"
    if _fits(whole) or "(" not in call:
        return [Line(whole, layers)]
    uncommented = whole.split("  #")[0]
    if _fits(uncommented):
        return [Line(uncommented, layers)]
    function, arguments = call.split("(", 1)
    texts = (
        f"{margin}{before}{function}(",
        f"{margin}    {arguments.removesuffix(')')}",
        f"{margin}){after}",
    )
    return [Line(text, layers) for text in texts]


def _module(step: Step) -> str:
    return step.layer.module(step.input_shape)


def _stateless(step: Step, x: str) -> str:
    return step.layer.call(x, Site({}, step.input_shape, "self.training"))


def _entry(before: str, step: Step, indent: int) -> Body:
    return _call(before, _module(step), f",{_change([step])}", indent, (step.index,))


def _sequential(before: str, steps: Sequence[Step], indent: int) -> Body:
    margin = " " * indent
    if not steps:
        return [Line(f"{margin}{before}nn.Sequential()")]
    body = [Line(f"{margin}{before}nn.Sequential(")]
    for step in steps:
        body += _entry("", step, indent + 4)
    return [*body, Line(f"{margin})")]


def _class_head(spec: NetworkSpec) -> Body:
    return [
        Line(f"class {spec.name}(nn.Module):"),
        Line("    def __init__(self):"),
        Line("        super().__init__()"),
    ]


def _forward_head(spec: NetworkSpec) -> Body:
    return [Line(f"    def forward(self, x):{_comment(spec.input_shape)}")]


def _instance(spec: NetworkSpec) -> Body:
    return [Line(), Line(), Line(f"model = {spec.name}()")]


def _forward(
    steps: Sequence[Step], value: Callable[[Step, str], str], indent: int
) -> Body:
    """Returns a line a layer, an activation around the layer before it where that fits."""
    body: Body = []
    position = 0
    while position < len(steps):
        group = steps[position : position + 2]
        line, after = _nested(group, value), _change(group)
        is_pair = len(group) == 2 and group[1].layer.is_activation
        if not is_pair or not _fits(f"{' ' * indent}return {line}{after}"):
            group = group[:1]
            line, after = _nested(group, value), _change(group)
        position += len(group)
        before = "return " if position == len(steps) else "x = "
        indices = tuple(step.index for step in group)
        body += _call(before, line, after, indent, indices)
    return body


def _nested(steps: Sequence[Step], value: Callable[[Step, str], str]) -> str:
    expression = "x"
    for step in steps:
        expression = value(step, expression)
    return expression


def _tensor_names(spec: NetworkSpec) -> list[dict[str, str]]:
    """Returns the tensors' names of each step; steps with weights are counted from 1."""
    names: list[dict[str, str]] = []
    number = 0
    for step in spec.steps:
        number += bool(step.weights)
        names.append(
            {weight.name: f"{weight.symbol}{number}" for weight in step.weights}
        )
    return names


def _tensors(step: Step, names: dict[str, str]) -> Body:
    """Returns the lines that make a layer's tensors, and then those that fill them."""
    layers = (step.index,)
    body: Body = []
    for weight in step.weights:
        trained = ", requires_grad=True" if weight.trainable else ""
        call = f"{weight.constructor}({weight.arguments}{trained})"
        body += _call(f"{names[weight.name]} = ", call, "", 0, layers)
    for weight in step.weights:
        if weight.fill:
            body += _call("", weight.fill.format(names[weight.name]), "", 0, layers)
    return body


def _list(name: str, items: Sequence[str]) -> Body:
    whole = f"{name} = [{', '.join(items)}]"
    if _fits(whole):
        return [Line(whole)]
    entries = [Line(f"    {item},") for item in items]
    return [Line(f"{name} = ["), *entries, Line("]")]


STYLES: dict[str, Callable[[NetworkSpec], Body]] = {
    "manual": manual,
    "subclass": subclass,
    "sequential": sequential,
    "ordered_dict": ordered_dict,
    "mixed": mixed,
}
