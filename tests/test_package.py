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
USE = """
import sys

for name in {others}:
    sys.modules[name] = None  # an import of it fails

import netlib
from netlib import Experiment, NetworkSpec, TrainingPlan, certify, generate, train, write

run = train(Experiment(plan=TrainingPlan(epochs=1)))
assert certify(NetworkSpec.mlp([4, 3, 1])).identical
print(netlib.__file__, len(run.epochs))
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


def test_the_core_needs_nothing_of_the_app_or_the_exports(installed: Path) -> None:
    extras = [re.split("[=>]", line)[0] for lines in EXTRAS.values() for line in lines]
    printed = run(installed, sys.executable, "-c", USE.format(others=extras))
    assert printed.split() == [str(installed / "netlib/__init__.py"), "1"]
    assert (installed / "netlib/py.typed").exists()


def test_the_command_is_there(installed: Path) -> None:
    command = installed / "bin/layerwright"
    text = run(installed, command, "generate", "4-2-1")
    assert "nn.Linear(4, 2)" in text


def test_the_requirements_of_the_app_are_those_declared() -> None:
    required = set((ROOT / "requirements.txt").read_text().split())
    assert required == {*PROJECT["dependencies"], *EXTRAS["app"], *EXTRAS["exports"]}
