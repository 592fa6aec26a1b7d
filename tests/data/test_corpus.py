"""Tables of the real world: understood as they should be, and prepared by the program so."""

import io
import json
import runpy
from contextlib import chdir, redirect_stdout

import numpy as np
import pytest
import torch
from corpus import CORPUS
from experiments import fitted
from processes import lint

from netlib import STYLES, TrainingPlan, train, write
from netlib.__main__ import main
from netlib.data.cautions import cautions_on
from netlib.data.choice import DataChoice
from netlib.data.loader import load
from netlib.jobs.registry import Registry
from netlib.program.prediction import write_prediction


def choice_of(case):
    return DataChoice(name="csv", filename="table.csv", **case.choice)


def experiment_on(case):
    plan = TrainingPlan(epochs=2, batch_size=4096)
    return fitted(case.content, hidden=(3,), data=choice_of(case), plan=plan)


def test_the_corpus_is_large():
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_a_table_is_understood(name):
    case = CORPUS[name]
    dataset = load(choice_of(case), case.content)
    columns = dataset.table.columns.values()
    assert ", ".join(column.kind for column in columns) == case.kinds
    assert all(column.why for column in columns)
    assert dataset.task == case.task
    assert dataset.n_rows == case.rows_used
    assert dataset.count_features(share=0.2, seed=0) == case.n_features
    assert case.notes in " ".join(dataset.report)
    assert case.warns in " ".join(cautions_on(dataset, 0.2, 0))


@pytest.mark.parametrize("name", [name for name in CORPUS if not CORPUS[name].choice])
def test_the_command_line_says_the_same(name, tmp_path, capsys):
    case, path = CORPUS[name], tmp_path / "table.csv"
    path.write_bytes(case.content)
    assert main(["data", "--csv", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert ", ".join(column["kind"] for column in said["columns"]) == case.kinds
    assert said["task"] == case.task
    assert said["rows_used"] == case.rows_used
    assert said["n_features"] == case.n_features
    assert sum(said["classes"].values()) == case.rows_used * (case.task != "regression")
    assert case.notes in " ".join(said["notes"])
    assert case.warns in " ".join(said["warnings"])


@pytest.mark.parametrize("name", CORPUS)
def test_the_program_prepares_what_was_understood_and_gives_the_losses(name, tmp_path):
    case = CORPUS[name]
    experiment = experiment_on(case)
    program = write(experiment, case.content)
    (tmp_path / "table.csv").write_bytes(case.content)
    (tmp_path / "train.py").write_text(program.text)
    printed = io.StringIO()
    with chdir(tmp_path), redirect_stdout(printed):
        names = runpy.run_path("train.py", run_name="__main__")
    assert_same_table(names, load(experiment.data, case.content).table)
    record = train(experiment, case.content)
    assert [line.split()[:5] for line in printed.getvalue().splitlines()] == [
        f"{e.number} loss {e.loss:.4f} val {e.validation_loss:.4f}".split()
        for e in record.epochs
    ]
    assert_new_rows_are_prepared_alike(names, record)


def test_a_worker_gives_the_losses_too():
    registry = Registry(limit=1)
    for case in [*CORPUS.values()][::8]:
        experiment = experiment_on(case)
        run = registry.start(experiment, case.content)
        assert run.job.wait(60)
        assert run.snapshot().history == train(experiment, case.content).epochs
    registry.close()


def test_the_programs_are_short_and_clean(tmp_path):
    cases = [("ten columns", style) for style in STYLES]
    for name, style in [*((name, "parameters") for name in CORPUS), *cases]:
        case = CORPUS[name]
        experiment = fitted(case.content, data=choice_of(case), style=style)
        text = write(experiment, case.content).text
        assert text.count("\n") <= 120 or name == "wide", (name, style)
        predict = write_prediction(experiment, case.content)
        number = len(list(tmp_path.iterdir()))
        (tmp_path / f"{number}.py").write_text(text)
        (tmp_path / f"{number}_predict.py").write_text(predict)
    lint(tmp_path)


def assert_same_table(names, table):
    """Asserts that a program's features are those that the library sees."""
    X = names["X"]
    for name in table.numbers:
        theirs, ours = X[name].to_numpy(float), table.features[name].to_numpy(float)
        assert np.array_equal(theirs, ours, equal_nan=True), name
    for name in table.categories:
        theirs, ours = X[name].astype(str), table.features[name].astype(str)
        assert theirs.tolist() == ours.tolist(), name


def assert_new_rows_are_prepared_alike(names, record):
    """Asserts that raw rows come to the network as the program's own, to the last bit."""
    transformer, X = names.get("columns") or names["scaler"], names["X"]
    expected = torch.tensor(transformer.transform(X)).float()
    predictor = record.predictor.names
    raw = predictor["read"](io.BytesIO(record.csv))
    raw = raw.drop(columns=record.dataset.table.target.name)
    found = predictor["prepare"](raw.loc[X.index])
    assert found.numpy().tobytes() == expected.numpy().tobytes()
