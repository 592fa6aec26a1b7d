"""model -> what a person reads of its weights: rows, printed tensors, statistics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlib.model.network import Network
from netlib.model.structure import expression, layer_paths, layer_tensors, reach

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Statistics:
    """Mean, standard deviation (of the population), minimum and maximum of a tensor."""

    mean: float
    deviation: float
    minimum: float
    maximum: float


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
    path = layer_paths(network)[index]
    if isinstance(network.model, nn.Module) and path is not None:
        lines = [f">>> {reach(network, index)}", str(network.model.get_submodule(path))]
    for name in names.values():
        lines += [f">>> {expression(network, name)}", str(tensors[name])]
    return "\n".join(lines)


def array(tensor: Tensor) -> Array:
    """Returns the values as float32."""
    return tensor.detach().to(torch.float32).numpy()


def weights_of(network: Network) -> dict[str, Array]:
    """Returns copies of the parameters and buffers by name."""
    return {
        name: tensor.detach().cpu().numpy().copy()
        for name, tensor in network.tensors.items()
    }


def statistics(values: Array) -> Statistics:
    """Returns the statistics of an array of any shape.

    >>> statistics(np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)).mean
    3.0
    """
    wide = values.astype(np.float64)
    return Statistics(
        float(wide.mean()), float(wide.std()), float(wide.min()), float(wide.max())
    )


def _like(tensor: Tensor, values: Array) -> Tensor:
    new = torch.from_numpy(values)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(new)
    return new.requires_grad_(tensor.requires_grad)
