"""model -> where each layer is: its tensors, its module, its lines in the printed tree."""

import re
from itertools import islice

from torch import nn

from netlib.model.network import Network


def layer_tensors(network: Network) -> tuple[dict[str, str], ...]:
    """Returns for each layer {weight name: name in this network}, {} for layers without.

    Parameters and buffers come in layer order in every style, so they are dealt out.
    """
    names = {True: iter(network.parameters), False: iter(_statistics(network))}
    return tuple(
        {weight.name: next(names[weight.trainable]) for weight in stage.weights}
        for stage in network.source.spec.stages
    )


def counters(network: Network) -> dict[int, str]:
    """Returns {layer: name} of the batch counters that modules keep beside weights."""
    owners = {path: index for index, path in enumerate(layer_paths(network))}
    return {
        owners[name.rpartition(".")[0]]: name
        for name in network.buffers
        if _is_counter(name)
    }


def _is_counter(name: str) -> bool:
    return name.endswith(".num_batches_tracked")


def _statistics(network: Network) -> list[str]:
    return [name for name in network.buffers if not _is_counter(name)]


def layer_paths(network: Network) -> tuple[str | None, ...]:
    """Returns for each layer the path of its module, such as `layers.0`, or None.

    Modules stand in layer order and bear the name of their kind; layers that a style
    writes as calls or as tensors are passed over.
    """
    spec = network.source.spec
    paths: list[str | None] = [None] * len(spec.stages)
    if isinstance(network.model, nn.Module):
        stages = iter(spec.stages)
        for path, module in network.model.named_modules():
            if path and not isinstance(module, (nn.Sequential, nn.ModuleList)):
                kind = type(module).__name__
                stage = next(stage for stage in stages if stage.layer.kind == kind)
                paths[stage.index] = path
    return tuple(paths)


def tree_layers(network: Network) -> tuple[tuple[int, ...], ...]:
    """Returns for each line of the printed tree the indices of the layers it shows.

    PyTorch prints equal neighbours of a ModuleList in one line: `(0-2): 3 x Linear(`.
    """
    lines = network.tree.splitlines()
    if not isinstance(network.model, nn.Module):
        owners = _owners(network)
        return tuple(owners.get(line.split(" ")[0], ()) for line in lines)
    paths = layer_paths(network)
    leaves = iter([index for index, path in enumerate(paths) if path])
    return tuple(tuple(islice(leaves, _n_modules(line))) for line in lines)


def _owners(network: Network) -> dict[str, tuple[int]]:
    return {
        tensor: (index,)
        for index, tensors in enumerate(layer_tensors(network))
        for tensor in tensors.values()
    }


def _n_modules(line: str) -> int:
    """Returns how many modules without children a line of a printed tree shows."""
    found = re.match(r" *\([\w-]+\): (?:(\d+) x )?(?!Sequential\(\)).*\)$", line)
    return int(found[1] or 1) if found else 0


def expression(network: Network, tensor: str) -> str:
    """Returns the expression that reaches a tensor: `model.layers[2].weight`, `W1`."""
    path, _, attribute = tensor.rpartition(".")
    is_module = isinstance(network.model, nn.Module)
    return f"{_reached(path)}.{attribute}" if is_module else tensor


def reach(network: Network, index: int) -> str:
    """Returns the expression that reaches a layer, or its tensors; "" for a mere call.

    >>> from netlib import NetworkSpec, build, generate
    >>> reach(build(generate(NetworkSpec.mlp([4, 3, 1]), "mixed")), 2)
    'model.layers[2]'
    """
    path = layer_paths(network)[index]
    if path is not None:
        return _reached(path)
    tensors = layer_tensors(network)[index].values()
    return ", ".join(expression(network, name) for name in tensors)


def freeze(network: Network, index: int) -> str:
    """Returns the code that keeps a layer's parameters as they are, "" without any."""
    path, tensors = layer_paths(network)[index], layer_tensors(network)[index]
    trained = [name for name in tensors.values() if name in network.parameters]
    if not trained:
        return ""
    if path is not None:
        return f"{_reached(path)}.requires_grad_(False)"
    reached = [expression(network, name) for name in trained]
    return "\n".join(f"{name}.requires_grad_(False)" for name in reached)


def replacement(network: Network, index: int) -> str:
    """Returns the code that puts a new layer in place of one, "" where it is no module."""
    path, stage = layer_paths(network)[index], network.source.spec.stages[index]
    module = stage.layer.module(stage.input_shape)
    return "" if path is None else f"{_reached(path)} = {module}"


def _reached(path: str) -> str:
    stages = path.split(".") if path else []
    return "model" + "".join(f"[{x}]" if x.isdigit() else f".{x}" for x in stages)
