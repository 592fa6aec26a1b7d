import pytest
import torch

from netlib import STYLES, NetworkSpec, build, generate
from netlib.model.weights import Statistics, array, printed, statistics

SPEC = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")


def test_a_layer_is_printed_as_pytorch_prints_it():
    network = build(generate(SPEC, "sequential"))
    layer = network.model[4]
    assert printed(network, 4) == (
        f">>> model[4]\n{layer}\n>>> model[4].weight\n{layer.weight}\n"
        f">>> model[4].bias\n{layer.bias}"
    )
    assert "Parameter containing:\ntensor([[" in printed(network, 4)


def test_the_manual_styles_tensors_are_printed_by_name():
    network = build(generate(SPEC, "manual"))
    weight, bias = network.parameters["W3"], network.parameters["b3"]
    assert printed(network, 4) == f">>> W3\n{weight}\n>>> b3\n{bias}"


def test_statistics():
    values = array(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert statistics(values) == Statistics(3.0, 3.5**0.5, 1.0, 6.0)


@pytest.mark.parametrize("style", STYLES)
def test_trained_values_are_printed_as_the_network_would_print_them(style):
    fresh, trained = (build(generate(SPEC, style), seed) for seed in (1, 2))
    arrays = {name: array(t) for name, t in trained.parameters.items()}
    assert printed(fresh, 2, arrays) == printed(trained, 2) != printed(fresh, 2)
