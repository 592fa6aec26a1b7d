"""How the layers of a running network are: gradients, updates and what its units say."""

from collections.abc import Mapping

import torch
from torch import Tensor

from netlib.model.probe import Block, Probe
from netlib.training.diagnosis import LayerHealth

N_BINS = 20
END = 0.02  # of the span of the values, at each of its ends


@torch.no_grad()
def layer_health(
    probe: Probe, weights: Mapping[str, Tensor], before: Mapping[str, Tensor]
) -> list[LayerHealth]:
    """Returns the health of each dense layer after a step.

    `weights` are those after it, with their gradients, and `before` those before it. It
    draws no random number and leaves the network as it is.
    """
    units = probe.units(weights)
    return [
        _health(block, weights[block.weight], before[block.weight], values)
        for block, values in zip(probe.blocks, [*units, None])
    ]


def _health(
    block: Block, weight: Tensor, before: Tensor, values: Tensor | None
) -> LayerHealth:
    gradient = 0.0 if weight.grad is None else weight.grad.norm().item()
    update = ((weight - before).norm() / before.norm().clamp(min=1e-12)).item()
    if values is None:
        return LayerHealth(block.name, gradient, update, None, None, ())
    is_silent = values.amax(0) == values.amin(0)
    counts = torch.histc(values, N_BINS).int().tolist()
    return LayerHealth(
        block.name,
        gradient,
        update,
        is_silent.float().mean().item(),
        _saturated(values),
        tuple(counts),
    )


def _saturated(values: Tensor) -> float | None:
    """Returns the share at the ends of a range that has two, None where it has one."""
    low, high = values.amin(), values.amax()
    if low == 0:  # as ReLU's, whose other end is open
        return None
    margin = END * (high - low)
    is_at_end = (values <= low + margin) | (values >= high - margin)
    return is_at_end.float().mean().item()
