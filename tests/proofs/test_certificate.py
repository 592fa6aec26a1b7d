import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from specs import specs

from netlib import STYLES, NetlibError, NetworkSpec, certify, generate
from netlib.proofs.certificate import QUANTITIES, Certificate

SPEC = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
REGULARISED = NetworkSpec(
    input_shape=(6,),
    layers=[
        {"kind": "Linear", "out_features": 5},
        {"kind": "BatchNorm1d"},
        {"kind": "PReLU"},
        {"kind": "Dropout", "p": 0.3},
        {"kind": "Linear", "out_features": 2},
    ],
)


def altered(old, new, style="manual", spec=SPEC):
    """Certifies a source against itself with every `old` in its text made `new`."""
    source = generate(spec, style)
    assert old in source.text
    other = replace(source, text=source.text.replace(old, new))
    return certify(spec, {"as written": source, "altered": other}, steps=5).rows[1]


def told(row):
    return {
        name: str(found) for name, found in row.differences.items() if found is not None
    }


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("spec", [SPEC, REGULARISED], ids=["article", "regularised"])
def test_all_styles_are_the_same_network(spec, optimizer):
    certificate = certify(spec, optimizer=optimizer)
    assert certificate.identical
    assert [row.label for row in certificate.rows] == list(STYLES)
    assert set(certificate.rows[0].differences) == set(QUANTITIES)
    assert [len(losses) for losses in certificate.losses.values()] == [100] * 7
    first, *others = certificate.losses.values()
    assert all(losses == first for losses in others)
    assert first[-1] != first[0]


def test_random_networks_are_the_same_in_all_styles(request):
    @settings(max_examples=request.config.getoption("--networks"))
    @given(spec=specs())
    def holds(spec):
        assert certify(spec, steps=3).identical

    holds()


def test_the_terms_are_part_of_it_and_the_caller_is_left_as_he_was():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    terms = certify(SPEC, ["manual", "mixed"], steps=1).terms
    assert (terms.torch, terms.threads, terms.dtype) == (
        torch.__version__,
        1,
        "float32",
    )
    assert terms.cpu
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_a_certificate_travels_as_json():
    certificate = certify(SPEC, ["manual", "mixed"], steps=2)
    text = json.dumps(certificate.model_dump(mode="json"))
    assert Certificate.model_validate(json.loads(text)) == certificate


def test_steps_and_progress():
    heard = []
    certify(
        SPEC, ["manual", "mixed"], steps=2, progress=lambda *told: heard.append(told)
    )
    assert heard == [(0.25, "manual"), (0.5, "manual"), (0.75, "mixed"), (1.0, "mixed")]


def test_a_network_without_parameters_is_certified_as_one():
    spec = NetworkSpec(input_shape=(3,), layers=[{"kind": "Dropout"}, {"kind": "Tanh"}])
    certificate = certify(spec, steps=3)
    assert (certificate.identical, certificate.n_parameters) == (True, 0)


def test_other_initial_weights_are_named_with_their_layer():
    row = altered("b2, -1 /", "b2, 0 /")
    assert row.initial_weights.layer == "fc2"
    assert str(row.initial_weights).startswith("fc2.bias: differs by up to 0.")
    assert row.losses.step == 1


def test_one_bit_is_enough():
    row = altered("parameters = [", "W2.data[3, 4] *= 1 + 2**-23\nparameters = [")
    found = row.initial_weights
    assert (found.place, found.layer) == ("fc2.weight", "fc2")
    assert 0 < found.largest < 1e-7


def test_the_sign_of_zero_is_a_difference():
    bias = NetworkSpec(input_shape=(2,), layers=[{"kind": "LayerNorm"}])
    row = altered("b1 = torch.zeros(2", "b1 = torch.full((2,), -0.0", spec=bias)
    assert str(row.initial_weights) == (
        "layer_norm.bias: differs by up to 0, the sign of zero, or of NaN"
    )


def test_equal_nans_are_no_difference():
    spec = NetworkSpec.mlp([2, 1])
    source = generate(spec, "manual")
    text = source.text.replace(
        "parameters = [", 'W1.data[0, 0] = float("nan")\nparameters = ['
    )
    ill = replace(source, text=text)
    certificate = certify(spec, {"one": ill, "two": ill}, steps=2)
    assert np.isnan(certificate.losses["one"]).all()
    assert certificate.identical
    row = certify(spec, {"well": source, "ill": ill}, steps=2).rows[1]
    assert str(row.initial_weights) == "fc1.weight: not finite on one side"
    assert str(row.losses) == "step 1: not finite on one side"


def test_a_forgotten_activation_shows_in_the_outputs_first():
    row = altered("torch.relu(self.fc1(x))", "self.fc1(x)", "subclass")
    assert list(told(row)) == ["outputs", "gradients", "losses", "final_weights"]
    assert row.outputs.place == "evaluation mode"


def test_dropout_left_on_in_evaluation_shows_in_that_mode():
    row = altered("0.3, model.training", "0.3, True", spec=REGULARISED)
    assert row.outputs.place == "evaluation mode"


def test_a_random_number_drawn_too_many_is_noticed():
    row = altered("parameters = [", "torch.rand(1)\nparameters = [")
    assert list(told(row)) == ["random_number"]


def test_a_weight_left_out_of_the_list_stays_as_it_was():
    row = altered(
        "W3 = torch.empty(1, 10, requires_grad=True)", "W3 = torch.empty(1, 10)"
    )
    assert str(row.gradients) == "fc3.weight: missing"
    assert (row.final_weights.place, row.final_weights.step) == ("fc3.weight", 1)


def test_running_statistics_belong_to_the_weights():
    row = altered(
        "b2, self.training", "b2, self.training, 0.2", "parameters", REGULARISED
    )
    assert list(told(row)) == ["final_weights"]
    assert row.final_weights.place == "batch_norm.running_mean"


def test_a_program_that_fails_says_how():
    row = altered("F.linear(x, W2, b2)", "F.linear(x, W3, b2)")
    reason = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x12 and 10x1)"
    assert told(row) == {
        "outputs": f"evaluation mode: {reason}",
        "gradients": f"fc1.weight: {reason}",
        "losses": f"step 1: {reason}",
        "final_weights": f"fc1.weight: {reason}",
        "random_number": f"after training: {reason}",
    }


def test_a_program_that_fails_late_says_how():
    text = generate(SPEC, "manual").text
    late = text.replace("def model(x):", "calls = []\n\n\ndef model(x):").replace(
        "    x = torch.relu(F.linear(x, W1",
        "    calls.append(1)\n    assert len(calls) < 4\n    x = torch.relu(F.linear(x, W1",
    )
    sources = {
        "a": generate(SPEC, "manual"),
        "b": replace(generate(SPEC, "manual"), text=late),
    }
    assert told(certify(SPEC, sources, steps=5).rows[1]) == {
        "losses": "step 3: AssertionError:",
        "final_weights": "fc1.weight: AssertionError:",
        "random_number": "after training: AssertionError:",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "certificate: expects 1 to 10000 steps, got 0."),
        (
            {"optimizer": "lion"},
            "certificate: expects an optimizer of adam, adamw, sgd, rmsprop, got lion.",
        ),
        ({"styles": {}}, "certificate: expects at least one style, got none."),
        (
            {"styles": ["keras"]},
            (
                "style: expects one of manual, subclass, sequential, ordered_dict, "
                "mixed, parameters, modulelist, got keras."
            ),
        ),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(NetlibError) as caught:
        certify(SPEC, **options)
    assert str(caught.value) == message


def test_a_first_program_that_fails_certifies_nothing():
    broken = replace(generate(SPEC, "manual"), text="model = 1 / 0")
    sources = {"broken": broken, "sound": generate(SPEC, "mixed")}
    with pytest.raises(NetlibError) as caught:
        certify(SPEC, sources, steps=1)
    assert str(caught.value) == (
        "style broken: expects a network that runs, "
        "got ZeroDivisionError: division by zero."
    )
