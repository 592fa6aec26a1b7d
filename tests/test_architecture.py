"""The rules that keep the design straight, held by the syntax tree."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import pytest
import torch

from netlib import STYLES, NetworkSpec, build, certify, generate
from netlib.data.examples import EXAMPLES
from netlib.source.definitions import sequential
from netlib.source.lines import Line
from netlib.source.optimizers import OPTIMIZERS, SCHEDULES
from netlib.source.styles import Style
from netlib.source.tasks import LOSSES, TASKS
from netlib.spec.dense import Linear
from netlib.spec.kinds import KINDS
from netlib.spec.layer import Arguments, Layer, Signature, sizes
from pages.frame import menu
from pages.shared.network import columns

ROOT = Path(__file__).parent.parent
NETLIB = ROOT / "netlib"
ROW = re.compile(r"^\| `netlib/(\w+)(/|\.py)` \| ([\w, ]*)\|", re.MULTILINE)


def order_of_the_readme():
    """The modules of netlib in the order of the README's table of rooms."""
    for room, kind, files in ROW.findall((ROOT / "README.md").read_text()):
        if kind == "/":
            yield from (f"{room}/{file.strip()}" for file in files.split(","))
            yield f"{room}/__init__"
        else:
            yield room
    yield "__init__"


ORDER = list(order_of_the_readme())
# What the worker's reading, and the code on the page, must not wait for.
TORCHLESS = ORDER[: ORDER.index("program/__init__") + 1]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def strings(path):
    tree = ast.parse(path.read_text())
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def names(path):
    tree = ast.parse(path.read_text())
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}


def test_the_list_of_files_is_complete():
    files = {path.relative_to(NETLIB) for path in NETLIB.rglob("*.py")}
    assert files == {Path(f"{module}.py") for module in ORDER}


@pytest.mark.parametrize("module", ORDER)
def test_a_file_imports_only_from_files_above_it(module):
    above = [
        f"netlib.{name.removesuffix('/__init__').replace('/', '.')}"
        for name in ORDER[: ORDER.index(module)]
    ]
    for name in imports(NETLIB / f"{module}.py"):
        if name.startswith("netlib"):
            assert name in above


@pytest.mark.parametrize("module", ORDER)
def test_libraries_stay_in_their_places(module):
    roots = {name.split(".")[0] for name in imports(NETLIB / f"{module}.py")}
    assert "streamlit" not in roots
    assert "plotly" not in roots or module.startswith("figures/")
    assert "torch" not in roots or module not in TORCHLESS
    assert "exec" not in names(NETLIB / f"{module}.py") or module == "model/builder"


def test_code_is_written_before_torch_is_loaded():
    program = (
        "import sys; from netlib import NetworkSpec, generate, Experiment;"
        "generate(NetworkSpec.mlp([2, 1]), 'manual'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


PAGES = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_imports_its_own_room_and_what_pages_share(path):
    rooms = {"frame": ["frame"], "shared": ["frame", "shared"]}
    room = path.parent.name
    own = {"app.py": "build"}.get(path.name, path.stem.split("_")[-1].lower())
    allowed = rooms.get(room, ["frame", "shared", own if room == "pages" else room])
    if path.name == "app.py":
        allowed = ["frame", "shared", "build"]
    for name in imports(path):
        assert name != "app"
        if name.startswith("pages"):
            assert name.split(".")[1] in allowed


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_nothing_polls(path):
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    assert "run_every" not in {word.arg for call in calls for word in call.keywords}


def test_the_menu_leads_to_every_page():
    scripts = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
    assert [ROOT / path for path, _ in menu.PAGES.values()] == scripts


FACTS = {
    "spec/*": KINDS,
    "source/styles": STYLES,
    "source/tasks": {**TASKS, **LOSSES},
    "source/optimizers": {**OPTIMIZERS, **SCHEDULES},
    "data/examples": EXAMPLES,
    "program/*": {},
}


@pytest.mark.parametrize("files", FACTS)
def test_facts_name_no_others(files):
    for path in NETLIB.glob(f"{files}.py"):
        said = strings(path) - {"parameters"}  # a word of its own
        for other, table in FACTS.items():
            # But a data set states its task.
            if other != files and (files, other) != ("data/examples", "source/tasks"):
                assert not said & set(table), (path, other)


class Dropout1d(Layer):
    """A kind without weights that no file of the project knows."""

    kind: Literal["Dropout1d"] = "Dropout1d"
    prefix: ClassVar[str] = "dropout1d"
    has_mode: ClassVar[bool] = True
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("p",)), call=Arguments(("p", "training"))
    )
    p: float = 0.0


def test_a_new_kind_is_written_built_and_trained_by_every_style(monkeypatch):
    monkeypatch.setitem(KINDS, "Dropout1d", Dropout1d)
    layers = [{"kind": "Linear", "out_features": 3}, {"kind": "Dropout1d"}]
    spec = NetworkSpec(input_shape=(2,), layers=layers)
    assert NetworkSpec.model_validate_json(spec.model_dump_json()) == spec
    trained = set()
    for style in STYLES:
        network = build(generate(spec, style))
        optimizer = torch.optim.SGD(network.parameters.values(), lr=0.1)
        network.model(torch.ones(2, 2)).sum().backward()
        optimizer.step()
        weights = [p.detach().numpy().tobytes() for p in network.parameters.values()]
        trained.add(b"".join(weights))
    assert len(trained) == 1


class Convolution(Layer):
    """A kind with a size of its own that is not dense: it has channels, not units."""

    kind: Literal["Conv1d"] = "Conv1d"
    prefix: ClassVar[str] = "conv"
    signature: ClassVar[Signature] = Signature(
        module=Arguments(("in_channels", "out_channels", "kernel_size")),
        function="F.conv1d",
        call=Arguments(("weight", "bias")),
    )
    size_field: ClassVar[str] = "out_channels"
    in_channels: int = 2
    out_channels: int = 3
    kernel_size: int = 1

    def output_shape(self, input_shape):
        return (self.out_channels, *input_shape[1:])

    def weights(self, input_shape):
        linear = Linear(out_features=self.out_channels)
        weight, bias = linear.weights((self.in_channels,))
        shape = (*weight.shape, self.kernel_size)
        return replace(weight, shape=shape, arguments=sizes(shape)), bias


def test_a_size_makes_no_layer_dense(monkeypatch):
    monkeypatch.setitem(KINDS, "Conv1d", Convolution)
    dense = [{"kind": "Linear", "out_features": size} for size in (6, 5, 4)]
    layers = [{"kind": "Conv1d"}, {"kind": "Flatten"}, *dense]
    spec = NetworkSpec(input_shape=(2, 4), layers=layers)
    assert certify(spec, steps=3).identical
    assert spec.title == "8-6-5-4"
    assert spec.with_widths([8, 7, 5, 4]).layers[:2] == spec.layers[:2]
    assert [step.name for step in spec.stages] == [
        "conv",
        "flatten",
        "fc1",
        "fc2",
        "fc3",
    ]
    assert "pairwise(widths)" in generate(spec, "modulelist").text
    drawn = [(column.n_units, column.dense) for column in columns(spec, None)]
    sparse = [(8, False), (12, False), (12, False)]
    assert drawn == [*sparse, (6, True), (5, True), (4, True)]


def test_every_kind_appears_in_a_new_style(monkeypatch):
    def backwards(spec):
        return [*sequential(spec), Line("reached = True")]

    row = Style("Backwards", backwards, "easy", "hard")
    monkeypatch.setitem(STYLES, "backwards", row)
    for kind in KINDS:
        spec = NetworkSpec(input_shape=(4,), layers=[{"kind": kind}])
        source = generate(spec, "backwards")
        assert f"nn.{kind}(" in source.text
        assert build(source).model(torch.ones(2, 4)).shape[0] == 2


@pytest.mark.parametrize(
    "command",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]],
    ids=" ".join,
)
def test_linter_formatter_and_type_checker_are_content(command):
    command = [sys.executable, "-m", *command]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
