"""What usually helps, as a change to begin anew with."""

import pytest

from netlib import Experiment, NetworkSpec, TrainingPlan, write
from netlib.training.cures import (
    CURES,
    Beginning,
    changes,
    hidden_activations,
    with_activation,
)
from netlib.training.limits import Limits

BEFORE = Beginning(Experiment(), Limits(target=0.9))


def cured(name, before=BEFORE):
    after = CURES[name](before)
    assert write(after.experiment).text
    return after


def test_each_cure_changes_one_thing():
    spec, plan = BEFORE.experiment.spec, BEFORE.experiment.plan
    decayed = plan.replace(optimizer="adamw", weight_decay=0.1)
    assert cured("weight decay").experiment == Experiment(plan=decayed)
    halves = NetworkSpec.mlp([16, 6, 5, 1], "relu", "sigmoid")
    assert cured("half the units").experiment == Experiment(spec=halves)
    leaky = NetworkSpec.mlp([16, 12, 10, 1], "leaky_relu", "sigmoid")
    assert cured("LeakyReLU").experiment == Experiment(spec=leaky)
    dropped = cured("dropout").experiment.spec
    assert [layer.kind for layer in dropped.layers] == [
        "Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear", "Sigmoid",
    ]  # fmt: skip
    assert {layer.p for layer in dropped.layers if layer.kind == "Dropout"} == {0.2}
    assert cured("early stopping") == (Experiment(), Limits(target=0.9, patience=10))
    assert dropped.n_parameters == spec.n_parameters


def test_a_cure_in_force_changes_nothing():
    begun = Beginning(Experiment(), Limits(patience=3))
    assert not changes("early stopping", begun)
    assert changes("weight decay", begun)
    for name in ("weight decay", "dropout"):
        assert not changes(name, CURES[name](begun))


@pytest.mark.parametrize("name", CURES)
def test_a_network_of_one_layer_is_cured_too(name):
    spec, plan = NetworkSpec.mlp([16, 1]), TrainingPlan(optimizer="sgd")
    cured(name, Beginning(Experiment(spec=spec, plan=plan), Limits()))


def test_hidden_activations_are_those_before_the_last_dense_layer():
    spec = NetworkSpec.mlp([4, 3, 3, 1], "tanh", "sigmoid")
    assert hidden_activations(spec) == [1, 3]
    gelu = with_activation(spec, "GELU")
    assert [layer.kind for layer in gelu.layers[1::2]] == ["GELU", "GELU", "Sigmoid"]
