"""The parts of a definition: a class, its forward, a Sequential, tensors of its own."""

from collections.abc import Callable, Sequence

from netlib.source.lines import Body, Line, assign_list, fits, shape_comment, wrap
from netlib.spec.layer import Site, Weight
from netlib.spec.network import NetworkSpec, Stage


def change_comment(stages: Sequence[Stage]) -> str:
    """Returns the comment of the shape that layers change, "" where they change none."""
    shape = stages[-1].output_shape
    return shape_comment(shape) if shape != stages[0].input_shape else ""


def module_of(stage: Stage) -> str:
    """Returns the expression of a layer's module."""
    return stage.layer.module(stage.input_shape)


def stateless_call(stage: Stage, x: str) -> str:
    """Returns the expression of an activation over `x`, without a module."""
    return stage.layer.call(x, Site({}, stage.input_shape, "self.training"))


def entry(before: str, stage: Stage, indent: int) -> Body:
    """Returns a layer's module as an item of a list."""
    return wrap(
        before, module_of(stage), f",{change_comment([stage])}", indent, (stage.index,)
    )


def sequential_of(before: str, stages: Sequence[Stage], indent: int) -> Body:
    """Returns an nn.Sequential over layers."""
    margin = " " * indent
    if not stages:
        return [Line(f"{margin}{before}nn.Sequential()")]
    body = [Line(f"{margin}{before}nn.Sequential(")]
    for stage in stages:
        body += entry("", stage, indent + 4)
    return [*body, Line(f"{margin})")]


def class_head(spec: NetworkSpec, argument: str = "") -> Body:
    """Returns the class and its __init__ up to what it holds."""
    return [
        Line(f"class {spec.name}(nn.Module):"),
        Line(f"    def __init__(self{argument}):"),
        Line("        super().__init__()"),
    ]


def forward_head(spec: NetworkSpec) -> Body:
    """Returns the line that opens forward."""
    return [Line(f"    def forward(self, x):{shape_comment(spec.input_shape)}")]


def instance(spec: NetworkSpec, widths: Sequence[int] = ()) -> Body:
    """Returns the lines that make the model of the class."""
    call = f"model = {spec.name}({list(widths) if widths else ''})"
    if fits(call):
        return [Line(), Line(), Line(call)]
    items = assign_list("widths", list(map(str, widths)))
    return [Line(), Line(), *items, Line(f"model = {spec.name}(widths)")]


def forward(
    stages: Sequence[Stage], value: Callable[[Stage, str], str], indent: int
) -> Body:
    """Returns a line a layer, an activation around the layer before it where that fits."""
    body: Body = []
    position = 0
    while position < len(stages):
        group = stages[position : position + 2]
        line, after = _nested(group, value), change_comment(group)
        is_pair = len(group) == 2 and group[1].layer.is_activation
        if not is_pair or not fits(f"{' ' * indent}return {line}{after}"):
            group = group[:1]
            line, after = _nested(group, value), change_comment(group)
        position += len(group)
        before = "return " if position == len(stages) else "x = "
        indices = tuple(stage.index for stage in group)
        body += wrap(before, line, after, indent, indices)
    return body


def _nested(stages: Sequence[Stage], value: Callable[[Stage, str], str]) -> str:
    expression = "x"
    for stage in stages:
        expression = value(stage, expression)
    return expression


def tensor_names(spec: NetworkSpec) -> list[dict[str, str]]:
    """Returns the tensors' names of each stage; stages with weights are counted from 1."""
    names: list[dict[str, str]] = []
    number = 0
    for stage in spec.stages:
        number += bool(stage.weights)
        names.append(
            {weight.name: f"{weight.symbol}{number}" for weight in stage.weights}
        )
    return names


def leaf(weight: Weight) -> str:
    """Returns the expression of a tensor beside a function."""
    trained = ", requires_grad=True" if weight.trainable else ""
    return f"{weight.constructor}({weight.arguments}{trained})"


def registered(weight: Weight) -> str:
    """Returns the expression of a tensor that a module holds."""
    wrapper = "nn.Parameter" if weight.trainable else "nn.Buffer"
    return f"{wrapper}({weight.constructor}({weight.arguments}))"


def tensors_of(
    stage: Stage, names: dict[str, str], value: Callable[[Weight], str], indent: int
) -> Body:
    """Returns the lines that make a layer's tensors, and then those that fill them."""
    layers = (stage.index,)
    body: Body = []
    for weight in stage.weights:
        body += wrap(f"{names[weight.name]} = ", value(weight), "", indent, layers)
    for weight in stage.weights:
        if weight.fill:
            fill = weight.fill.format(names[weight.name])
            body += wrap("", fill, "", indent, layers)
    return body


def names_of_tensors(spec: NetworkSpec) -> list[str]:
    """Returns the names of the tensors beside the function of `manual`."""
    return [name for names in tensor_names(spec) for name in names.values()]
