"""A program that runs: its steps, batches, losses and ends."""

import math

import pytest
import torch
from experiments import DATA, experiment_of, fitted
from torch import nn

from netlib import Experiment, NetworkSpec, TrainingPlan, write
from netlib.data.choice import DataChoice
from netlib.errors import DivergedError
from netlib.model.builder import execute
from netlib.source.optimizers import OPTIMIZERS, SCHEDULES
from netlib.training.run import baseline, epochs

DEEP = NetworkSpec(
    input_shape=(16,),
    layers=[
        {"kind": "Linear", "out_features": 12},
        {"kind": "BatchNorm1d"},
        {"kind": "ReLU"},
        {"kind": "Dropout", "p": 0.5},
        {"kind": "Linear", "out_features": 1},
        {"kind": "Sigmoid"},
    ],
)
DIABETES = DataChoice(name="diabetes")


def running(**fields):
    return execute(write(Experiment(**fields)))


def history(found, n_epochs):
    return [epoch for epoch in epochs(found, n_epochs) if epoch]


def weights(found):
    tensors = found.network.parameters | found.network.buffers
    return [tensor.detach().numpy().tobytes() for tensor in tensors.values()]


def watched(found):
    """The batches of rows that the model is given in training."""
    batches = []

    def note(module, inputs):
        if module.training:
            batches.append(inputs[0].tolist())

    found.network.model.register_forward_pre_hook(note)
    return batches


@pytest.mark.parametrize("task", DATA)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_every_task(task, optimizer):
    plan = TrainingPlan(optimizer=optimizer, epochs=20, learning_rate=0.02)
    experiment, csv = experiment_of(task, plan=plan)
    first, *_, last = history(execute(write(experiment, csv), csv), 20)
    assert (first.number, last.number) == (1, 20)
    assert last.loss < first.loss


def test_a_step_is_asked_for_and_an_epoch_is_the_sum_of_its_steps():
    found = running()
    steps = found.train_epoch()
    before = weights(found)
    losses = [next(steps)]
    assert weights(found) != before
    losses += list(steps)
    assert len(losses) == math.ceil(len(found.data["X_train"]) / 32)
    validation_loss, score = found.validate()
    (epoch,) = history(running(), 1)
    assert epoch.loss == sum(losses) / len(found.data["X_train"])
    assert epoch[2:] == (validation_loss, score)


@pytest.mark.parametrize("style", ["manual", "subclass"])
def test_a_validation_between_steps_changes_nothing(style):
    experiment = Experiment(spec=DEEP, style=style)
    found, disturbed = execute(write(experiment)), execute(write(experiment))
    expected = history(execute(write(experiment)), 2)
    torch.manual_seed(experiment.seed)
    assert expected == history(execute(write(experiment)), 2)
    disturbed = execute(write(experiment))
    losses = []
    for loss in disturbed.train_epoch():
        losses.append(loss)
        disturbed.validate()
    assert sum(losses) / len(found.data["X_train"]) == expected[0].loss


def test_a_run_that_pauses_goes_on_as_if_it_had_not():
    expected = history(running(spec=DEEP), 2)
    paused = epochs(running(spec=DEEP), 2)
    state = [next(paused) for _ in range(7)], torch.get_rng_state()
    torch.rand(5)
    torch.set_rng_state(state[1])
    assert [epoch for epoch in paused if epoch] == expected


def test_every_row_is_used_once_an_epoch_in_an_order_of_its_own():
    found = running()
    batches = watched(found)
    history(found, 2)
    seen = [row for batch in batches for row in batch]
    rows = found.data["X_train"].tolist()
    first, second = seen[: len(rows)], seen[len(rows) :]
    assert sorted(first) == sorted(second) == sorted(rows)
    assert first != second != rows


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "sizes"),
    [(33, 16, [16, 17]), (34, 16, [16, 16, 2]), (32, 16, [16, 16]), (10, 16, [10])],
)
def test_a_single_last_row_joins_the_batch_before_under_batch_norm(
    n_rows, batch_size, sizes
):
    lines = [f"{i % 9},{i * i % 7},{i % 2}" for i in range(int(n_rows / 0.8) + 1)]
    csv = "\n".join(["a,b,y", *lines]).encode()
    plan = TrainingPlan(batch_size=batch_size, epochs=1)
    fit = fitted(csv, data=DataChoice(name="csv", target="y"), plan=plan)
    layers = [{"kind": "BatchNorm1d"}, *fit.spec.layers]
    spec = NetworkSpec(input_shape=(2,), layers=layers)
    found = execute(write(fit.replace(spec=spec), csv), csv)
    assert len(found.data["X_train"]) == n_rows
    batches = watched(found)
    history(found, 1)
    assert [len(batch) for batch in batches] == sizes
    plain = execute(write(fit, csv), csv)
    batches = watched(plain)
    history(plain, 1)
    assert sum(map(len, batches)) == n_rows
    assert set(map(len, batches[:-1])) <= {batch_size}


def test_the_seed_decides_weights_order_and_dropout_and_the_plans_seed_the_split():
    def lossy(**fields):
        return history(running(spec=DEEP, **fields), 2)

    assert lossy() == lossy()
    assert lossy() != lossy(seed=1)
    one, other = running(), running(plan=TrainingPlan(seed=1))
    assert weights(one) == weights(other)
    assert one.data["X_val"].tolist() != other.data["X_val"].tolist()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_is_that_of_torch(schedule):
    plan = TrainingPlan(schedule=schedule, epochs=9, optimizer="sgd", momentum=0.0)
    found = running(plan=plan)
    (parameter,) = [torch.zeros(1, requires_grad=True)]
    twin = torch.optim.SGD([parameter], lr=plan.learning_rate)
    n_steps = len(found.data["X_train"]) // 32 + 1
    scheduler = {
        "constant": lambda: None,
        "step": lambda: torch.optim.lr_scheduler.StepLR(twin, 3, gamma=0.1),
        "cosine": lambda: torch.optim.lr_scheduler.CosineAnnealingLR(twin, 9),
        "one-cycle": lambda: torch.optim.lr_scheduler.OneCycleLR(
            twin, plan.learning_rate, total_steps=9 * n_steps
        ),
    }[schedule]()
    for _ in range(9):
        history(found, 1)
        for _ in range(n_steps if schedule == "one-cycle" else 1):
            twin.step()
            if scheduler:
                scheduler.step()
        rates = [group["lr"] for group in found.optimizer.param_groups]
        assert rates == [group["lr"] for group in twin.param_groups]


def test_clipping_bounds_the_gradients():
    found = running(plan=TrainingPlan(clip=1e-3))
    for _ in found.train_epoch():
        grads = [p.grad for p in found.network.parameters.values()]
        assert nn.utils.get_total_norm(grads) <= 1e-3 * 1.001


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_the_losses_of_a_regression_are_those_of_torch(name):
    experiment = fitted(data=DIABETES, plan=TrainingPlan(regression_loss=name))
    found = execute(write(experiment))
    (epoch,) = history(found, 1)
    with torch.no_grad():
        output = found.network.model(found.data["X_val"])
    loss = getattr(nn.functional, name)(output, found.data["y_val"])
    assert epoch.validation_loss == loss.item()


def test_r2_is_one_minus_the_squared_errors_over_the_variance():
    found = execute(write(fitted(data=DIABETES)))
    *_, last = history(found, 5)
    y = found.data["y_val"]
    variance = ((y - y.mean()) ** 2).mean().item()
    assert last.score == pytest.approx(1 - last.validation_loss / variance, abs=1e-5)
    assert baseline(found) == pytest.approx(
        1 - (y**2).mean().item() / variance, abs=1e-5
    )


def test_the_majority_class_is_the_guess_to_beat():
    found = running()
    y_train, y_val = found.data["y_train"], found.data["y_val"]
    majority = float(y_train.mean() > 0.5)
    assert baseline(found) == pytest.approx((y_val == majority).float().mean().item())


def test_a_loss_that_grows_beyond_all_bounds_ends_the_run():
    plan = TrainingPlan(optimizer="sgd", learning_rate=1e6, batch_size=512)
    with pytest.raises(DivergedError) as caught:
        history(execute(write(fitted(data=DIABETES, plan=plan))), 50)
    assert str(caught.value).startswith("training: expects a finite loss, got NaN or ")
    assert caught.value.advice == "Lower the learning rate."


def test_a_loss_that_refuses_what_is_no_number_ends_the_run_too():
    found = running()
    nn.init.constant_(found.network.model[0].weight, math.nan)
    with pytest.raises(DivergedError) as caught:
        next(epochs(found, 1))
    assert str(caught.value) == (
        "training: expects a finite loss, got NaN or infinity in epoch 1. "
        "Lower the learning rate."
    )
