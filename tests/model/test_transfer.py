import subprocess
import sys
from itertools import permutations, product

import pytest
import torch
from hypothesis import given, settings
from processes import lint
from specs import AWKWARD, NETWORKS, specs
from torch import nn

from netlib import STYLES, NetlibError, NetworkSpec, build, carry, generate
from netlib.errors import WeightsError
from netlib.model.transfer import Key, carry_code, key_table

ARTICLE = NETWORKS["article"]
NORMALISED = NetworkSpec(
    input_shape=(3,),
    layers=[{"kind": "Linear", "out_features": 4}, {"kind": "BatchNorm1d"}],
)
# LayerNorm's weight, W1 of the manual style, is (3, 8) and has no other way round.
ROWS = NetworkSpec(
    input_shape=(3, 8),
    layers=[
        {"kind": "LayerNorm"},
        {"kind": "Linear", "out_features": 5},
        {"kind": "Flatten"},
        {"kind": "Linear", "out_features": 2},
    ],
)
PAIRS = list(permutations(STYLES, 2))
MODULES = ["subclass", "sequential", "ordered_dict", "mixed", "modulelist"]


def trained(spec, style, seed):
    """Returns a network after 3 steps, so that weights and running statistics moved."""
    network = build(generate(spec, style), seed)
    rows = torch.randn(8, *spec.input_shape)
    network.set_training(True)
    for _ in range(3):
        output = network.model(rows)
        if network.parameters:
            optimizer = torch.optim.SGD(network.parameters.values(), lr=0.01)
            optimizer.zero_grad()
            output.square().mean().backward()
            optimizer.step()
    return network


def tensors(network):
    if isinstance(network.model, nn.Module):
        return network.model.state_dict()
    return network.parameters | network.buffers


def load(network, weights):
    if isinstance(network.model, nn.Module):
        network.model.load_state_dict(weights, strict=True)
    else:
        assert list(weights) == list(tensors(network))
        with torch.no_grad():
            for name, tensor in tensors(network).items():
                tensor.copy_(weights[name])


def output(network, rows):
    network.set_training(False)
    with torch.no_grad():
        return network.model(rows).numpy().tobytes()


def as_bytes(weights):
    return {name: t.detach().numpy().tobytes() for name, t in weights.items()}


def counters_at_0(weights):
    names = [name for name in weights if name.endswith(".num_batches_tracked")]
    return dict.fromkeys(names, bytes(8))


def check_all_pairs(spec):
    rows = torch.randn(5, *spec.input_shape)
    # A seed each, so that no target already holds what it is to be given.
    sources = {style: trained(spec, style, i) for i, style in enumerate(STYLES)}
    targets = {style: build(generate(spec, style), seed=99) for style in STYLES}
    outputs = {style: output(network, rows) for style, network in sources.items()}
    for style, other in product(STYLES, STYLES):
        weights = tensors(sources[style])
        carried = carry(weights, spec, style, other)
        load(targets[other], carried)
        assert output(targets[other], rows) == outputs[style]
        assert list(carried) == list(tensors(targets[other]))
        back = as_bytes(carry(carried, spec, other, style))
        zeros = {} if other in MODULES else counters_at_0(back)
        assert back == as_bytes(weights) | zeros


@pytest.mark.parametrize("network", NETWORKS)
def test_carried_weights_give_the_same_outputs_and_come_back_the_same(network):
    check_all_pairs(NETWORKS[network])


@settings(max_examples=12)
@given(spec=specs())
def test_weights_of_random_networks_are_carried(spec):
    check_all_pairs(spec)


def test_training_moves_what_is_carried():
    fresh = tensors(build(generate(NETWORKS["regularised"], "subclass"), seed=0))
    moved = tensors(trained(NETWORKS["regularised"], "subclass", seed=0))
    assert all(not torch.equal(fresh[name], moved[name]) for name in fresh)


def test_carried_tensors_are_copies_of_their_dtype():
    network = build(generate(NORMALISED, "manual"))
    weights = {name: tensor.double() for name, tensor in tensors(network).items()}
    weights["W1"] = network.parameters["W1"]
    carried = carry(weights, NORMALISED, "manual", "sequential")
    assert carried["0.weight"].dtype == torch.float32
    assert carried["0.bias"].dtype == carried["1.running_var"].dtype == torch.float64
    assert carried["1.num_batches_tracked"].dtype == torch.int64
    assert not any(tensor.requires_grad for tensor in carried.values())
    carried["0.weight"].zero_()
    assert network.parameters["W1"].any()


def test_batches_are_counted_by_modules_alone():
    network = trained(NORMALISED, "sequential", seed=0)
    weights = network.model.state_dict()
    assert weights["1.num_batches_tracked"] == 3
    kept = carry(weights, NORMALISED, "sequential", "subclass")
    assert kept["batch_norm.num_batches_tracked"] == 3
    plain = carry(weights, NORMALISED, "sequential", "manual")
    assert list(plain) == ["W1", "b1", "W2", "b2", "mean2", "var2"]
    back = carry(plain, NORMALISED, "manual", "sequential")
    assert back["1.num_batches_tracked"].shape == ()
    assert back["1.num_batches_tracked"] == 0


@pytest.mark.parametrize("style", ["manual", "parameters"])
@pytest.mark.parametrize(
    ("spec", "matrices"),
    [(ARTICLE, ["W1", "W2", "W3"]), (ROWS, ["W2", "W3"])],
    ids=["article", "with a norm of rows"],
)
def test_matrices_stored_the_other_way_round_are_read_where_told(style, spec, matrices):
    weights = tensors(build(generate(spec, style)))
    turned = {name: weights[name].detach().T.contiguous() for name in matrices}
    stored = weights | turned
    carried = carry(stored, spec, style, "mixed", transposed=True)
    assert as_bytes(carried) == as_bytes(carry(weights, spec, style, "mixed"))
    assert all(tensor.is_contiguous() for tensor in carried.values())


def test_square_matrices_are_read_the_way_that_is_told():
    spec = NetworkSpec.mlp([3, 3], None)
    weights = tensors(build(generate(spec, "manual")))
    for transposed, expected in ((False, weights["W1"]), (True, weights["W1"].T)):
        carried = carry(weights, spec, "manual", "sequential", transposed=transposed)
        assert torch.equal(carried["0.weight"], expected)


def refused(weights, style, **options):
    with pytest.raises(WeightsError) as caught:
        carry(weights, ARTICLE, style, "subclass", **options)
    return caught.value.message, caught.value.advice


def weights_of(style, **replaced):
    return tensors(build(generate(ARTICLE, style))) | replaced


def test_other_names_are_refused():
    where = "weights of the sequential style: expects"
    weights = weights_of("sequential")
    del weights["2.bias"], weights["4.weight"]
    message = f"{where} the names 2.bias, 4.weight, got none of them."
    assert refused(weights, "sequential") == (message, "")
    weights = weights_of("sequential", more=torch.ones(1), epoch=3)
    message = (
        f"{where} only the names 0.weight, 0.bias, 2.weight, 2.bias, 4.weight, 4.bias, "
        "got more, epoch."
    )
    assert refused(weights, "sequential") == (message, "")
    message = (
        f"{where} the names 0.weight, 0.bias, 2.weight, 2.bias, 4.weight, 4.bias, "
        "got W1, b1, W2, b2, W3, b3."
    )
    assert refused(weights_of("manual"), "sequential") == (message, "")


def test_a_network_without_tensors_takes_none():
    spec = AWKWARD["one activation"]
    assert carry({}, spec, "manual", "sequential") == {}
    with pytest.raises(WeightsError) as caught:
        carry({"W1": torch.ones(1)}, spec, "manual", "sequential")
    message = "weights of the manual style: expects no tensors, got W1."
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (torch.ones(12, 15), "(12, 15)"),
        (torch.ones(()), "()"),
        ([[1.0]], "list"),
    ],
    ids=["shape", "scalar", "list"],
)
def test_another_shape_is_refused(value, got):
    message = f"W1: expects a tensor of shape (12, 16), got {got}."
    assert refused(weights_of("manual", W1=value), "manual") == (message, "")


def test_a_matrix_the_other_way_round_is_refused_with_an_advice():
    turned = weights_of("manual", W2=torch.ones(12, 10))
    message = "W2: expects a tensor of shape (10, 12), got (12, 10)."
    advice = "It is stored as (in, out): pass transposed=True."
    assert refused(turned, "manual") == (message, advice)
    message = "W1: expects a tensor of shape (16, 12), got (12, 16)."
    advice = "It is stored as (out, in): leave transposed=True out."
    assert refused(turned, "manual", transposed=True) == (message, advice)
    turned = weights_of("sequential", **{"2.weight": torch.ones(12, 10)})
    message = "2.weight: expects a tensor of shape (10, 12), got (12, 10)."
    assert refused(turned, "sequential") == (message, "")


@pytest.mark.parametrize("style", MODULES)
def test_modules_never_keep_matrices_the_other_way_round(style):
    message = f"transposed weights: expects a style without modules, got {style}."
    advice = "Modules keep matrices as (out, in)."
    assert refused(weights_of(style), style, transposed=True) == (message, advice)


@pytest.mark.parametrize("function", [key_table, carry_code])
def test_an_unknown_style_is_refused(function):
    for styles in (("keras", "manual"), ("manual", "keras")):
        with pytest.raises(
            NetlibError, match=r"^style: expects one of .*, got keras\."
        ):
            function(ARTICLE, *styles)


def test_the_keys_of_the_articles_network():
    assert key_table(ARTICLE, "subclass", "manual") == (
        Key("fc1", "fc1.weight", "W1"),
        Key("fc1", "fc1.bias", "b1"),
        Key("fc2", "fc2.weight", "W2"),
        Key("fc2", "fc2.bias", "b2"),
        Key("fc3", "fc3.weight", "W3"),
        Key("fc3", "fc3.bias", "b3"),
    )
    found = key_table(ARTICLE, "sequential", "mixed")
    assert found[2] == Key("fc2", "2.weight", "layers.2.weight", "")


def test_keys_without_a_counterpart_say_why():
    there = key_table(NORMALISED, "sequential", "parameters")
    back = key_table(NORMALISED, "parameters", "sequential")
    both = key_table(NORMALISED, "sequential", "modulelist")
    name, other = "1.num_batches_tracked", "layers.1.num_batches_tracked"
    left_out = "left out: only modules count batches"
    assert there[-2:] == (
        Key("batch_norm", "1.running_var", "var2", ""),
        Key("batch_norm", name, "", left_out),
    )
    zero = "0: only modules count batches"
    assert back[-1] == Key("batch_norm", "", name, zero)
    assert both[-1] == Key("batch_norm", name, other, "")


LONGEST_KEYS = NetworkSpec(
    input_shape=(2,),
    layers=[{"kind": "BatchNorm1d", "name": f"{'n' * 17}{i:03}"} for i in range(100)],
)


def test_the_program_of_the_articles_network():
    program = carry_code(ARTICLE, "subclass", "manual")
    assert program.startswith(
        "import torch\n\nimport new  # the manual style\nimport old  # the subclass style"
        "\n\nstate = old.model.state_dict()\nwith torch.no_grad():\n"
        '    new.W1.copy_(state["fc1.weight"])\n'
    )
    assert carry_code(ARTICLE, "subclass", "ordered_dict") == (
        "import new  # the ordered_dict style\nimport old  # the subclass style\n\n"
        "new.model.load_state_dict(old.model.state_dict())\n"
    )


def test_programs_are_clean_under_linter_and_formatter(tmp_path):
    """They lie beside `old.py` and `new.py`, which are the imports of their folder."""
    for name in ("old", "new"):
        (tmp_path / f"{name}.py").touch()
    for i, spec in enumerate([*AWKWARD.values(), *NETWORKS.values(), LONGEST_KEYS]):
        for source, target in PAIRS[i % 6 :: 6]:
            program = carry_code(spec, source, target)
            (tmp_path / f"{source}_{target}_{i}.py").write_text(program)
            assert max(map(len, program.splitlines())) <= 88
    lint(tmp_path)


DRIVER = """
import pathlib, runpy, sys
import torch

def output(model, rows, training=False):
    if isinstance(model, torch.nn.Module):
        model.train(training)
    elif hasattr(model, "training"):
        model.training = training
    with torch.no_grad():
        return model(rows).numpy().tobytes()

for folder in map(pathlib.Path, sys.stdin.read().split()):
    sys.path[0] = str(folder)
    for name in ("old", "new"):
        sys.modules.pop(name, None)
    import old, new
    rows = torch.randn(5, *eval((folder / "shape").read_text()))
    output(old.model, rows, training=True)  # running statistics move
    runpy.run_path(str(folder / "carry.py"))
    print(folder.name, output(new.model, rows) == output(old.model, rows))
"""


def test_programs_carry_between_exported_files(tmp_path):
    """All pairs for the article's network, each source once for the others."""
    runs = list(product([("article", ARTICLE)], PAIRS))
    others = {name: spec for name, spec in NETWORKS.items() if spec != ARTICLE}
    for i, (label, spec) in enumerate((others | AWKWARD).items()):
        if label != "widest":  # which takes 48 GB
            runs += product([(label, spec)], PAIRS[i % 6 :: 6])
    folders = []
    for (label, spec), (source, target) in runs:
        folder = tmp_path / f"{label.replace(' ', '_')}-{source}-{target}"
        folder.mkdir()
        (folder / "old.py").write_text(generate(spec, source).text)
        (folder / "new.py").write_text(generate(spec, target).text)
        (folder / "carry.py").write_text(carry_code(spec, source, target))
        (folder / "shape").write_text(str(spec.input_shape))
        folders.append(folder)
    result = subprocess.run(
        [sys.executable, "-B", "-c", DRIVER],
        input="\n".join(map(str, folders)),
        capture_output=True,
        text=True,
        check=False,
    )
    expected = [f"{folder.name} True" for folder in folders]
    assert (result.stderr, result.stdout.splitlines()) == ("", expected)
