import inspect
import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netlib.errors import DataError, TrainingError
from netlib.training.run import check_input, choose_loss, train

PLAN = {
    "loss": "bce",
    "optimizer": "adam",
    "learning_rate": 0.05,
    "momentum": 0.9,
    "batch_size": 16,
    "epochs": 20,
    "seed": 3,
}


def make_data(targets, n_rows=80, n_validation_rows=40):
    """Two columns of noise, and targets that follow from them."""
    x = np.random.default_rng(0).normal(size=(n_rows + n_validation_rows, 2))
    x, y = x.astype(np.float32), targets(x)
    return {
        "train_features": x[:n_rows],
        "train_targets": y[:n_rows],
        "validation_features": x[n_rows:],
        "validation_targets": y[n_rows:],
    }


def is_right_of_origin(x):
    return (x[:, :1] > 0).astype(np.float32)


def quadrant(x):
    return 2 * (x[:, 0] > 0) + (x[:, 1] > 0)


def distance(x):
    return (3 * x[:, :1] - x[:, 1:]).astype(np.float32)


def make_model(n_outputs=1, *last):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, n_outputs), *last)


def events(model, data, **changes):
    return train(model, model.parameters(), model.train, data, **PLAN | changes)


def epochs(model, data, **changes):
    """All epoch events, without the clock."""
    found = [e for e in events(model, data, **changes) if e["event"] == "epoch"]
    return [{k: v for k, v in e.items() if k != "elapsed_seconds"} for e in found]


def watch_batches(model):
    """The batches that the model is trained on, as they come."""
    batches = []

    def keep(module, inputs):
        if module.training:
            batches.append(inputs[0].tolist())

    model.register_forward_pre_hook(keep)
    return batches


@pytest.mark.parametrize(
    ("n_outputs", "last", "loss", "targets", "least_score"),
    [
        (1, [nn.Sigmoid()], "bce", is_right_of_origin, 0.95),
        (1, [], "bce_logits", is_right_of_origin, 0.95),
        (2, [], "cross_entropy", is_right_of_origin, 0.95),
        (2, [nn.LogSoftmax(1)], "nll", is_right_of_origin, 0.95),
        (4, [], "cross_entropy", quadrant, 0.8),
        (4, [nn.LogSoftmax(1)], "nll", quadrant, 0.8),
        (1, [], "mse", distance, 0.95),
    ],
)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_every_loss_learns(n_outputs, last, loss, targets, least_score, optimizer):
    model, data = make_model(n_outputs, *last), make_data(targets)
    first, *_, last_epoch = epochs(model, data, loss=loss, optimizer=optimizer)
    assert first["epoch"] == 0
    assert last_epoch["epoch"] == 20
    assert last_epoch["loss"] < 0.4 * first["loss"]
    assert last_epoch["score"] >= least_score > first["score"]


def test_epoch_0_is_measured_before_the_first_step():
    model, data = make_model(1, nn.Sigmoid()), make_data(is_right_of_origin, 90)
    event = next(e for e in events(model, data) if e["event"] == "epoch")
    model = make_model(1, nn.Sigmoid())
    for part, key in [("train", "loss"), ("validation", "validation_loss")]:
        x = torch.as_tensor(data[f"{part}_features"])
        y = torch.as_tensor(data[f"{part}_targets"])
        expected = F.binary_cross_entropy(model(x), y).item()
        assert event[key] == pytest.approx(expected, abs=1e-6)
    assert event["score"] == pytest.approx(((model(x) > 0.5) == y).float().mean())
    assert event["elapsed_seconds"] > 0


def test_r2_is_one_minus_mse_over_variance():
    model, data = make_model(), make_data(distance)
    event = epochs(model, data, loss="mse")[-1]
    variance = data["validation_targets"].var()
    expected = 1 - event["validation_loss"] / variance
    assert event["score"] == pytest.approx(expected, abs=1e-5)


def test_r2_of_equal_targets_is_zero():
    data = make_data(lambda x: np.ones((len(x), 1), np.float32))
    assert epochs(make_model(), data, loss="mse", epochs=1)[-1]["score"] == 0


def test_the_seed_alone_decides_order_and_dropout():
    data = make_data(is_right_of_origin)

    def run(seed, state_before):
        model = make_model(1, nn.Dropout(0.5), nn.Sigmoid())
        batches = watch_batches(model)
        torch.manual_seed(state_before)
        told = epochs(model, data, seed=seed, epochs=2)
        return batches, told, [p.detach().numpy().tobytes() for p in model.parameters()]

    assert run(3, state_before=1) == run(3, state_before=2)
    assert run(3, state_before=1)[0] != run(4, state_before=1)[0]


def test_a_plain_function_trains_exactly_as_a_module():
    module, data = make_model(1, nn.Sigmoid()), make_data(is_right_of_origin)
    tensors = [p.detach().clone().requires_grad_() for p in module.parameters()]
    W1, b1, W2, b2 = tensors
    modes, follows_gradients = [], []

    def model(x):
        follows_gradients.append(torch.is_grad_enabled())
        return torch.sigmoid(F.linear(F.relu(F.linear(x, W1, b1)), W2, b2))

    told = list(train(model, tensors, modes.append, data, **PLAN))
    losses = [e["loss"] for e in told if e["event"] == "epoch"]
    assert losses == [e["loss"] for e in epochs(module, data)]
    assert modes == [False, False] + 20 * [True, False]
    assert follows_gradients == 21 * [True, True, True, True, True, False]


def test_the_text_of_train_stands_alone():
    names = {
        "Any": Any,
        "Callable": Callable,
        "F": F,
        "Iterable": Iterable,
        "Iterator": Iterator,
        "math": math,
        "time": time,
        "torch": torch,
    }
    exec(inspect.getsource(train), names)  # noqa: S102
    data = make_data(is_right_of_origin)
    model = make_model(1, nn.Sigmoid())
    told = names["train"](model, model.parameters(), model.train, data, **PLAN)
    losses = [e["loss"] for e in told if e["event"] == "epoch"]
    assert losses == [e["loss"] for e in epochs(make_model(1, nn.Sigmoid()), data)]


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "sizes"),
    [
        (33, 16, [16, 17]),
        (34, 16, [16, 16, 2]),
        (32, 16, [16, 16]),
        (10, 16, [10]),
        (17, 16, [17]),
        (1, 16, [1]),
        (5, 2, [2, 3]),
    ],
)
def test_a_single_last_row_joins_the_batch_before(n_rows, batch_size, sizes):
    model = make_model(1, nn.Sigmoid())
    batches = watch_batches(model)
    data = make_data(is_right_of_origin, n_rows)
    list(events(model, data, batch_size=batch_size, epochs=1))
    assert [len(batch) for batch in batches] == sizes


def test_every_row_is_used_once_an_epoch_in_an_order_of_its_own():
    model, data = make_model(1, nn.Sigmoid()), make_data(is_right_of_origin, 40)
    batches = watch_batches(model)
    list(events(model, data, epochs=2))
    seen = [row for batch in batches for row in batch]
    rows = data["train_features"].tolist()
    assert sorted(seen[:40]) == sorted(seen[40:]) == sorted(rows)
    assert seen[:40] != seen[40:]
    assert seen[:40] != rows


def test_batch_norm_counts_training_batches_only():
    model = make_model(8, nn.BatchNorm1d(8), nn.Linear(8, 1), nn.Sigmoid())
    told = epochs(model, make_data(is_right_of_origin, 33), epochs=10)
    assert model[3].num_batches_tracked == 10 * 2
    assert told[-1]["loss"] < told[0]["loss"]
    assert not model.training


def test_momentum_is_for_sgd_alone():
    data = make_data(is_right_of_origin)

    def loss(optimizer, momentum):
        model = make_model(1, nn.Sigmoid())
        told = epochs(model, data, optimizer=optimizer, momentum=momentum, epochs=2)
        return told[-1]["loss"]

    assert loss("sgd", 0.9) != loss("sgd", 0.0)
    assert loss("adam", 0.9) == loss("adam", 0.0)


def test_a_loss_that_grows_beyond_all_bounds_ends_the_run():
    model, data = make_model(), make_data(distance)
    plan = {"loss": "mse", "optimizer": "sgd", "learning_rate": 1e30}
    *told, last = events(model, data, **plan, batch_size=80)
    assert last == {"event": "diverged", "epoch": 1}
    assert [e["event"] for e in told] == ["step", "step", "epoch", "step", "step"]


@pytest.mark.parametrize("loss", ["bce", "bce_logits"])
def test_weights_that_are_not_numbers_end_the_run_at_the_first_batch(loss):
    model = make_model(1, nn.Sigmoid())
    nn.init.constant_(model[0].weight, math.nan)
    assert list(events(model, make_data(is_right_of_origin), loss=loss)) == [
        {"event": "step", "epoch": 0},
        {"event": "diverged", "epoch": 0},
    ]


def test_events_come_batch_by_batch_and_closing_ends_the_run():
    model, data = make_model(1, nn.Sigmoid()), make_data(is_right_of_origin)
    running = events(model, data, batch_size=2)
    step = {"event": "step", "epoch": 0}
    before = [p.detach().clone() for p in model.parameters()]
    assert [next(running) for _ in range(41)] == 41 * [step]
    assert next(running)["event"] == "epoch"
    assert next(running) == {"event": "step", "epoch": 1}
    running.close()
    assert torch.is_grad_enabled()
    assert not all(map(torch.equal, before, model.parameters()))


@pytest.mark.parametrize(
    ("task", "n_outputs", "width", "output", "loss"),
    [
        ("binary", 1, 1, "probability", "bce"),
        ("binary", 1, 1, "values", "bce_logits"),
        ("binary", 1, 2, "values", "cross_entropy"),
        ("binary", 1, 2, "log_probabilities", "nll"),
        ("multiclass", 3, 3, "values", "cross_entropy"),
        ("multiclass", 3, 3, "log_probabilities", "nll"),
        ("regression", 1, 1, "values", "mse"),
    ],
)
def test_the_loss_follows_from_data_and_output(task, n_outputs, width, output, loss):
    assert choose_loss(task, n_outputs, (width,), output) == loss


SOFTMAX_TWICE = (
    "last layer: expects no softmax before cross-entropy, which applies it itself, "
    "got a softmax. "
    "Remove the softmax, or replace it by a log-softmax."
)
SIGMOIDS_FOR_CLASSES = (
    "last layer: expects 3 outputs that share one softmax, one a class, "
    "got 1 with a sigmoid each. "
    "Give the last layer 3 units and remove the sigmoid: "
    "cross-entropy applies the softmax itself."
)
TOO_FEW_FOR_CLASSES = (
    "network: expects 3 outputs, one a class, got 2. Give the last layer 3 units."
)
TOO_MANY_FOR_BINARY = (
    "network: expects 1 output, or 2 of one softmax, got 5. Give the last layer 1 unit."
)
SOFTMAX_OF_ONE = (
    "last layer: expects a sigmoid or no activation over 1 output, "
    "got a softmax, which is the same for every row. "
    "Replace the last activation by a sigmoid, or remove it."
)
LOG_SOFTMAX_OF_ONE = (
    "last layer: expects a sigmoid or no activation over 1 output, "
    "got a log-softmax, which is the same for every row. "
    "Replace the last activation by a sigmoid, or remove it."
)
SIGMOID_FOR_REGRESSION = (
    "last layer: expects any real number, as a regression needs, got a sigmoid. "
    "Remove the last activation."
)
TOO_MANY_FOR_REGRESSION = (
    "network: expects 1 output for a regression, got 4. Give the last layer 1 unit."
)
NO_ROW_OF_OUTPUTS = (
    "network: expects a row of outputs for every row of data, got shape (4, 4). "
    "End with a flatten layer and a linear layer."
)


@pytest.mark.parametrize(
    ("task", "n_outputs", "shape", "output", "explained"),
    [
        ("multiclass", 3, (3,), "probabilities", SOFTMAX_TWICE),
        ("binary", 1, (2,), "probabilities", SOFTMAX_TWICE),
        ("multiclass", 3, (1,), "probability", SIGMOIDS_FOR_CLASSES),
        ("multiclass", 3, (2,), "values", TOO_FEW_FOR_CLASSES),
        ("binary", 1, (5,), "values", TOO_MANY_FOR_BINARY),
        ("binary", 1, (1,), "probabilities", SOFTMAX_OF_ONE),
        ("binary", 1, (1,), "log_probabilities", LOG_SOFTMAX_OF_ONE),
        ("regression", 1, (1,), "probability", SIGMOID_FOR_REGRESSION),
        ("regression", 1, (4,), "values", TOO_MANY_FOR_REGRESSION),
        ("regression", 1, (4, 4), "values", NO_ROW_OF_OUTPUTS),
    ],
)
def test_a_mismatch_is_explained(task, n_outputs, shape, output, explained):
    with pytest.raises(TrainingError) as caught:
        choose_loss(task, n_outputs, shape, output)
    assert f"{caught.value} {caught.value.advice}" == explained


def test_features_must_be_as_many_as_the_inputs():
    check_input(16, (16,))
    check_input(16, (1, 4, 4))
    with pytest.raises(DataError) as caught:
        check_input(4, (16,))
    assert f"{caught.value} {caught.value.advice}" == (
        "data: expects 16 features, as the network takes, got 4. "
        "Give the network 4 inputs."
    )
