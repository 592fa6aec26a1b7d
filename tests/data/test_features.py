"""Inputs of two features: as the program makes them, as they are counted, as they are told."""

import numpy as np
import pytest
import torch
from experiments import HOMES, fitted
from hypothesis import given, settings
from hypothesis import strategies as st

from netlib import Experiment, TrainingPlan, export, train, write
from netlib.data.choice import DataChoice
from netlib.data.examples import EXAMPLES
from netlib.data.features import FEATURES, GIVEN, INPUTS, input_names, inputs_of
from netlib.data.loader import load
from netlib.errors import DataError, SpecError
from netlib.model.builder import example_rows, execute
from netlib.model.given import Given

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


MADE = {"features": ("x1^2", "sin x2"), "without": ("x1",)}


def test_inputs_are_made_of_the_two_columns_of_a_table_of_ones_own():
    data = DataChoice(name="csv", filename="homes.csv", target="price", **MADE)
    experiment = fitted(HOMES, hidden=[4], data=data)
    assert Experiment.from_link(experiment.to_link()) == experiment
    program = write(experiment, HOMES)
    assert "X = table[numbers].to_numpy(float)\n" in program.text
    assert "X = np.column_stack([x2, x1**2, np.sin(x2)])\n" in program.text
    running = execute(program, HOMES)
    table = running.names["table"][["size", "rooms"]].to_numpy(float)
    assert np.array_equal(running.names["X"], inputs_of(table, data.inputs))
    # The page draws the rows at the two columns, though x1 is no input.
    points = Given(running)
    inputs = points.inputs(torch.cat([points.training, points.held])).numpy()
    made = np.concatenate([running.data["X_train"], running.data["X_val"]])
    assert np.allclose(inputs, made, atol=1e-5)
    # What predicts for new rows makes them too, as the program's own scaler sees them.
    record = train(experiment.replace(plan=TrainingPlan(epochs=2)), HOMES)
    said = "run: 40 rows answered as by the network of the run"
    assert said in export("prediction", record).check
    assert record.predict([[61.5, 2]]).shape == (1, 1)
    assert list(record.preparation["numbers"]) == ["x2", "x1²", "sin x2"]


@pytest.mark.parametrize(
    ("csv", "got"),
    [
        (b"a,b,c,y\n" + b"1,2,3,4\n2,3,1,5\n" * 9, "3 of numbers, 0 of texts"),
        (b"a,b,y\n" + b"1,u,4\n2,v,5\n" * 9, "1 of numbers, 1 of texts"),
        (
            b"a,b,y\n" + b"1,7,4\n2,,5\n3,8,9\n" * 9,
            "2 of numbers with gaps, 0 of texts",
        ),
    ],
)
def test_a_table_of_other_columns_says_why_none_are_made(csv, got):
    data = DataChoice(name="csv", target="y", features=("x1*x2",))
    with pytest.raises(DataError) as caught:
        load(data, csv)
    assert str(caught.value) == (
        "data: expects two columns of numbers without gaps to make further ones of, "
        f"got {got}. Leave the further ones out."
    )


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
