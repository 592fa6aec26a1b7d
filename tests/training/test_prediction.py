"""Raw rows in, the answers of the run's own network out."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import torch
from experiments import DATA, experiment_of, fitted

from netlib import STYLES, NetlibError, NetworkSpec, TrainingPlan, train, write
from netlib.data.choice import DataChoice
from netlib.data.examples import EXAMPLES
from netlib.exports import FORMATS
from netlib.model.builder import execute
from netlib.model.threads import one_thread
from netlib.training.record import RunRecord

PLAN = TrainingPlan(epochs=2)
PIXELS = [f"x{number}" for number in range(1, 17)]
# Numbers with points and a comma, dates as days, a category, each with a gap.
TABLE = "joined;price;kind;sold\n" + "".join(
    f"{i % 28 + 1}.02.2024;{'' if i == 3 else f'1.{100 + i * 37 % 800},5'};"
    f"{'' if i == 9 else 'abc'[i % 3]};{'yes' if i % 5 < 2 else 'no'}\n"
    for i in range(40)
)
DATES = "expects dates as those that were learned from"
SOLD = fitted(TABLE.encode(), (3,), data=DataChoice(name="csv", filename="t.csv"))


def run_of(task, style="sequential"):
    """A run, and the names of its program, which has not trained in them."""
    experiment, csv = experiment_of(task, style=style, plan=PLAN)
    run = train(experiment, csv)
    with one_thread():
        return run, execute(write(experiment, csv), csv).names


def outputs(run, names):
    """What the trained network answers for all rows, by the program's transformers."""
    transformer = names.get("columns") or names["scaler"]
    prepared = torch.tensor(transformer.transform(names["X"])).float()
    with one_thread(), torch.no_grad():
        return run.network().model(prepared).double().numpy()


@pytest.mark.parametrize(("task", "style"), list(zip(DATA, [*STYLES][::2])))
def test_raw_rows_are_answered_as_the_run_answers_them(task, style):
    run, names = run_of(task, style)
    rows = names["X"] if run.csv is None else io.BytesIO(run.csv)
    answers, output = run.predict(rows), outputs(run, names)
    if run.csv is not None:
        answers = answers.loc[names["X"].index]
    if task == "regression":
        expected = output * names["y_scaler"].scale_ + names["y_scaler"].mean_
        assert answers["prediction"].tolist() == expected[:, 0].tolist()
        return
    if task == "multiclass":
        shares = torch.softmax(torch.tensor(output), dim=1).numpy()
        classes = ["setosa", "versicolor", "virginica"]
    else:
        shares = np.hstack([1 - output, output])
        classes = ["no", "yes"] if task == "csv" else ["even", "odd"]
    assert [*answers] == ["prediction", *(f"p({name})" for name in classes)]
    assert answers.iloc[:, 1:].to_numpy().tobytes() == shares.tobytes()
    picked = [classes[place] for place in shares.argmax(axis=1)]
    assert answers["prediction"].tolist() == picked


@pytest.mark.parametrize("last", [None, "log_softmax"])
def test_two_outputs_and_raw_ones_have_probabilities_too(last):
    spec = NetworkSpec.mlp([16, 4, 2] if last else [16, 4, 1], "relu", last)
    experiment, _ = experiment_of("binary", plan=PLAN)
    record = RunRecord(experiment.replace(spec=spec))
    rows = np.random.default_rng(0).uniform(0, 16, (9, 16))
    shares = record.predict(rows).iloc[:, 1:].to_numpy()
    prepared = record.predictor.names["prepare"](pd.DataFrame(rows, columns=PIXELS))
    with torch.no_grad():
        output = record.model(prepared).double().numpy()
    odd = 1 / (1 + np.exp(-output)) if last is None else np.exp(output[:, 1:])
    assert np.allclose(shares, np.hstack([1 - odd, odd]))


def test_columns_of_their_own_are_answered_as_rows():
    """Numbers that stand one column after the other in memory give the same bits."""
    experiment, _ = experiment_of("binary")
    record = RunRecord(experiment)
    rows = np.random.default_rng(0).uniform(0, 16, (64, 16))
    columns = pd.DataFrame(dict(zip(PIXELS, rows.T.copy())))
    found = record.predict(columns)["p(odd)"].to_numpy()
    assert found.tobytes() == record.predict(rows)["p(odd)"].to_numpy().tobytes()
    prepared = record.predictor.names["prepare"](columns)
    assert prepared.is_contiguous()


@pytest.mark.parametrize("without", [(), ("x1",)])
def test_features_are_made_of_the_two_that_a_row_has(without):
    chosen = {"features": ("x1^2", "sin x2"), "without": without}
    data = DataChoice(name="spirals", n_rows=50, **chosen)
    record = RunRecord(fitted(data=data))
    rows = np.array([[1.5, -2], [0, 3]])
    x1, x2 = rows.T
    given = np.column_stack([rows, x1**2, np.sin(x2)])[:, len(without) :]
    scaler = execute(write(record.experiment)).names["scaler"]
    prepared = torch.tensor(scaler.transform(given)).float()
    with torch.no_grad():
        shares = record.model(prepared).double()[:, 0].tolist()
    assert record.predict(rows)["p(1)"].tolist() == shares
    for format in ("preparation", "onnx", "pt2"):
        assert FORMATS[format].write(record).check


def test_pictures_are_rows_of_numbers():
    spec = NetworkSpec(
        input_shape=(4, 4),
        layers=[{"kind": "Flatten"}, {"kind": "Linear", "out_features": 1}],
    )
    experiment, _ = experiment_of("binary")
    record = RunRecord(experiment.replace(spec=spec))
    pictures = np.arange(32.0).reshape(2, 4, 4)
    assert record.predict(pictures).equals(record.predict(pictures.reshape(2, 16)))
    alone = record.predict(pictures[0])["p(odd)"]  # may round otherwise than in a batch
    assert np.allclose(alone, record.predict(pictures)["p(odd)"][0], atol=1e-6)


def test_rows_come_as_a_file_a_table_dicts_and_with_values_in_place_of_texts(tmp_path):
    record = RunRecord(SOLD, TABLE.encode())
    path = tmp_path / "rows.csv"
    path.write_text("".join(TABLE.splitlines(keepends=True)[:3]))
    answers = record.predict(path)
    assert len(answers) == 2 and record.predict(str(path)).equals(answers)
    rows = [
        {"joined": "1.02.2024", "price": "1.100,5", "kind": "a"},
        {"joined": "2.02.2024", "price": 1137.5, "kind": "b"},
    ]
    for given in (rows, pd.DataFrame(rows)):
        assert record.predict(given).equals(answers)
    assert record.predict(rows[1]).to_numpy().tolist() == [[*answers.iloc[1]]]
    assert rows[1]["price"] == 1137.5
    gaps = {"joined": "1.02.2024", "price": None, "kind": "unheard of"}
    assert record.predict(gaps).notna().all(axis=None)


@pytest.mark.parametrize(
    ("rows", "got"),
    [
        (
            {"price": "1,5", "kind": "a"},
            "rows: expects columns and cells as those that were learned from, got joined.",
        ),
        (
            {"joined": "soon", "price": "1,5", "kind": "a"},
            f"column 'joined': {DATES}, day.month.year, got 'soon'.",
        ),
        (
            {"joined": "1.2.2024", "price": "much", "kind": "a"},
            "column 'price': expects cells as those that were learned from, got 'much'.",
        ),
    ],
)
def test_rows_unlike_the_datas_are_refused_by_the_column(rows, got):
    with pytest.raises(NetlibError) as caught:
        RunRecord(SOLD, TABLE.encode()).predict(rows)
    assert str(caught.value) == got


def test_a_gap_is_refused_where_none_was_learned_from():
    with pytest.raises(NetlibError) as caught:
        RunRecord(experiment_of("binary")[0]).predict([np.nan] * 16)
    assert str(caught.value).endswith(
        "got a number is missing, and none was in training."
    )


@pytest.mark.parametrize(
    ("rows", "got"),
    [
        ([[1.0] * 15], "cannot reshape array of size 15 into shape (16)"),
        ([dict.fromkeys(PIXELS, object())], "'object'"),
    ],
)
def test_rows_of_another_size_or_kind_are_refused(rows, got):
    with pytest.raises(NetlibError) as caught:
        RunRecord(experiment_of("binary")[0]).predict(rows)
    assert f"learned from, got {got}" in str(caught.value)


def test_the_preparation_is_plain():
    preparation = RunRecord(SOLD, TABLE.encode()).preparation
    assert json.loads(json.dumps(preparation)) == preparation
    assert [*preparation["numbers"]] == ["joined: days", "price"]
    assert preparation["categories"] == {"kind": ["a", "b", "c", None]}
    assert preparation["first_dates"] == {"joined": "2024-02-01T00:00:00"}
    assert preparation["classes"] == ["no", "yes"]


def test_classes_are_named_as_scikit_learn_names_them():
    from sklearn.datasets import load_breast_cancer, load_iris

    for name, data in {
        "iris": load_iris(),
        "breast-cancer": load_breast_cancer(),
    }.items():
        assert list(EXAMPLES[name].classes) == data.target_names.tolist()


def test_a_date_in_another_order_is_refused_as_one():
    days = "".join(f"2024-02-{i + 1:02},{i},{i % 2}\n" for i in range(28))
    table = f"day,n,y\n{days}".encode()
    choice = DataChoice(name="csv", filename="d.csv", read_as={"day": "days"})
    with pytest.raises(NetlibError) as caught:
        RunRecord(fitted(table, (3,), data=choice), table).predict(
            {"day": "15/02/2024", "n": 3}
        )
    assert str(caught.value) == (
        f"column 'day': {DATES}, year-month-day, got '15/02/2024'."
    )
