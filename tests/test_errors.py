import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from netlib import NetlibError, NetworkSpec
from netlib.errors import SpecError

ERRORS = [NetlibError, *NetlibError.__subclasses__()]


def facts(error):
    told = error.where, error.rule, error.value, error.advice
    return type(error), str(error), error.args, *told


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("value", [(3, 4.5), None, "two\nlines", "long" * 30])
def test_an_error_is_the_same_after_pickling(kind, value):
    error = kind("layer 1", "1 to 9 units", value, "Make it narrower.")
    assert facts(pickle.loads(pickle.dumps(error))) == facts(error)
    assert str(error) == f"{error.message} Make it narrower."


def test_a_value_that_cannot_be_pickled_becomes_its_text():
    error = SpecError("network", "a list of layers", lambda: None)
    copied = pickle.loads(pickle.dumps(error))
    assert str(copied) == str(error)
    assert copied.value in str(error)


RAISE = """
import pickle, sys
from netlib import NetlibError, NetworkSpec
try:
    NetworkSpec.mlp([16])
except NetlibError as error:
    sys.stdout.buffer.write(pickle.dumps(error))
"""


def test_an_error_crosses_processes():
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", RAISE]
    child = subprocess.run(command, cwd=root, capture_output=True, check=True)
    with pytest.raises(SpecError) as caught:
        NetworkSpec.mlp([16])
    assert facts(pickle.loads(child.stdout)) == facts(caught.value)
