import pytest
from specs import AWKWARD

from netlib import NetlibError, NetworkSpec, build, certify
from netlib.source.mistakes import MISTAKES, planted

SPEC = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid")
# What the certificate says first, and the quantities that stay the same.
FOUND = {
    "inside_forward": ("fc1.weight: missing", []),
    "other_way_round": (
        "fc1.weight: shape (16, 12), the first has (12, 16)",
        ["random_number"],
    ),
    "other_order": ("fc1.weight: differs by up to 0.", ["random_number"]),
    "forgotten_activation": (
        "evaluation mode: differs by up to 0.",
        ["initial_weights", "random_number"],
    ),
    "by_hand": (
        "fc2.weight: differs by up to ",
        ["initial_weights", "outputs", "gradients", "losses", "random_number"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_certificate_finds_a_planted_mistake_and_names_it(mistake):
    sources = dict(zip(("as meant", "mistaken"), planted(SPEC, mistake)))
    optimizer = MISTAKES[mistake].optimizer
    certificate = certify(SPEC, sources, optimizer=optimizer)
    meant, mistaken = certificate.rows
    assert meant.identical
    assert not mistaken.identical
    differences = mistaken.differences
    start, same = FOUND[mistake]
    first = next(str(found) for found in differences.values() if found)
    assert first.startswith(start)
    assert [name for name, found in differences.items() if found is None] == same


def test_a_product_rounded_before_it_is_subtracted_differs_in_the_last_bits():
    sources = dict(zip(("as meant", "mistaken"), planted(SPEC, "by_hand")))
    found = certify(SPEC, sources, optimizer="sgd").rows[1].final_weights
    assert (found.step, found.layer) == (1, "fc2")
    assert 0 < found.largest < 1e-6


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistaken_program_runs_and_knows_its_layers(mistake):
    meant, mistaken = planted(SPEC, mistake)
    assert build(mistaken).source.text == mistaken.text != meant.text
    assert len(mistaken.line_layers) == len(mistaken.text.splitlines())


ALTERED = {
    "inside_forward": {
        "        x = torch.relu(nn.Linear(16, 12)(x))  # (n, 12)": (0, 1),
        "        x = torch.relu(nn.Linear(12, 10)(x))  # (n, 10)": (2, 3),
        "        return torch.sigmoid(nn.Linear(10, 1)(x))  # (n, 1)": (4, 5),
    },
    "other_way_round": {
        "W1 = torch.empty(16, 12, requires_grad=True)": (0,),
        "W2 = torch.empty(12, 10, requires_grad=True)": (2,),
        "W3 = torch.empty(10, 1, requires_grad=True)": (4,),
        "    x = torch.relu(x @ W1 + b1)  # (n, 12)": (0, 1),
        "    x = torch.relu(x @ W2 + b2)  # (n, 10)": (2, 3),
        "    return torch.sigmoid(x @ W3 + b3)  # (n, 1)": (4, 5),
    },
    "other_order": {},  # its lines are moved
    "forgotten_activation": {"        x = self.fc1(x)  # (n, 12)": (0,)},
    "by_hand": {
        "def update(learning_rate):": (),
        "    with torch.no_grad():": (),
        "        for p in parameters:": (),
        "            p -= learning_rate * p.grad": (0, 2, 4),
    },
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_lines_that_a_mistake_alters_name_their_layers(mistake):
    meant, mistaken = planted(SPEC, mistake)
    known = {line.text: line.layers for line in meant.lines}
    altered = {line.text: line.layers for line in mistaken.lines if line.text}
    assert altered.items() - known.items() == ALTERED[mistake].items()


def test_lines_that_are_alike_keep_the_layers_of_their_places():
    linear, tanh = {"kind": "Linear", "out_features": 3}, {"kind": "Tanh"}
    spec = NetworkSpec(input_shape=(3,), layers=[linear, *[tanh] * 5, linear])
    lines = planted(spec, "other_order")[1].lines
    alike = "        x = torch.tanh(torch.tanh(x))"
    served = [line.layers for line in lines if line.text == alike]
    assert served == [(2, 3), (4, 5)]


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("label", sorted(set(AWKWARD) - {"widest"}))
def test_mistakes_run_in_awkward_networks_or_are_refused(mistake, label):
    spec = AWKWARD[label]
    try:
        _, mistaken = planted(spec, mistake)
    except NetlibError as error:
        rule = "expects a network that has a place for it"
        assert str(error) == f"mistake {mistake}: {rule}, got {spec.title}."
    else:
        build(mistaken)


def test_an_unknown_mistake_is_refused():
    with pytest.raises(NetlibError) as caught:
        planted(SPEC, "typo")
    assert str(caught.value) == (
        "mistake: expects one of inside_forward, other_way_round, other_order, "
        "forgotten_activation, by_hand, got typo."
    )
