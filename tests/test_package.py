"""The library as it is installed: by its declared dependencies, without the app's."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
SECTION = (ROOT / "README.md").read_text().partition("\n## In a notebook\n")[2]
NOTEBOOK = SECTION.partition("```python\n")[2].partition("```")[0]
# Imports of the extras fail.
USE = """
import sys

for name in {extras}:
    sys.modules[name] = None

{lines}
print(sys.modules["netlib"].__file__)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `pip install` has filled from a copy of what is packaged."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "netlib", source / "netlib")
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", folder]
    command = [sys.executable, "-m", "pip", "install", *options, source]
    subprocess.run(command, check=True)
    return folder


def run(installed: Path, *command: str | Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        command,
        check=True,
        cwd=installed,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_the_readmes_notebook_needs_the_core_alone(installed: Path) -> None:
    assert len(SECTION.partition("\n## ")[0].splitlines()) <= 40  # one screen
    extras = {re.split("[=>]", line)[0] for lines in EXTRAS.values() for line in lines}
    code = USE.format(extras=extras, lines=NOTEBOOK)
    printed = run(installed, sys.executable, "-c", code)
    for text in (
        "W1 = torch.empty(12, 16, requires_grad=True)",
        "Identical to the last bit: 16-12-10-1, 20 steps of adam from seed 0",
        "validation_loss",
        "MyNetwork(",
        "prediction   p(even)    p(odd)",
        "6 tensors, loaded into the definition: outputs identical",
        str(installed / "netlib/__init__.py"),
    ):
        assert text in printed
    assert (installed / "netlib/py.typed").exists()


def test_the_command_is_there(installed: Path) -> None:
    command = installed / "bin/layerwright"
    text = run(installed, command, "generate", "4-2-1")
    assert "nn.Linear(4, 2)" in text


def test_the_requirements_of_the_app_are_those_declared() -> None:
    required = set((ROOT / "requirements.txt").read_text().split())
    assert required == {*PROJECT["dependencies"], *EXTRAS["app"], *EXTRAS["exports"]}
