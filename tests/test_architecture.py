"""The rules that keep the design straight, held by the syntax tree."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import ClassVar, Literal

import pytest
import torch

from netlib import STYLES, NetworkSpec, build, generate
from netlib.source.lines import Line
from netlib.source.styles import sequential
from netlib.spec.layer import KINDS, Activation

ROOT = Path(__file__).parent.parent
NETLIB = ROOT / "netlib"
ORDER = [
    "errors", "spec/__init__", "spec/layer", "spec/network",
    "source/__init__", "source/lines", "source/styles", "source/mistakes", "experiment",
    "model/__init__", "model/builder", "model/structure", "model/weights",
    "model/transfer", "data/__init__", "data/table", "data/uploads",
    "training/__init__", "training/epoch", "training/run",
    "proofs/__init__", "proofs/pairs", "proofs/trace", "proofs/certificate",
    "proofs/timing", "exports/program", "exports/carried", "exports/trained",
    "exports/texts", "exports/script", "exports/notebook", "exports/together",
    "exports/distributed", "exports/models", "exports/running", "exports/project",
    "exports/__init__", "jobs/__init__", "jobs/protocol", "jobs/process", "jobs/job",
    "jobs/kept", "jobs/results", "jobs/registry", "jobs/errands", "jobs/worker",
    "figures/base",
    "figures/charts", "figures/diagram", "figures/__init__", "__main__", "__init__",
]  # fmt: skip
TORCHLESS = ORDER[:9]


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


def test_pages_never_import_pages():
    for path in [*ROOT.rglob("pages/**/*.py"), ROOT / "app.py"]:
        room = path.parent.name
        for name in imports(path):
            assert name != "app"
            if name.startswith("pages"):
                assert name.count(".") == 2
                assert path.parent in (ROOT, ROOT / "pages") or name.split(".")[1] in (
                    "frame", "shared", room
                )  # fmt: skip


def test_a_kind_never_names_a_style_and_a_style_never_names_a_kind():
    styles = NETLIB / "source/styles.py"
    assert not set(STYLES) & (
        strings(NETLIB / "spec/layer.py") | names(NETLIB / "spec/layer.py")
    )
    assert not set(KINDS) & (strings(styles) | names(styles))


class Doubled(Activation):
    """A kind without weights that no file of the project knows."""

    kind: Literal["Hardswish"] = "Hardswish"
    prefix: ClassVar[str] = "hardswish"


def test_a_new_kind_is_written_built_and_trained_by_every_style(monkeypatch):
    monkeypatch.setitem(KINDS, "Hardswish", Doubled)
    layers = [{"kind": "Linear", "out_features": 3}, {"kind": "Hardswish"}]
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


def test_every_kind_appears_in_a_new_style(monkeypatch):
    def backwards(spec):
        return [*sequential(spec), Line("reached = True")]

    monkeypatch.setitem(STYLES, "backwards", backwards)
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
