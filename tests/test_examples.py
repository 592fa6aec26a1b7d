"""The examples in the docstrings and in the README give what they show."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from netlib import Experiment, write

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "netlib").rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name):
    failed, attempted = doctest.testmod(import_module(name.removesuffix(".__init__")))
    assert attempted > 0
    assert failed == 0


def test_the_readme_shows_the_program_of_the_default_experiment():
    assert f"```python\n{write(Experiment()).text}```\n" in README
