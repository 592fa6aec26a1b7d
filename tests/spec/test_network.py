import inspect

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from specs import AWKWARD, specs

from netlib import NetlibError, NetworkSpec
from netlib.spec.kinds import KINDS
from netlib.spec.layer import Site
from netlib.spec.names import MODULE_ATTRIBUTES

DEFINITIONS = torch.overrides.get_testing_overrides()
LINEAR = {"kind": "Linear", "out_features": 4}


def network(*layers, **fields):
    return NetworkSpec(**{"input_shape": (3,), "layers": layers} | fields)


@given(spec=specs())
def test_json_round_trip(spec):
    assert NetworkSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_spec_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        AWKWARD["one layer"].name = "Other"


def test_names_follow_the_articles():
    spec = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
    names = [step.name for step in spec.stages]
    assert names == ["fc1", "relu1", "fc2", "relu2", "fc3", "sigmoid"]


def test_shapes_and_counts_of_the_articles_network():
    spec = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
    assert [step.output_shape for step in spec.stages[::2]] == [(12,), (10,), (1,)]
    assert (spec.n_parameters, spec.n_bytes, spec.title) == (345, 1380, "16-12-10-1")


def test_mlp_without_activations():
    spec = NetworkSpec.mlp([3, 2, 1], activation=None, output_activation=None)
    assert [layer.kind for layer in spec.layers] == ["Linear", "Linear"]


@pytest.mark.parametrize("spelling", ["leaky_relu", "LeakyReLU", "leakyrelu"])
def test_mlp_takes_any_spelling_of_an_activation(spelling):
    assert NetworkSpec.mlp([3, 1], None, spelling).layers[-1].kind == "LeakyReLU"


def test_the_attributes_of_modules_are_known():
    attributes = {name for name in dir(torch.nn.Sequential()) if name[0] != "_"}
    assert attributes == MODULE_ATTRIBUTES


def arguments(row):
    return [*row.lead, *row.tail, *row.named, *row.options]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_written_with_torchs_arguments_in_torchs_order(kind):
    row, prefix = KINDS[kind].signature, KINDS[kind].prefix
    module = arguments(row.module)
    torchs = list(inspect.signature(getattr(torch.nn, kind)).parameters)
    assert [name for name in torchs if name in module] == module
    function = eval(row.function or f"F.{prefix}", {"F": F, "torch": torch})
    call = arguments(row.call or row.module)
    torchs = list(inspect.signature(DEFINITIONS.get(function, function)).parameters)
    assert torchs[1 : len(call) + 1] == call


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_a_kind_is_left_out_of_its_module(kind):
    row = KINDS[kind].signature.module
    fields = set(KINDS[kind].model_fields) - {"kind", "name"}
    assert fields <= {*arguments(row), row.switch}


@pytest.mark.parametrize(
    ("layer", "module", "call"),
    [
        (LINEAR, "nn.Linear(3, 4)", "F.linear(x, W1, b1)"),
        (LINEAR | {"bias": False}, "nn.Linear(3, 4, bias=False)", "F.linear(x, W1)"),
        (
            {"kind": "BatchNorm1d", "affine": False, "momentum": 0.2},
            "nn.BatchNorm1d(3, momentum=0.2, affine=False)",
            "F.batch_norm(x, mean1, var1, None, None, self.training, 0.2, 1e-05)",
        ),
        (
            {"kind": "LayerNorm", "eps": 0.1, "elementwise_affine": False},
            "nn.LayerNorm(3, eps=0.1, elementwise_affine=False)",
            "F.layer_norm(x, (3,), eps=0.1)",
        ),
        (
            {"kind": "PReLU", "per_channel": True, "init": 0.5},
            "nn.PReLU(3, init=0.5)",
            "F.prelu(x, a1)",
        ),
        ({"kind": "Dropout"}, "nn.Dropout(0.5)", "F.dropout(x, 0.5, self.training)"),
        ({"kind": "Softmax"}, "nn.Softmax(dim=-1)", "F.softmax(x, dim=-1)"),
        ({"kind": "Flatten"}, "nn.Flatten()", "torch.flatten(x, 1)"),
        (
            {"kind": "LayerNorm", "bias": False},
            "nn.LayerNorm(3, bias=False)",
            "F.layer_norm(x, (3,), W1)",
        ),
        (
            {"kind": "GroupNorm", "num_groups": 3},
            "nn.GroupNorm(3, 3)",
            "F.group_norm(x, 3, W1, b1)",
        ),
        ({"kind": "RMSNorm"}, "nn.RMSNorm(3)", "F.rms_norm(x, (3,), W1)"),
        (
            {"kind": "RReLU", "upper": 0.5},
            "nn.RReLU(0.125, 0.5)",
            "F.rrelu(x, 0.125, 0.5, self.training)",
        ),
    ],
)
def test_a_layer_as_module_and_as_call(layer, module, call):
    (stage,) = network(layer).stages
    names = {weight.name: f"{weight.symbol}1" for weight in stage.weights}
    assert stage.layer.module(stage.input_shape) == module
    assert stage.layer.call("x", Site(names, (3,), "self.training")) == call


KIND_NAMES = ", ".join(KINDS)
BAD = {
    "layer 1 (Linear): expects 1 to 65536 units, got 0.": lambda: NetworkSpec.mlp(
        [16, 0, 1]
    ),
    "layer 3 (Linear): expects 1 to 65536 units, got 65537.": lambda: NetworkSpec.mlp(
        [16, 1, 65537]
    ),
    "layer 1 (Linear): expects 1 to 65536 units, got 4.5.": lambda: NetworkSpec.mlp(
        [16, 4.5]
    ),
    "network: expects at least 2 widths, got [16].": lambda: NetworkSpec.mlp([16]),
    "network: expects 1 to 4 input sizes of 1 to 65536, got 0.": (
        lambda: NetworkSpec.mlp([0, 1])
    ),
    "network: expects at most 16777216 inputs a row, got (65536, 65536).": (
        lambda: network(LINEAR, input_shape=(65536, 65536))
    ),
    "network: expects 1 to 100 layers, got 0.": lambda: network(),
    "network: expects 1 to 100 layers, got 101.": lambda: network(*[LINEAR] * 101),
    "network: expects a list of layers, got Linear.": lambda: network(layers="Linear"),
    "network: expects only the fields version, name, input_shape, layers, got depth.": (
        lambda: network(LINEAR, depth=2)
    ),
    "network: expects format version to be 1, got 2.": lambda: network(
        LINEAR, version=2
    ),
    f"layer 1: expects one of the kinds {KIND_NAMES}, got Conv9d.": lambda: network(
        {"kind": "Conv9d"}
    ),
    f"layer 1: expects one of the kinds {KIND_NAMES}, got 7.": lambda: network(7),
    "layer 1 (Dropout): expects drop probability from 0 to 1, of at most 6 digits, "
    "got 1.5.": lambda: network({"kind": "Dropout", "p": 1.5}),
    "layer 1 (ELU): expects alpha from 0 to 1000, of at most 6 digits, got 0.1234567.": (
        lambda: network({"kind": "ELU", "alpha": 0.1234567})
    ),
    "layer 1 (ELU): expects alpha from 0 to 1000, of at most 6 digits, got nan.": (
        lambda: network({"kind": "ELU", "alpha": float("nan")})
    ),
    "layer 1 (GELU): expects approximation to be none or tanh, got erf.": (
        lambda: network({"kind": "GELU", "approximate": "erf"})
    ),
    "layer 1 (Linear): expects bias to be true or false, got yes.": lambda: network(
        LINEAR | {"bias": "yes"}
    ),
    "layer 1 (Hardtanh): expects a highest value above the lowest, got (1.0, 0.5).": (
        lambda: network({"kind": "Hardtanh", "min_val": 1.0, "max_val": 0.5})
    ),
    "layer 2 (Softmax): expects dimension -1 to -1 or 1 to 1 (0 is the batch), got 2.": (
        lambda: network(LINEAR, {"kind": "Softmax", "dim": 2})
    ),
    "layer 1 (BatchNorm1d): expects an input of 1 or 2 dimensions a row, "
    "got (1, 2, 3).": lambda: network({"kind": "BatchNorm1d"}, input_shape=(1, 2, 3)),
    "activation: expects one of relu, leaky_relu, prelu, elu, selu, gelu, silu, mish, "
    "softplus, tanh, sigmoid, hardtanh, softmax, log_softmax, relu6, rrelu, celu, "
    "softsign, tanhshrink, hardsigmoid, hardswish, logsigmoid, hardshrink, softshrink, "
    "threshold, softmin, got linear.": (
        lambda: NetworkSpec.mlp([3, 1], None, "linear")
    ),
    "network: expects a JSON document, got {.": (
        lambda: NetworkSpec.model_validate_json("{")
    ),
    "class name: expects a name that is no Python keyword, got class.": (
        lambda: network(LINEAR, name="class")
    ),
    "class name: expects a name that means nothing else in the program, got torch.": (
        lambda: network(LINEAR, name="torch")
    ),
    "class name: expects a name that means nothing else in the program, got print.": (
        lambda: network(LINEAR, name="print")
    ),
    "class name: expects a name that means nothing else in the program, got I.": (
        lambda: network(LINEAR, name="I")
    ),
    f"class name: expects at most 40 characters, got {'N' * 41}.": (
        lambda: network(LINEAR, name="N" * 41)
    ),
    "class name: expects an ASCII identifier that begins with a letter, got Größe.": (
        lambda: network(LINEAR, name="Größe")
    ),
    "class name: expects an ASCII identifier that begins with a letter, got 3.": (
        lambda: network(LINEAR, name=3)
    ),
    "layer 1 (Linear): expects a name that nn.Module does not use itself, "
    "got training.": lambda: network(LINEAR | {"name": "training"}),
    f"layer 1 (Linear): expects at most 20 characters, got {'n' * 21}.": (
        lambda: network(LINEAR | {"name": "n" * 21})
    ),
    "layer 2 (Linear): expects a name that no other layer has, got fc2.": (
        lambda: network(LINEAR | {"name": "fc2"}, LINEAR)
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_broken_rules_are_told(message):
    with pytest.raises(NetlibError) as caught:
        BAD[message]()
    assert str(caught.value) == message


def test_a_name_that_is_code_is_refused_and_never_runs(tmp_path):
    witness = tmp_path / "ran"
    code = f"X: pass\nopen({str(witness)!r}, 'w')"
    for fields in ({"name": code}, {"layers": [LINEAR | {"name": code}]}):
        with pytest.raises(NetlibError, match="an ASCII identifier"):
            NetworkSpec(**{"input_shape": (3,), "layers": [LINEAR]} | fields)
    assert not witness.exists()
