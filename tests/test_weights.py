import pytest
import torch
from hypothesis import given
from specs import specs

from netlib import STYLES, NetworkSpec, build, generate
from netlib.weights import (
    Statistics,
    array,
    layer_tensors,
    printed,
    reach,
    statistics,
    tree_layers,
)

SPEC = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
REACHED = {
    "manual": ["W1", "W2", "W3"],
    "subclass": ["model.fc1", "model.fc2", "model.fc3"],
    "sequential": ["model[0]", "model[2]", "model[4]"],
    "ordered_dict": ["model.fc1", "model.fc2", "model.fc3"],
    "mixed": ["model.layers[0]", "model.layers[2]", "model.layers[4]"],
}


@pytest.mark.parametrize("style", STYLES)
def test_a_layer_is_reached_the_way_of_its_style(style):
    tensors = layer_tensors(build(generate(SPEC, style)))
    assert [reach(names["weight"]) for names in tensors if names] == REACHED[style]


@given(spec=specs())
def test_every_weight_is_found_with_its_shape(spec):
    for style in STYLES:
        network = build(generate(spec, style))
        tensors = network.parameters | network.buffers
        for step, names in zip(spec.steps, layer_tensors(network)):
            shapes = [
                tuple(tensors[names[weight.name]].shape) for weight in step.weights
            ]
            assert shapes == [weight.shape for weight in step.weights]


@given(spec=specs())
def test_tree_lines_belong_to_layers_of_their_kind(spec):
    for style in STYLES:
        network = build(generate(spec, style))
        lines = network.tree.splitlines()
        owners = tree_layers(network)
        assert len(owners) == len(lines)
        for line, index in zip(lines, owners):
            if index is not None and style != "manual":
                assert f"): {spec.layers[index].kind}(" in line


def test_tree_lines_of_the_articles_styles():
    owners = {
        style: tree_layers(build(generate(SPEC, style)))
        for style in ("subclass", "sequential", "mixed", "manual")
    }
    assert owners == {
        "subclass": (None, 0, 2, 4, None),
        "sequential": (None, 0, 1, 2, 3, 4, 5, None),
        "mixed": (None, None, 0, 1, 2, 3, 4, None, None),
        "manual": (0, 0, 2, 2, 4, 4),
    }


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
