"""spec -> the lines of its definition, one function a style; none names a layer kind.

Lines are written within 88 columns and as a formatter would leave them; none runs here.
"""

from collections.abc import Callable, Sequence
from itertools import takewhile

from netlib.source.lines import Body, Line, assign_list, fits, shape_comment, wrap
from netlib.spec.layer import Site, Weight
from netlib.spec.network import NetworkSpec, Stage

Blocks = list[list[Stage]]


def manual(spec: NetworkSpec) -> Body:
    """Tensors with requires_grad, a function over them, and the list of parameters."""
    tensors = _tensor_names(spec)
    body: Body = []
    for stage in spec.stages:
        body += _tensors(stage, tensors[stage.index], _leaf, indent=0)
    trained = [
        names[weight.name]
        for stage, names in zip(spec.stages, tensors)
        for weight in stage.weights
        if weight.trainable
    ]
    body += [*assign_list("parameters", trained), Line(), Line()]
    sites = [
        Site(names, stage.input_shape, "model.training")
        for stage, names in zip(spec.stages, tensors)
    ]
    body.append(Line(f"def model(x):{shape_comment(spec.input_shape)}"))
    body += _forward(
        spec.stages, lambda stage, x: stage.layer.call(x, sites[stage.index]), indent=4
    )
    if any(stage.layer.has_mode for stage in spec.stages):
        body += [Line(), Line(), Line("model.training = True  # False to evaluate")]
    return body


def subclass(spec: NetworkSpec) -> Body:
    """An nn.Module: layers in __init__, stateless activations as calls in forward."""

    def is_call(stage: Stage) -> bool:
        return stage.layer.is_activation and not stage.weights

    def value(stage: Stage, x: str) -> str:
        return _stateless(stage, x) if is_call(stage) else f"self.{stage.name}({x})"

    body = _class_head(spec)
    for stage in spec.stages:
        if not is_call(stage):
            body += wrap(f"self.{stage.name} = ", _module(stage), "", 8, (stage.index,))
    body += [Line(), *_forward_head(spec), *_forward(spec.stages, value, indent=8)]
    return [*body, *_instance(spec)]


def sequential(spec: NetworkSpec) -> Body:
    """nn.Sequential, its layers indexed."""
    return _sequential("model = ", spec.stages, indent=0)


def ordered_dict(spec: NetworkSpec) -> Body:
    """nn.Sequential over an OrderedDict, its layers named."""
    body = [Line("model = nn.Sequential("), Line("    OrderedDict(")]
    for stage in spec.stages:
        body += _entry(f"{stage.name}=", stage, indent=8)
    return [*body, Line("    )"), Line(")")]


def mixed(spec: NetworkSpec) -> Body:
    """A Sequential inside a class, the output activation applied in forward."""
    last = spec.stages[-1]
    apart = last.layer.is_activation and not last.weights
    inside = spec.stages[:-1] if apart else spec.stages
    body = _class_head(spec)
    body += _sequential("self.layers = ", inside, indent=8)
    body += [Line(), *_forward_head(spec)]
    value = _stateless(last, "self.layers(x)") if apart else "self.layers(x)"
    indices = tuple(stage.index for stage in spec.stages)
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
    for stage in spec.stages:
        body += _tensors(stage, tensors[stage.index], _registered, indent=8)
    sites = [
        Site(names, stage.input_shape, "self.training")
        for stage, names in zip(spec.stages, tensors)
    ]
    body += [Line(), *_forward_head(spec)]
    body += _forward(
        spec.stages, lambda stage, x: stage.layer.call(x, sites[stage.index]), indent=8
    )
    return [*body, *_instance(spec)]


def modulelist(spec: NetworkSpec) -> Body:
    """A class that takes the widths and fills an nn.ModuleList in a loop.

    Layers that do not fit the loop are entries of their own; without one, all are.
    """
    head, alike, tail = _loop(spec)
    sizes = [block[0].input_shape[0] for block in [*alike, *tail]]
    widths = [*sizes, *spec.output_shape] if alike else []
    every = tuple(stage.index for stage in spec.stages)
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


def _change(stages: Sequence[Stage]) -> str:
    shape = stages[-1].output_shape
    return shape_comment(shape) if shape != stages[0].input_shape else ""


def _module(stage: Stage) -> str:
    return stage.layer.module(stage.input_shape)


def _stateless(stage: Stage, x: str) -> str:
    return stage.layer.call(x, Site({}, stage.input_shape, "self.training"))


def _entry(before: str, stage: Stage, indent: int) -> Body:
    return wrap(before, _module(stage), f",{_change([stage])}", indent, (stage.index,))


def _sequential(before: str, stages: Sequence[Stage], indent: int) -> Body:
    margin = " " * indent
    if not stages:
        return [Line(f"{margin}{before}nn.Sequential()")]
    body = [Line(f"{margin}{before}nn.Sequential(")]
    for stage in stages:
        body += _entry("", stage, indent + 4)
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


def _loop(spec: NetworkSpec) -> tuple[list[Stage], Blocks, Blocks]:
    """Returns the stages before a loop, the blocks it goes through, the blocks after it.

    A block is a dense layer and what follows it; those of the loop are alike but for
    their sizes. Without two of them, or where a row is not flat, all stages are before.
    """
    blocks: Blocks = [[]]
    for stage in spec.stages:
        if stage.layer.is_dense:
            blocks.append([])
        blocks[-1].append(stage)
    head, *blocks = blocks
    alike = list(takewhile(lambda block: _looks(block) == _looks(blocks[0]), blocks))
    is_flat = all(len(stage.input_shape) == 1 for block in blocks for stage in block)
    if len(alike) < 2 or not is_flat:
        return list(spec.stages), [], []
    return head, alike, blocks[len(alike) :]


def _looks(block: Sequence[Stage]) -> list[str]:
    return [_named(stage, "n_in", "n_out") for stage in block]


def _listed(stages: Sequence[Stage]) -> Body:
    body = [Line("        self.layers = nn.ModuleList("), Line("            [")]
    for stage in stages:
        body += _entry("", stage, 16)
    return [*body, Line("            ]"), Line("        )")]


def _looped(head: Sequence[Stage], alike: Blocks, tail: Blocks) -> Body:
    body = [Line("        self.layers = nn.ModuleList()")]
    for stage in head:
        body += _append(_module(stage), _change([stage]), 8, [stage])
    widths = f"widths[:-{len(tail)}]" if tail else "widths"
    body.append(Line(f"        for n_in, n_out in pairwise({widths}):"))
    for same in zip(*alike):
        comment = shape_comment(["n_out"]) if same[0].layer.is_dense else ""
        body += _append(_named(same[0], "n_in", "n_out"), comment, 12, same)
    for number, block in enumerate(tail, -len(tail)):
        for stage in block:
            module = _named(stage, f"widths[{number - 1}]", f"widths[{number}]")
            body += _append(module, _change([stage]), 8, [stage])
    return body


def _named(stage: Stage, n_in: str, n_out: str) -> str:
    """Returns the module of a layer over flat rows, with names for its sizes."""
    if stage.layer.is_dense:
        return stage.layer.module((n_in,), n_out)
    return stage.layer.module((n_out,))


def _append(module: str, after: str, indent: int, stages: Sequence[Stage]) -> Body:
    indices = tuple(stage.index for stage in stages)
    return wrap("", f"self.layers.append({module})", after, indent, indices)


def _forward(
    stages: Sequence[Stage], value: Callable[[Stage, str], str], indent: int
) -> Body:
    """Returns a line a layer, an activation around the layer before it where that fits."""
    body: Body = []
    position = 0
    while position < len(stages):
        group = stages[position : position + 2]
        line, after = _nested(group, value), _change(group)
        is_pair = len(group) == 2 and group[1].layer.is_activation
        if not is_pair or not fits(f"{' ' * indent}return {line}{after}"):
            group = group[:1]
            line, after = _nested(group, value), _change(group)
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


def _tensor_names(spec: NetworkSpec) -> list[dict[str, str]]:
    """Returns the tensors' names of each stage; stages with weights are counted from 1."""
    names: list[dict[str, str]] = []
    number = 0
    for stage in spec.stages:
        number += bool(stage.weights)
        names.append(
            {weight.name: f"{weight.symbol}{number}" for weight in stage.weights}
        )
    return names


def _leaf(weight: Weight) -> str:
    trained = ", requires_grad=True" if weight.trainable else ""
    return f"{weight.constructor}({weight.arguments}{trained})"


def _registered(weight: Weight) -> str:
    wrapper = "nn.Parameter" if weight.trainable else "nn.Buffer"
    return f"{wrapper}({weight.constructor}({weight.arguments}))"


def _tensors(
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
    return [name for names in _tensor_names(spec) for name in names.values()]
