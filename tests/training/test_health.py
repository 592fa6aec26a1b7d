"""The health of layers, held against what a person would compute."""

import pytest
import torch

from netlib import Experiment, NetworkSpec, write
from netlib.data.choice import DataChoice
from netlib.model.builder import execute
from netlib.model.probe import Probe
from netlib.training.health import layer_health


def after_a_step(activation):
    spec = NetworkSpec.mlp([2, 4, 1], activation, "sigmoid")
    found = execute(write(Experiment(spec=spec, data=DataChoice(name="spirals"))))
    tensors = found.network.tensors
    with torch.no_grad():
        tensors["0.bias"][
            1
        ] = -100.0  # a unit that never fires, or is always at the end
    before = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    next(found.train_epoch())
    return found, before, layer_health(Probe(found), tensors, before)


def test_gradients_updates_and_silent_units_are_those_of_the_step():
    found, before, (first, last) = after_a_step("relu")
    weight = found.network.tensors["0.weight"]
    assert first.name == "fc1"
    assert first.gradient == pytest.approx(weight.grad.norm().item())
    change = (weight - before["0.weight"]).norm() / before["0.weight"].norm()
    assert first.update == pytest.approx(change.item())
    assert (first.silent, first.saturated) == (0.25, None)
    values = found.network.model[:2](found.data["X_train"])
    assert sum(first.counts) == values.numel()
    assert (last.silent, last.saturated, last.counts) == (None, None, ())


def test_a_unit_at_the_end_of_its_range_is_saturated():
    _, _, (first, _) = after_a_step("tanh")
    assert first.silent == 0.25
    assert 0.25 <= first.saturated < 0.5
