"""The examples in the docstrings and in the README give what they show."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

MODULES = [
    "spec.network", "source.styles", "source.mistakes", "experiment", "model.builder",
    "model.structure", "model.weights", "model.transfer", "data.table", "training.run",
    "proofs.certificate", "exports.trained", "exports",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name):
    failed, attempted = doctest.testmod(import_module(f"netlib.{name}"))
    assert attempted > 0
    assert failed == 0


def test_examples_of_the_readme_run(capsys):
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    names = {}
    for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(block, names)  # noqa: S102
    assert "run: epochs 0 to 3 identical to the last bit" in capsys.readouterr().out
