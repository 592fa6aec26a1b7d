import pytest
from hypothesis import given
from specs import specs
from torch import nn

from netlib import STYLES, NetworkSpec, build, generate
from netlib.model.structure import (
    counters,
    freeze,
    layer_paths,
    layer_tensors,
    reach,
    replacement,
    tree_layers,
)

SPEC = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
REACHED = {
    "manual": ["W1, b1", "W2, b2", "W3, b3"],
    "subclass": ["model.fc1", "model.fc2", "model.fc3"],
    "sequential": ["model[0]", "model[2]", "model[4]"],
    "ordered_dict": ["model.fc1", "model.fc2", "model.fc3"],
    "mixed": ["model.layers[0]", "model.layers[2]", "model.layers[4]"],
    "parameters": [f"model.W{n}, model.b{n}" for n in (1, 2, 3)],
    "modulelist": ["model.layers[0]", "model.layers[2]", "model.layers[4]"],
}


@pytest.mark.parametrize("style", STYLES)
def test_a_layer_is_reached_the_way_of_its_style(style):
    network = build(generate(SPEC, style))
    assert [reach(network, index) for index in (0, 2, 4)] == REACHED[style]
    activation = {"ordered_dict": "model.relu1", "sequential": "model[1]"}
    activation |= dict.fromkeys(("mixed", "modulelist"), "model.layers[1]")
    assert reach(network, 1) == activation.get(style, "")


@given(spec=specs())
def test_every_weight_is_found_with_its_shape(spec):
    for style in STYLES:
        network = build(generate(spec, style))
        tensors = network.parameters | network.buffers
        for step, names in zip(spec.stages, layer_tensors(network)):
            shapes = [
                tuple(tensors[names[weight.name]].shape) for weight in step.weights
            ]
            assert shapes == [weight.shape for weight in step.weights]


@given(spec=specs())
def test_what_reaches_freezes_and_replaces_a_layer_does_so(spec):
    for style in STYLES:
        network = build(generate(spec, style))
        bound = network.parameters if is_bare(network) else {}
        names = {"model": network.model, "nn": nn, **bound}
        for index, tensors in enumerate(layer_tensors(network)):
            trained = [
                network.parameters[name]
                for name in tensors.values()
                if name in network.parameters
            ]
            exec(freeze(network, index), dict(names))  # noqa: S102
            assert not any(tensor.requires_grad for tensor in trained)
            assert bool(freeze(network, index)) == bool(trained)
            if code := replacement(network, index):
                old = eval(reach(network, index), dict(names))
                exec(code, dict(names))  # noqa: S102
                new = eval(reach(network, index), dict(names))
                assert new is not old and repr(new) == repr(old)


def is_bare(network):
    return not isinstance(network.model, nn.Module)


@given(spec=specs())
def test_tree_lines_belong_to_layers_of_their_kind(spec):
    for style in STYLES:
        network = build(generate(spec, style))
        lines = network.tree.splitlines()
        owners = tree_layers(network)
        assert len(owners) == len(lines)
        for line, indices in zip(lines, owners):
            for index in indices if not is_bare(network) else ():
                assert f" {spec.layers[index].kind}(" in line
        shown = {index for indices in owners for index in indices}
        if not is_bare(network):
            paths = layer_paths(network)
            assert shown == {i for i, path in enumerate(paths) if path is not None}


def test_tree_lines_of_the_styles():
    owners = {
        style: tree_layers(build(generate(SPEC, style)))
        for style in ("subclass", "sequential", "mixed", "manual", "parameters")
    }
    assert owners == {
        "subclass": ((), (0,), (2,), (4,), ()),
        "sequential": ((), (0,), (1,), (2,), (3,), (4,), (5,), ()),
        "mixed": ((), (), (0,), (1,), (2,), (3,), (4,), (), ()),
        "manual": ((0,), (0,), (2,), (2,), (4,), (4,)),
        "parameters": ((),),
    }


def test_equal_neighbours_of_a_module_list_share_a_line():
    network = build(generate(NetworkSpec.mlp([4, 4, 4, 4, 2], None), "modulelist"))
    assert "(0-2): 3 x Linear" in network.tree
    assert tree_layers(network) == ((), (), (0, 1, 2), (3,), (), ())


def test_counters_are_those_of_modules_with_running_statistics():
    layers = [{"kind": "Linear"}, {"kind": "BatchNorm1d", "affine": False}]
    spec = NetworkSpec(input_shape=(3,), layers=layers)
    found = {style: counters(build(generate(spec, style))) for style in STYLES}
    assert found == {
        "manual": {},
        "subclass": {1: "batch_norm.num_batches_tracked"},
        "sequential": {1: "1.num_batches_tracked"},
        "ordered_dict": {1: "batch_norm.num_batches_tracked"},
        "mixed": {1: "layers.1.num_batches_tracked"},
        "parameters": {},
        "modulelist": {1: "layers.1.num_batches_tracked"},
    }
