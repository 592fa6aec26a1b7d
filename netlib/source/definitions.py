"""spec -> the lines of its definition, one function a style; none names a layer kind.

Lines are written within 88 columns and as a formatter would leave them; none runs here.
"""

from collections.abc import Sequence
from itertools import takewhile

from netlib.source.fragments import (
    change_comment,
    class_head,
    entry,
    forward,
    forward_head,
    instance,
    leaf,
    module_of,
    registered,
    sequential_of,
    stateless_call,
    tensor_names,
    tensors_of,
)
from netlib.source.lines import Body, Line, assign_list, shape_comment, wrap
from netlib.spec.layer import Site
from netlib.spec.network import NetworkSpec, Stage

Blocks = list[list[Stage]]


def manual(spec: NetworkSpec) -> Body:
    """Tensors with requires_grad, a function over them, and the list of parameters."""
    tensors = tensor_names(spec)
    body: Body = []
    for stage in spec.stages:
        body += tensors_of(stage, tensors[stage.index], leaf, indent=0)
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
    body += forward(
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
        return stateless_call(stage, x) if is_call(stage) else f"self.{stage.name}({x})"

    body = class_head(spec)
    for stage in spec.stages:
        if not is_call(stage):
            body += wrap(
                f"self.{stage.name} = ", module_of(stage), "", 8, (stage.index,)
            )
    body += [Line(), *forward_head(spec), *forward(spec.stages, value, indent=8)]
    return [*body, *instance(spec)]


def sequential(spec: NetworkSpec) -> Body:
    """nn.Sequential, its layers indexed."""
    return sequential_of("model = ", spec.stages, indent=0)


def ordered_dict(spec: NetworkSpec) -> Body:
    """nn.Sequential over an OrderedDict, its layers named."""
    body = [Line("model = nn.Sequential("), Line("    OrderedDict(")]
    for stage in spec.stages:
        body += entry(f"{stage.name}=", stage, indent=8)
    return [*body, Line("    )"), Line(")")]


def mixed(spec: NetworkSpec) -> Body:
    """A Sequential inside a class, the output activation applied in forward."""
    last = spec.stages[-1]
    apart = last.layer.is_activation and not last.weights
    inside = spec.stages[:-1] if apart else spec.stages
    body = class_head(spec)
    body += sequential_of("self.layers = ", inside, indent=8)
    body += [Line(), *forward_head(spec)]
    value = stateless_call(last, "self.layers(x)") if apart else "self.layers(x)"
    indices = tuple(stage.index for stage in spec.stages)
    comment = shape_comment(spec.output_shape)
    body += wrap("return ", value, comment, 8, indices)
    return [*body, *instance(spec)]


def parameters(spec: NetworkSpec) -> Body:
    """An nn.Module whose layers are nn.Parameter tensors."""
    tensors = [
        {weight: f"self.{tensor}" for weight, tensor in names.items()}
        for names in tensor_names(spec)
    ]
    body = class_head(spec)
    for stage in spec.stages:
        body += tensors_of(stage, tensors[stage.index], registered, indent=8)
    sites = [
        Site(names, stage.input_shape, "self.training")
        for stage, names in zip(spec.stages, tensors)
    ]
    body += [Line(), *forward_head(spec)]
    body += forward(
        spec.stages, lambda stage, x: stage.layer.call(x, sites[stage.index]), indent=8
    )
    return [*body, *instance(spec)]


def modulelist(spec: NetworkSpec) -> Body:
    """A class that takes the widths and fills an nn.ModuleList in a loop.

    Layers that do not fit the loop are entries of their own; without one, all are.
    """
    head, alike, tail = _loop(spec)
    sizes = [block[0].input_shape[0] for block in [*alike, *tail]]
    widths = [*sizes, *spec.output_shape] if alike else []
    every = tuple(stage.index for stage in spec.stages)
    return [
        *class_head(spec, ", widths" if widths else ""),
        *(_looped(head, alike, tail) if widths else _listed(head)),
        Line(),
        *forward_head(spec),
        Line("        for layer in self.layers:"),
        Line("            x = layer(x)", every),
        Line(f"        return x{shape_comment(spec.output_shape)}"),
        *instance(spec, widths),
    ]


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
        body += entry("", stage, 16)
    return [*body, Line("            ]"), Line("        )")]


def _looped(head: Sequence[Stage], alike: Blocks, tail: Blocks) -> Body:
    body = [Line("        self.layers = nn.ModuleList()")]
    for stage in head:
        body += _append(module_of(stage), change_comment([stage]), 8, [stage])
    widths = f"widths[:-{len(tail)}]" if tail else "widths"
    body.append(Line(f"        for n_in, n_out in pairwise({widths}):"))
    for same in zip(*alike):
        comment = shape_comment(["n_out"]) if same[0].layer.is_dense else ""
        body += _append(_named(same[0], "n_in", "n_out"), comment, 12, same)
    for number, block in enumerate(tail, -len(tail)):
        for stage in block:
            module = _named(stage, f"widths[{number - 1}]", f"widths[{number}]")
            body += _append(module, change_comment([stage]), 8, [stage])
    return body


def _named(stage: Stage, n_in: str, n_out: str) -> str:
    """Returns the module of a layer over flat rows, with names for its sizes."""
    if stage.layer.is_dense:
        return stage.layer.module((n_in,), n_out)
    return stage.layer.module((n_out,))


def _append(module: str, after: str, indent: int, stages: Sequence[Stage]) -> Body:
    indices = tuple(stage.index for stage in stages)
    return wrap("", f"self.layers.append({module})", after, indent, indices)
