import dataclasses
import inspect
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from specs import AWKWARD, specs

from netlib import STYLES, NetlibError, NetworkSpec, build, generate
from netlib.model.builder import CAP_VARIABLE, outline

SPEC = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")


def contents(network):
    return [tensor.detach().numpy().tobytes() for tensor in network.parameters.values()]


@given(spec=specs())
def test_random_networks_have_the_predicted_shapes_and_counts(spec):
    x = torch.randn(4, *spec.input_shape, generator=torch.Generator().manual_seed(0))
    outputs = set()
    for style in STYLES:
        network = build(generate(spec, style), seed=5)
        network.set_training(False)
        sizes = [tensor.numel() for tensor in network.parameters.values()]
        output = network.model(x)
        assert tuple(output.shape) == (4, *spec.output_shape)
        assert sum(sizes) == spec.n_parameters
        outputs.add(output.detach().numpy().tobytes())
    assert len(outputs) == 1


@pytest.mark.parametrize("style", STYLES)
def test_weights_are_those_of_pytorchs_own_layers(style):
    network = build(generate(SPEC, style), seed=7)
    torch.manual_seed(7)
    layers = [torch.nn.Linear(16, 12), torch.nn.Linear(12, 10), torch.nn.Linear(10, 1)]
    expected = [p.detach().numpy().tobytes() for l in layers for p in l.parameters()]
    assert contents(network) == expected


def test_four_threads_build_what_one_builds():
    sources = [generate(SPEC, style) for style in STYLES]
    alone = {seed: contents(build(sources[0], seed)) for seed in range(20)}
    jobs = [(source, seed) for seed in range(20) for source in sources] * 2
    with ThreadPoolExecutor(4) as threads:
        built = threads.map(lambda job: (job[1], contents(build(*job))), jobs)
        assert all(weights == alone[seed] for seed, weights in built)


def test_building_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    build(generate(SPEC, "manual"), seed=3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_exactly_the_text_runs_and_tracebacks_show_its_lines():
    source = generate(SPEC, "subclass")
    text = source.text.replace("x = torch.relu(self.fc2(x))", "x = self.forgotten(x)")
    network = build(dataclasses.replace(source, text=text))
    with pytest.raises(AttributeError) as caught:
        network.model(torch.zeros(1, 16))
    assert "x = self.forgotten(x)" in "".join(traceback.format_exception(caught.value))
    assert inspect.getsource(network.model.forward).startswith("    def forward")


@pytest.mark.parametrize("style", STYLES)
def test_set_training_switches_dropout(style):
    layers = [{"kind": "Dropout", "p": 1.0}]
    network = build(generate(NetworkSpec(input_shape=(3,), layers=layers), style))
    x = torch.ones(1, 3)
    network.set_training(True)
    assert network.model(x).sum() == 0
    network.set_training(False)
    assert network.model(x).sum() == 3


@pytest.mark.parametrize("style", STYLES)
def test_an_outline_is_the_tree_of_the_built_network(style):
    for spec in (SPEC, AWKWARD["image"], AWKWARD["forty layers"]):
        source = generate(spec, style)
        assert outline(source).tree == build(source).tree


def test_huge_networks_are_described_but_not_built():
    source = generate(AWKWARD["widest"], "sequential")
    assert "Linear(in_features=65536, out_features=65536" in outline(source).tree
    assert source.spec.n_bytes == 4 * 3 * (65536 * 65536 + 65536)
    with pytest.raises(NetlibError, match="at most .* MB of weights, .* got 49,153 MB"):
        build(source)


def test_the_cap_of_a_shared_server_is_kept(monkeypatch):
    monkeypatch.setenv(CAP_VARIABLE, "1")
    with pytest.raises(NetlibError) as caught:
        build(generate(NetworkSpec.mlp([1024, 1024]), "mixed"))
    assert caught.value.message == (
        "network 1024-1024: expects at most 1 MB of weights, the cap of this server "
        "(LAYERWRIGHT_MAX_NETWORK_MB), got 4 MB."
    )


def test_the_manual_style_tells_its_tensors():
    layers = [{"kind": "Linear", "out_features": 2}, {"kind": "BatchNorm1d"}]
    network = build(generate(NetworkSpec(input_shape=(3,), layers=layers), "manual"))
    assert network.tree == (
        "W1     (2, 3)  trained\n"
        "b1     (2,)    trained\n"
        "W2     (2,)    trained\n"
        "b2     (2,)    trained\n"
        "mean2  (2,)    running statistic\n"
        "var2   (2,)    running statistic"
    )
    assert list(network.buffers) == ["mean2", "var2"]
