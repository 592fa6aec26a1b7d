"""Inputs of two features: as the program makes them, as they are counted, as they are told."""

import numpy as np
import pytest
from experiments import fitted
from hypothesis import given, settings
from hypothesis import strategies as st

from netlib import Experiment, write
from netlib.data.choice import DataChoice
from netlib.data.examples import EXAMPLES
from netlib.data.features import FEATURES, GIVEN, INPUTS, input_names, inputs_of
from netlib.data.loader import load
from netlib.errors import DataError, SpecError
from netlib.model.builder import example_rows, execute

TWO = [name for name, row in EXAMPLES.items() if row.n_features == 2]


@settings(max_examples=20)
@given(st.sampled_from(TWO), st.sets(st.sampled_from([*INPUTS]), min_size=1))
def test_features_are_made_and_counted_as_the_program_does(name, chosen):
    data = DataChoice(
        name=name,
        features=tuple(chosen & FEATURES.keys()),
        without=tuple(GIVEN.keys() - chosen),
        n_rows=20,
    )
    dataset = load(data)
    running = execute(write(fitted(data=data)))
    assert running.data["X_train"].shape[1] == dataset.count_features(0.2, 0)
    given = example_rows(dataset).to_numpy()[:, :2]
    assert np.array_equal(running.names["X"], inputs_of(given, data.inputs or [*GIVEN]))


def test_features_are_two_lines_of_the_program_in_one_order():
    data = DataChoice(name="xor", features=("sin x2", "x1*x2", "x1^2"))
    assert data.features == ("x1^2", "x1*x2", "sin x2")
    experiment = fitted(data=data)
    assert Experiment.from_link(experiment.to_link()) == experiment
    made = "x1, x2 = X.T\nX = np.column_stack([X, x1**2, x1 * x2, np.sin(x2)])\n"
    assert made in write(experiment).text
    assert input_names(5, data.inputs) == ["x1", "x2", "x1²", "x1·x2", "sin x2"]


def test_given_features_can_be_left_out_in_the_same_two_lines():
    data = DataChoice(name="xor", without=("x2", "x1"), features=("x1*x2",))
    assert data.without == ("x1", "x2")
    experiment = fitted(data=data)
    assert Experiment.from_link(experiment.to_link()) == experiment
    assert "x1, x2 = X.T\nX = np.column_stack([x1 * x2])\n" in write(experiment).text
    one = fitted(data=DataChoice(name="xor", without=("x1",)))
    assert "X = np.column_stack([x2])\n" in write(one).text
    assert one.spec.input_shape == (1,)
    with pytest.raises(DataError) as caught:
        load(DataChoice(name="xor", without=("x1", "x2")))
    assert str(caught.value) == "data: expects an input, got none. Choose one."


def test_features_are_made_of_two_alone():
    with pytest.raises(DataError) as caught:
        load(DataChoice(name="iris", features=("x1^2",)))
    assert str(caught.value) == (
        "data: expects points of two features to make further ones of, got iris. "
        "Leave the further ones out."
    )
    assert caught.value.advice == "Leave the further ones out."
    with pytest.raises(SpecError) as caught:
        DataChoice(name="xor", features=("x1^3",))
    assert str(caught.value) == (
        "feature: expects one of x1^2, x2^2, x1*x2, sin x1, sin x2, got x1^3."
    )
