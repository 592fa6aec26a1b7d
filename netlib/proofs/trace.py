"""source -> what its network does, step by step: the bits that a certificate compares."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from netlib.errors import NetlibError, shorten
from netlib.model.builder import build, outline
from netlib.model.network import Network
from netlib.model.structure import layer_tensors
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import Source, generate

N_ROWS = 32
LEARNING_RATE = 0.01

Values = dict[str, NDArray[Any]]


@dataclass
class Trace:
    """What one network did; `digests` holds one a tensor and step, in layer order."""

    initial_weights: Values = field(default_factory=dict)
    outputs: Values = field(default_factory=dict)
    gradients: Values = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    digests: list[dict[str, bytes]] = field(default_factory=list)
    final_weights: Values = field(default_factory=dict)
    random_number: Values = field(default_factory=dict)
    error: str = ""


def record(
    source: Source, seed: int, steps: int, optimizer: str, trace: Trace
) -> Iterator[int]:
    """Fills `trace` while it trains the network of `source`; yields each step's number.

    An error of the network ends it and stands in `trace.error`; SizeError is raised.
    Draws from torch's random generator.
    """
    try:
        yield from _train(source, seed, steps, optimizer, trace)
    except NetlibError:
        raise
    except Exception as error:  # noqa: BLE001
        trace.error = shorten(f"{type(error).__name__}: {error}", 160)


def _train(
    source: Source, seed: int, steps: int, optimizer: str, trace: Trace
) -> Iterator[int]:
    network, spec = build(source, seed), source.spec
    tensors = _tensors(network)
    trace.initial_weights = _copied(tensors)
    take_step = _updater(network, optimizer)
    batches = torch.Generator().manual_seed(seed)
    torch.set_rng_state(network.random_state)
    for step in range(1, steps + 1):
        x = torch.randn(N_ROWS, *spec.input_shape, generator=batches)
        y = torch.randn(N_ROWS, *spec.output_shape, generator=batches)
        if step == 1:
            network.set_training(False)
            trace.outputs["evaluation mode"] = _array(network.model(x)).copy()
            network.set_training(True)
        output = network.model(x)
        loss = F.mse_loss(output, y)
        for parameter in network.parameters.values():
            parameter.grad = None
        if loss.requires_grad:
            loss.backward()
        if step == 1:
            trace.outputs["training mode"] = _array(output).copy()
            trace.gradients = _copied(
                {
                    name: tensor.grad
                    for name, tensor in tensors.items()
                    if tensor.grad is not None
                }
            )
        take_step()
        trace.losses.append(loss.item())
        trace.digests.append({name: _digest(t) for name, t in tensors.items()})
        yield step
    trace.final_weights = _copied(tensors)
    trace.random_number["after training"] = torch.rand(1).numpy()


def _tensors(network: Network) -> dict[str, torch.Tensor]:
    """Returns the tensors by layer and weight, `fc1.weight`, that the style should have."""
    source = network.source
    named = network.parameters | network.buffers
    expected = layer_tensors(outline(generate(source.spec, source.style)))
    return {
        f"{step.name}.{weight}": named[name]
        for step, names in zip(source.spec.stages, expected)
        for weight, name in names.items()
        if name in named
    }


def _updater(network: Network, optimizer: str) -> Callable[[], object]:
    if network.update is not None:
        return partial(network.update, LEARNING_RATE)
    if not network.parameters:
        return lambda: None
    row, parameters = OPTIMIZERS[optimizer], network.parameters.values()
    # As a program has it: one kernel for the step where torch has one.
    options = {"fused": True} if row.fused else {}
    return getattr(torch.optim, row.title)(parameters, lr=LEARNING_RATE, **options).step


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    return tensor.detach().contiguous().numpy()


def _copied(tensors: Mapping[str, torch.Tensor]) -> Values:
    return {name: _array(tensor).copy() for name, tensor in tensors.items()}


def _digest(tensor: torch.Tensor) -> bytes:
    return hashlib.blake2b(_array(tensor).data, digest_size=16).digest()
