"""model -> what a person reads of its weights: rows, printed tensors, statistics."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlib.builder import Network

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Statistics:
    """Mean, standard deviation (of the population), minimum and maximum of a tensor."""

    mean: float
    deviation: float
    minimum: float
    maximum: float


def layer_tensors(network: Network) -> tuple[dict[str, str], ...]:
    """Returns for each layer {weight name: name in this network}, {} for layers without.

    Parameters and buffers come in layer order in every style, so they are dealt out.
    """
    names = {True: iter(network.parameters), False: iter(_statistics(network))}
    return tuple(
        {weight.name: next(names[weight.trainable]) for weight in step.weights}
        for step in network.source.spec.steps
    )


def _statistics(network: Network) -> list[str]:
    return [name for name in network.buffers if not name.endswith("_tracked")]


def reach(name: str) -> str:
    """Returns the expression that reaches the layer of a tensor: `model.layers[2]`.

    A tensor of the manual style is reached by its own name.
    """
    *path, _ = name.split(".")
    steps = [f"[{part}]" if part.isdigit() else f".{part}" for part in path]
    return f"model{''.join(steps)}" if path else name


def tree_layers(network: Network) -> tuple[int | None, ...]:
    """Returns for each line of the printed tree the index of its layer, or None."""
    if not isinstance(network.model, nn.Module):
        owners = {
            tensor: index
            for index, tensors in enumerate(layer_tensors(network))
            for tensor in tensors.values()
        }
        lines = network.tree.splitlines()
        return tuple(owners.get(line.split(" ")[0]) for line in lines)
    leaves = iter(_leaf_layers(network.model, network))
    return tuple(
        next(leaves) if re.match(r" *\(\w+\): (?!Sequential\(\)).*\)$", line) else None
        for line in network.tree.splitlines()
    )


def _leaf_layers(model: nn.Module, network: Network) -> list[int]:
    """Returns the layer of each module without children.

    Modules stand in layer order and bear the name of their kind; layers that a style
    writes as calls are passed over.
    """
    steps = iter(network.source.spec.steps)
    modules = [module for module in model.modules() if not list(module.children())]
    return [
        next(step.index for step in steps if step.layer.kind == type(module).__name__)
        for module in modules
        if module is not model and not isinstance(module, nn.Sequential)
    ]


def printed(
    network: Network, index: int, trained: Mapping[str, Array] | None = None
) -> str:
    """Returns the layer and its tensors exactly as PyTorch prints them.

    `trained` holds the values to print instead of the network's own, by tensor name.
    """
    names = layer_tensors(network)[index]
    tensors = network.parameters | network.buffers
    if trained:
        tensors = {name: _like(tensors[name], trained[name]) for name in names.values()}
    lines = []
    if isinstance(network.model, nn.Module) and names:
        path = next(iter(names.values())).rpartition(".")[0]
        lines = [f">>> {reach(f'{path}.')}", str(network.model.get_submodule(path))]
    for name in names.values():
        attribute = name.rpartition(".")[2]
        expression = f"{reach(name)}.{attribute}" if "." in name else name
        lines += [f">>> {expression}", str(tensors[name])]
    return "\n".join(lines)


def array(tensor: Tensor) -> Array:
    """Returns the values as float32."""
    return tensor.detach().to(torch.float32).numpy()


def statistics(values: Array) -> Statistics:
    """Returns the statistics of an array of any shape."""
    wide = values.astype(np.float64)
    return Statistics(
        float(wide.mean()), float(wide.std()), float(wide.min()), float(wide.max())
    )


def _like(tensor: Tensor, values: Array) -> Tensor:
    new = torch.from_numpy(values)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(new)
    return new.requires_grad_(tensor.requires_grad)
