"""How the rows kept back are answered: held against scikit-learn and the program itself."""

import numpy as np
import pandas as pd
import pytest
import torch
from experiments import DATA, experiment_of, fitted
from sklearn import metrics
from sklearn.inspection import permutation_importance
from test_probe import NOISY, running

from netlib import Experiment, write
from netlib.data.choice import DataChoice
from netlib.data.loader import load
from netlib.model.builder import execute
from netlib.model.evaluation import Evaluation, evaluate
from netlib.model.given import inputs_by_column
from netlib.model.probe import Probe
from netlib.model.weights import weights_of
from netlib.spec.network import NetworkSpec


def trained(experiment, csv=None):
    found = execute(write(experiment, csv), csv)
    list(found.train_epoch())
    return found


def evaluated(found):
    return evaluate(Probe(found), found.network.tensors, 1)


def output(found):
    found.network.set_training(False)
    with torch.no_grad():
        return found.network.model(found.data["X_val"]).numpy()


@pytest.mark.parametrize("task", DATA)
def test_an_evaluation_is_what_the_program_says_and_survives_its_file(task):
    experiment, csv = experiment_of(task)
    found = trained(experiment, csv)
    told = evaluated(found)
    assert (told.epoch, told.n_rows) == (1, len(found.data["X_val"]))
    assert told.score == pytest.approx(found.validate()[1], abs=1e-6)
    assert Evaluation.model_validate_json(told.model_dump_json()) == told
    falls = [importance.mean for importance in told.importances]
    assert falls == sorted(falls, reverse=True)
    assert falls[0] > 0


def test_classes_are_counted_and_told_apart_as_scikit_learn_does():
    found = trained(fitted(data=DATA["multiclass"]))
    told, answers, y = evaluated(found), output(found), found.data["y_val"].numpy()
    counts = metrics.confusion_matrix(y, answers.argmax(1))
    assert np.array_equal(told.confusion, counts)
    chances = torch.tensor(answers).softmax(1).numpy()
    assert [curves.label for curves in told.thresholds] == [0, 1, 2]
    for curves in told.thresholds:
        is_class, chance = y == curves.label, chances[:, curves.label]
        assert curves.roc_area == pytest.approx(metrics.roc_auc_score(is_class, chance))
        average = metrics.average_precision_score(is_class, chance)
        assert curves.average_precision == pytest.approx(average)
        assert metrics.auc(*curves.roc) == pytest.approx(curves.roc_area, abs=1e-3)
        assert [curves.roc[0][0], curves.roc[1][-1]] == [0, 1]
        assert [curves.precision_recall[0][-1], curves.precision_recall[1][-1]] == [
            0,
            1,
        ]


def test_of_many_classes_the_most_frequent_are_told():
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(30), np.arange(5, 35))
    csv = pd.DataFrame({"a": classes + rng.normal(size=len(classes)), "kind": classes})
    content = csv.assign(kind="k" + csv["kind"].astype(str)).to_csv(index=False)
    data = DataChoice(name="csv", target="kind")
    told = evaluated(trained(fitted(content.encode(), data=data), content.encode()))
    found = load(data, content.encode()).class_names
    assert [found[label] for label in told.labels] == [f"k{n}" for n in range(10, 30)]
    assert [curves.label for curves in told.thresholds] == list(told.labels)
    assert np.shape(told.confusion) == (20, 20)


def test_a_network_too_large_to_shuffle_every_input_has_no_importances():
    spec = NetworkSpec.mlp([64, 1024, 1024, 10])
    found = trained(Experiment(spec=spec, data=DataChoice(name="digits")))
    assert evaluated(found).importances == ()


@pytest.mark.parametrize("widths", [[16, 12, 10, 1], [16, 12, 2]])
def test_two_classes_have_one_curve_whatever_the_output(widths):
    found = trained(Experiment(spec=NetworkSpec.mlp(widths)))
    told, answers = evaluated(found), output(found)
    y = found.data["y_val"].numpy().ravel()
    margin = answers[:, -1] - (answers[:, 0] if widths[-1] == 2 else 0)
    assert np.array_equal(told.confusion, metrics.confusion_matrix(y, margin > 0))
    (curves,) = told.thresholds
    assert curves.roc_area == pytest.approx(metrics.roc_auc_score(y, margin), abs=1e-3)


def test_values_are_told_in_the_units_of_the_data():
    found = trained(fitted(data=DATA["regression"]))
    told = evaluated(found)
    kept_back = set(found.names["y"].tolist())
    assert set(np.round(told.true)) <= kept_back
    assert metrics.r2_score(told.true, told.predicted) == pytest.approx(told.score)


class Answers:
    """The network as scikit-learn knows an estimator."""

    def __init__(self, found):
        self.found = found

    def fit(self, X, y):
        """Is trained already."""

    def score(self, X, y):
        rows = torch.tensor(X, dtype=torch.float32)
        with torch.no_grad():
            answers = self.found.network.model(rows)
        return float((answers.argmax(1).numpy() == y).mean())


def test_inputs_matter_as_much_as_scikit_learn_finds():
    found = trained(fitted(data=DATA["multiclass"]))
    for _ in range(10):
        list(found.train_epoch())
    told = evaluated(found)
    found.network.set_training(False)
    X, y = found.data["X_val"].numpy(), found.data["y_val"].numpy()
    theirs = permutation_importance(
        Answers(found), X, y, n_repeats=100, random_state=1
    ).importances_mean
    assert sorted(i.name for i in told.importances) == ["x1", "x2", "x3", "x4"]
    for importance in told.importances:
        expected = theirs[int(importance.name[1:]) - 1]
        assert importance.mean == pytest.approx(expected, abs=0.12)


def test_a_category_is_one_input_with_all_its_columns():
    experiment, csv = experiment_of("csv")
    told = evaluated(trained(experiment, csv))
    names = {importance.name for importance in told.importances}
    numbers = {f"size {number}" for number in range(4)} | {"price"}
    assert names == numbers | {"city", "member", "kind, of", "species"}


def test_the_category_of_empty_cells_is_called_empty():
    names = inputs_by_column(trained(*experiment_of("csv")))["city"]
    assert names[-1] == "city empty"
    assert not any("nan" in name for name in names)


def test_pictures_are_right_and_wrong_answers_as_they_were_read():
    found = trained(fitted(data=DataChoice(name="digits")))
    told = evaluated(found)
    assert told.side == 8
    assert all(each.answer == each.label for each in told.right)
    assert all(each.answer != each.label for each in told.wrong)
    pixels = {tuple(row) for row in found.names["X"].tolist()}
    assert all(each.pixels in pixels for each in (*told.right, *told.wrong))
    first = found.network.tensors["0.weight"].detach().numpy()
    assert np.allclose(told.filters, first, atol=1e-4)


def test_an_evaluation_leaves_the_run_as_it_is_and_knows_what_is_no_number():
    plain = running(spec=NOISY)
    expected = [*plain.train_epoch(), *plain.train_epoch()]
    found = running(spec=NOISY)
    probe, losses = Probe(found), []
    for _ in range(2):
        for loss in found.train_epoch():
            losses.append(loss)
            mode = found.network.model.training
            assert evaluate(probe, found.network.tensors, 1)
            assert found.network.model.training == mode
    assert losses == expected
    kept, wanted = (weights_of(each.network) for each in (found, plain))
    assert [v.tobytes() for v in kept.values()] == [
        v.tobytes() for v in wanted.values()
    ]
    broken = {name: t.detach() * torch.nan for name, t in found.network.tensors.items()}
    assert evaluate(probe, broken, 1) is None
