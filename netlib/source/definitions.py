"""spec -> the lines of its definition, one function a style; none names a layer kind.

Lines are written within 88 columns and as a formatter would leave them; none runs here.
"""

from collections.abc import Callable, Sequence
from itertools import takewhile

from netlib.source.lines import Body, Line, assign_list, fits, shape_comment, wrap
from netlib.spec.layer import Site, Weight
from netlib.spec.network import NetworkSpec, Step

Blocks = list[list[Step]]


def manual(spec: NetworkSpec) -> Body:
    """Tensors with requires_grad, a function over them, and the list of parameters."""
    tensors = _tensor_names(spec)
    body: Body = []
    for step in spec.steps:
        body += _tensors(step, tensors[step.index], _leaf, indent=0)
    trained = [
        names[weight.name]
        for step, names in zip(spec.steps, tensors)
        for weight in step.weights
        if weight.trainable
    ]
    body += [*assign_list("parameters", trained), Line(), Line()]
    sites = [
        Site(names, step.input_shape, "model.training")
        for step, names in zip(spec.steps, tensors)
    ]
    body.append(Line(f"def model(x):{shape_comment(spec.input_shape)}"))
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
            body += wrap(f"self.{step.name} = ", _module(step), "", 8, (step.index,))
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
    comment = shape_comment(spec.output_shape)
    body += wrap("return ", value, comment, 8, indices)
    return [*body, *_instance(spec)]


def parameters(spec: NetworkSpec) -> Body:
    """An nn.Module whose layers are nn.Parameter tensors."""
    tensors = [
        {weight: f"self.{tensor}" for weight, tensor in names.items()}
        for names in _tensor_names(spec)
    ]
    body = _class_head(spec)
    for step in spec.steps:
        body += _tensors(step, tensors[step.index], _registered, indent=8)
    sites = [
        Site(names, step.input_shape, "self.training")
        for step, names in zip(spec.steps, tensors)
    ]
    body += [Line(), *_forward_head(spec)]
    body += _forward(
        spec.steps, lambda step, x: step.layer.call(x, sites[step.index]), indent=8
    )
    return [*body, *_instance(spec)]


def modulelist(spec: NetworkSpec) -> Body:
    """A class that takes the widths and fills an nn.ModuleList in a loop.

    Layers that do not fit the loop are entries of their own; without one, all are.
    """
    head, alike, tail = _loop(spec)
    sizes = [block[0].input_shape[0] for block in [*alike, *tail]]
    widths = [*sizes, *spec.output_shape] if alike else []
    every = tuple(step.index for step in spec.steps)
    return [
        *_class_head(spec, ", widths" if widths else ""),
        *(_looped(head, alike, tail) if widths else _listed(head)),
        Line(),
        *_forward_head(spec),
        Line("        for layer in self.layers:"),
        Line("            x = layer(x)", every),
        Line(f"        return x{shape_comment(spec.output_shape)}"),
        *_instance(spec, widths),
    ]


def _change(steps: Sequence[Step]) -> str:
    shape = steps[-1].output_shape
    return shape_comment(shape) if shape != steps[0].input_shape else ""


def _module(step: Step) -> str:
    return step.layer.module(step.input_shape)


def _stateless(step: Step, x: str) -> str:
    return step.layer.call(x, Site({}, step.input_shape, "self.training"))


def _entry(before: str, step: Step, indent: int) -> Body:
    return wrap(before, _module(step), f",{_change([step])}", indent, (step.index,))


def _sequential(before: str, steps: Sequence[Step], indent: int) -> Body:
    margin = " " * indent
    if not steps:
        return [Line(f"{margin}{before}nn.Sequential()")]
    body = [Line(f"{margin}{before}nn.Sequential(")]
    for step in steps:
        body += _entry("", step, indent + 4)
    return [*body, Line(f"{margin})")]


def _class_head(spec: NetworkSpec, argument: str = "") -> Body:
    return [
        Line(f"class {spec.name}(nn.Module):"),
        Line(f"    def __init__(self{argument}):"),
        Line("        super().__init__()"),
    ]


def _forward_head(spec: NetworkSpec) -> Body:
    return [Line(f"    def forward(self, x):{shape_comment(spec.input_shape)}")]


def _instance(spec: NetworkSpec, widths: Sequence[int] = ()) -> Body:
    call = f"model = {spec.name}({list(widths) if widths else ''})"
    if fits(call):
        return [Line(), Line(), Line(call)]
    items = assign_list("widths", list(map(str, widths)))
    return [Line(), Line(), *items, Line(f"model = {spec.name}(widths)")]


def _loop(spec: NetworkSpec) -> tuple[list[Step], Blocks, Blocks]:
    """Returns the steps before a loop, the blocks it goes through, the blocks after it.

    A block is a dense layer and what follows it; those of the loop are alike but for
    their sizes. Without two of them, or where a row is not flat, all steps are before.
    """
    blocks: Blocks = [[]]
    for step in spec.steps:
        if step.layer.is_dense:
            blocks.append([])
        blocks[-1].append(step)
    head, *blocks = blocks
    alike = list(takewhile(lambda block: _looks(block) == _looks(blocks[0]), blocks))
    is_flat = all(len(step.input_shape) == 1 for block in blocks for step in block)
    if len(alike) < 2 or not is_flat:
        return list(spec.steps), [], []
    return head, alike, blocks[len(alike) :]


def _looks(block: Sequence[Step]) -> list[str]:
    return [_named(step, "n_in", "n_out") for step in block]


def _listed(steps: Sequence[Step]) -> Body:
    body = [Line("        self.layers = nn.ModuleList("), Line("            [")]
    for step in steps:
        body += _entry("", step, 16)
    return [*body, Line("            ]"), Line("        )")]


def _looped(head: Sequence[Step], alike: Blocks, tail: Blocks) -> Body:
    body = [Line("        self.layers = nn.ModuleList()")]
    for step in head:
        body += _append(_module(step), _change([step]), 8, [step])
    widths = f"widths[:-{len(tail)}]" if tail else "widths"
    body.append(Line(f"        for n_in, n_out in pairwise({widths}):"))
    for same in zip(*alike):
        comment = shape_comment(["n_out"]) if same[0].layer.is_dense else ""
        body += _append(_named(same[0], "n_in", "n_out"), comment, 12, same)
    for number, block in enumerate(tail, -len(tail)):
        for step in block:
            module = _named(step, f"widths[{number - 1}]", f"widths[{number}]")
            body += _append(module, _change([step]), 8, [step])
    return body


def _named(step: Step, n_in: str, n_out: str) -> str:
    """Returns the module of a layer over flat rows, with names for its sizes."""
    if step.layer.is_dense:
        return step.layer.module((n_in,), n_out)
    return step.layer.module((n_out,))


def _append(module: str, after: str, indent: int, steps: Sequence[Step]) -> Body:
    indices = tuple(step.index for step in steps)
    return wrap("", f"self.layers.append({module})", after, indent, indices)


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
        if not is_pair or not fits(f"{' ' * indent}return {line}{after}"):
            group = group[:1]
            line, after = _nested(group, value), _change(group)
        position += len(group)
        before = "return " if position == len(steps) else "x = "
        indices = tuple(step.index for step in group)
        body += wrap(before, line, after, indent, indices)
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


def _leaf(weight: Weight) -> str:
    trained = ", requires_grad=True" if weight.trainable else ""
    return f"{weight.constructor}({weight.arguments}{trained})"


def _registered(weight: Weight) -> str:
    wrapper = "nn.Parameter" if weight.trainable else "nn.Buffer"
    return f"{wrapper}({weight.constructor}({weight.arguments}))"


def _tensors(
    step: Step, names: dict[str, str], value: Callable[[Weight], str], indent: int
) -> Body:
    """Returns the lines that make a layer's tensors, and then those that fill them."""
    layers = (step.index,)
    body: Body = []
    for weight in step.weights:
        body += wrap(f"{names[weight.name]} = ", value(weight), "", indent, layers)
    for weight in step.weights:
        if weight.fill:
            fill = weight.fill.format(names[weight.name])
            body += wrap("", fill, "", indent, layers)
    return body


def names_of_tensors(spec: NetworkSpec) -> list[str]:
    """Returns the names of the tensors beside the function of `manual`."""
    return [name for names in _tensor_names(spec) for name in names.values()]
