"""An activation as PyTorch computes it: its values and its derivatives over a range."""

from typing import NamedTuple

import torch

from netlib.model.builder import build
from netlib.model.weights import Array, array
from netlib.source.styles import generate
from netlib.spec.layer import Layer
from netlib.spec.network import NetworkSpec

REACH, N_STEPS = 4, 20  # steps a unit, so that 0 is a point


class Curve(NamedTuple):
    """Points (n,) on the line, and a function's value and derivative at each."""

    x: Array
    value: Array
    derivative: Array


def activation_curve(layer: Layer) -> Curve:
    """Returns an activation from -4 to 4, evaluating, and the derivative of autograd."""
    spec = NetworkSpec(input_shape=(1,), layers=[layer])
    network = build(generate(spec, "sequential"))
    network.set_training(False)
    numbers = torch.arange(-REACH * N_STEPS, REACH * N_STEPS + 1)
    x = (numbers[:, None] / N_STEPS).requires_grad_()
    value = network.model(x)
    (derivative,) = torch.autograd.grad(value.sum(), x)
    return Curve(*(array(column.detach()[:, 0]) for column in (x, value, derivative)))
