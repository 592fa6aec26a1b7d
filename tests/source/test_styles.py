import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from processes import lint
from specs import AWKWARD, NETWORKS, specs

from netlib import STYLES, NetlibError, NetworkSpec, build, generate

GOLDEN = Path(__file__).parents[1] / "golden"
# What the article prints, its indentation and blank lines removed.
LINEARS = [
    "Linear(in_features=16, out_features=12, bias=True)",
    "Linear(in_features=12, out_features=10, bias=True)",
    "Linear(in_features=10, out_features=1, bias=True)",
]
FIVE = [LINEARS[0], "ReLU()", LINEARS[1], "ReLU()", LINEARS[2]]
NAMES = ["fc1", "relu1", "fc2", "relu2", "fc3", "sigmoid"]
ARTICLE_TREES = {
    "subclass": [
        "MyNetwork(",
        *(f"(fc{i}): {linear}" for i, linear in enumerate(LINEARS, 1)),
        ")",
    ],
    "sequential": [
        "Sequential(",
        *(f"({i}): {layer}" for i, layer in enumerate([*FIVE, "Sigmoid()"])),
        ")",
    ],
    "ordered_dict": [
        "Sequential(",
        *(f"({n}): {x}" for n, x in zip(NAMES, [*FIVE, "Sigmoid()"])),
        ")",
    ],
    "mixed": [
        "MyNetwork2(",
        "(layers): Sequential(",
        *(f"({i}): {layer}" for i, layer in enumerate(FIVE)),
        ")",
        ")",
    ],
}


def write(folder, label, spec):
    for style in STYLES:
        text = generate(spec, style).text
        (folder / f"{label.replace(' ', '_')}_{style}.py").write_text(text)


def test_the_articles_five_styles_come_first_in_its_order():
    expected = ["manual", "subclass", "sequential", "ordered_dict", "mixed"]
    assert list(STYLES) == [*expected, "parameters", "modulelist"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("network", NETWORKS)
def test_golden_sources_and_trees(network, style, regenerate):
    source = generate(NETWORKS[network], style)
    for suffix, text in ((".py", source.text), (".txt", build(source).tree + "\n")):
        path = GOLDEN / network / f"{style}{suffix}"
        if regenerate:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.read_text() == text


@pytest.mark.parametrize("style", ARTICLE_TREES)
def test_trees_are_the_articles(style):
    name = "MyNetwork2" if style == "mixed" else "MyNetwork"
    spec = NetworkSpec.mlp([16, 12, 10, 1], "relu", "sigmoid", name=name)
    lines = [line.strip() for line in build(generate(spec, style)).tree.splitlines()]
    assert lines == ARTICLE_TREES[style]


AUDIT = """
import hashlib, pathlib, runpy, sys
import torch
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    torch.manual_seed(3)
    model = runpy.run_path(str(path))["model"]
    x = torch.randn(5, *eval(sys.argv[2]))
    print(hashlib.sha256(model(x).detach().numpy().tobytes()).hexdigest())
"""


@pytest.mark.parametrize("network", NETWORKS)
def test_golden_files_run_by_themselves_and_compute_one_function(network):
    shape = str(NETWORKS[network].input_shape)
    command = [sys.executable, "-c", AUDIT, str(GOLDEN / network), shape]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    digests = result.stdout.split()
    assert (result.stderr, len(digests), len(set(digests))) == ("", len(STYLES), 1)


def test_awkward_networks_are_clean_under_linter_and_formatter(tmp_path):
    for label, spec in AWKWARD.items():
        write(tmp_path, label, spec)
    lint(tmp_path)


@given(spec=specs())
def test_random_networks_are_clean_under_linter_and_formatter(tmp_path_factory, spec):
    folder = tmp_path_factory.mktemp("sources")
    write(folder, "random", spec)
    lint(folder)


@given(spec=specs())
def test_every_layer_is_served_by_lines_and_every_line_names_real_layers(spec):
    for style in STYLES:
        source = generate(spec, style)
        served = {layer for layers in source.line_layers for layer in layers}
        assert len(source.line_layers) == len(source.text.splitlines())
        assert served == set(range(len(spec.layers)))


def test_lines_know_the_layers_they_serve():
    source = generate(NETWORKS["article"], "subclass")
    lines = dict(zip(source.text.splitlines(), source.line_layers))
    assert lines["        self.fc2 = nn.Linear(12, 10)"] == (2,)
    assert lines["        x = torch.relu(self.fc2(x))  # (n, 10)"] == (2, 3)
    assert lines["model = MyNetwork()"] == ()


def test_a_loop_serves_the_layers_alike_but_for_their_sizes():
    source = generate(NETWORKS["article"], "modulelist")
    lines = dict(zip(source.text.splitlines(), source.line_layers))
    assert lines["            self.layers.append(nn.ReLU())"] == (1, 3)
    assert lines["        self.layers.append(nn.Sigmoid())"] == (5,)
    assert lines["            x = layer(x)"] == (0, 1, 2, 3, 4, 5)


def test_a_loop_goes_through_all_widths_or_leaves_the_last_to_entries():
    alike = generate(NetworkSpec.mlp([4, 3, 2, 1], "relu", "relu"), "modulelist").text
    assert "in pairwise(widths):" in alike and "widths[-1]" not in alike
    spec = NetworkSpec(
        input_shape=(1, 2, 2),
        layers=[
            {"kind": "Flatten"},
            *[{"kind": "Linear", "out_features": 3}, {"kind": "BatchNorm1d"}] * 2,
            {"kind": "Linear", "out_features": 2, "bias": False},
            {"kind": "BatchNorm1d"},
            {"kind": "Linear", "out_features": 1},
        ],
    )
    lines = generate(spec, "modulelist").text.splitlines()
    assert [line.strip() for line in lines if "widths" in line or "append" in line] == [
        "def __init__(self, widths):",
        "self.layers.append(nn.Flatten())  # (n, 4)",
        "for n_in, n_out in pairwise(widths[:-2]):",
        "self.layers.append(nn.Linear(n_in, n_out))  # (n, n_out)",
        "self.layers.append(nn.BatchNorm1d(n_out))",
        "self.layers.append(nn.Linear(widths[-3], widths[-2], bias=False))  # (n, 2)",
        "self.layers.append(nn.BatchNorm1d(widths[-2]))",
        "self.layers.append(nn.Linear(widths[-2], widths[-1]))  # (n, 1)",
    ]


def test_an_unknown_style_is_refused():
    with pytest.raises(NetlibError) as caught:
        generate(NETWORKS["article"], "keras")
    assert str(caught.value) == (
        "style: expects one of manual, subclass, sequential, ordered_dict, mixed, "
        "parameters, modulelist, got keras."
    )
