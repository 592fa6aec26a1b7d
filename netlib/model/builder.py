"""source -> model: the only place that executes generated source."""

import itertools
import linecache
import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from netlib.errors import SizeError
from netlib.source.styles import Source
from netlib.spec.network import NetworkSpec

# torch's random generator belongs to the process: seeding and drawing are one step.
_LOCK = threading.Lock()
_NUMBERS = itertools.count(1)

CAP_VARIABLE = "LAYERWRIGHT_MAX_NETWORK_MB"
CAP_MEGABYTES = 1024
# Weights, gradients and Adam's two averages.
COPIES_IN_TRAINING = 4


@dataclass(frozen=True, eq=False)
class Network:
    """A built model with its tensors by name, in layer order.

    `model` is callable: (n, *input_shape) -> (n, *output_shape). `tree` is what PyTorch
    prints for a module, or a table of the tensors of a plain function. `random_state` is
    that of torch's generator after building. `update` is the program's own function of
    the learning rate that takes one step down the gradients, if it binds one.
    """

    source: Source
    model: Callable[[Tensor], Tensor]
    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]
    tree: str
    random_state: Tensor
    update: Callable[[float], object] | None

    def set_training(self, training: bool) -> None:
        """Switches Dropout and batch statistics on (training) or off (evaluation)."""
        if isinstance(self.model, nn.Module):
            self.model.train(training)
        elif hasattr(self.model, "training"):
            self.model.training = training


def build(source: Source, seed: int = 0) -> Network:
    """Executes `source.text` after seeding torch and returns its network.

    Raises SizeError before anything is allocated if the network is too large.

    >>> from netlib.source.styles import generate
    >>> network = build(generate(NetworkSpec.mlp([3, 2]), "mixed"), seed=7)
    >>> {name: tuple(tensor.shape) for name, tensor in network.parameters.items()}
    {'layers.0.weight': (2, 3), 'layers.0.bias': (2,)}
    >>> network.model(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """
    check_size(source.spec)
    with _LOCK, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        names, filename = _execute(source)
        network = _network(source, names)
    weakref.finalize(network.model, linecache.cache.pop, filename, None)
    return network


def outline(source: Source) -> Network:
    """Returns the network without allocating its tensors, on the meta device.

    >>> from netlib.source.styles import generate
    >>> print(outline(generate(NetworkSpec.mlp([65536, 65536]), "sequential")).tree)
    Sequential(
      (0): Linear(in_features=65536, out_features=65536, bias=True)
    )
    """
    with _LOCK, torch.device("meta"):
        names, filename = _execute(source)
    linecache.cache.pop(filename, None)
    return _network(source, names)


def check_size(spec: NetworkSpec) -> None:
    """Raises SizeError if training `spec` would not fit this machine or its cap."""
    cap = int(os.environ.get(CAP_VARIABLE, CAP_MEGABYTES)) * 2**20
    available = psutil.virtual_memory().available // COPIES_IN_TRAINING
    if spec.n_bytes > min(cap, available):
        reason = (
            f"the cap of this server ({CAP_VARIABLE})"
            if cap < available
            else f"a {COPIES_IN_TRAINING}th of the free memory, for training"
        )
        raise SizeError(
            f"network {spec.title}",
            f"at most {min(cap, available) / 2**20:,.0f} MB of weights, {reason}",
            f"{spec.n_bytes / 2**20:,.0f} MB",
            "Its code and structure are shown; make a layer narrower to build it.",
        )


def _execute(source: Source) -> tuple[dict[str, Any], str]:
    filename = f"<{source.spec.name} {next(_NUMBERS)}>"
    lines = source.text.splitlines(keepends=True)
    linecache.cache[filename] = (len(source.text), None, lines, filename)
    names: dict[str, Any] = {"__name__": "layerwright_network"}
    exec(compile(source.text, filename, "exec"), names)  # noqa: S102
    return names, filename


def _network(source: Source, names: dict[str, Any]) -> Network:
    model = names["model"]
    if isinstance(model, nn.Module):
        parameters: dict[str, Tensor] = dict(model.named_parameters())
        buffers = dict(model.named_buffers())
        tree = str(model)
    else:
        tensors = {k: value for k, value in names.items() if isinstance(value, Tensor)}
        parameters = {k: value for k, value in tensors.items() if value.requires_grad}
        buffers = {k: value for k, value in tensors.items() if k not in parameters}
        tree = _table(tensors)
    state, update = torch.get_rng_state(), names.get("update")
    return Network(source, model, parameters, buffers, tree, state, update)


def _table(tensors: dict[str, Tensor]) -> str:
    width = max(map(len, tensors), default=0)
    shapes = [str(tuple(tensor.shape)) for tensor in tensors.values()]
    rows = [
        f"{name:{width}}  {shape:{max(map(len, shapes))}}  "
        f"{'optimised' if tensor.requires_grad else 'running statistic'}"
        for (name, tensor), shape in zip(tensors.items(), shapes)
    ]
    return "\n".join(rows) or "no tensors"
