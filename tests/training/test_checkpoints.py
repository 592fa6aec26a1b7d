"""A run that is put down and taken up: to the last bit, with what a person changed."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from netlib import Experiment, NetworkSpec, TrainingPlan, write
from netlib.data.choice import DataChoice
from netlib.errors import TrainingError, WeightsError
from netlib.model.builder import execute
from netlib.model.weights import weights_of
from netlib.training import checkpoints
from netlib.training.change import Change
from netlib.training.checkpoints import MOST_STATES
from netlib.training.run import Training
from netlib.training.state import Checkpoint

ROOT = Path(__file__).parents[2]
PLAIN = NetworkSpec.mlp([2, 8, 8, 1], "tanh", "sigmoid")
NOISY = NetworkSpec(
    input_shape=(2,),
    layers=[
        {"kind": "Linear", "out_features": 8},
        {"kind": "BatchNorm1d"},
        {"kind": "ReLU"},
        {"kind": "Dropout", "p": 0.3},
        {"kind": "Linear", "out_features": 1},
    ],
)
CASES = {
    "sgd": {"plan": TrainingPlan(optimizer="sgd", momentum=0.9, nesterov=True)},
    "adam": {"plan": TrainingPlan(schedule="cosine")},
    "noisy": {"spec": NOISY, "style": "manual"},
    "one-cycle": {"spec": NOISY, "plan": TrainingPlan(schedule="one-cycle")},
    "rmsprop": {"style": "subclass", "plan": TrainingPlan(optimizer="rmsprop")},
}
RESUME = """
import sys
from pathlib import Path
from safetensors.numpy import save_file
from netlib import Experiment, write
from netlib.model.builder import execute
from netlib.model.weights import weights_of
from netlib.training.run import Training
from netlib.training.state import Checkpoint

for file in Path(sys.argv[1]).glob("*.json"):
    training = Training(execute(write(Experiment.from_json(file.read_bytes()))))
    content = file.with_suffix(".checkpoint").read_bytes()
    training.resume(Checkpoint.from_bytes(content))
    for _ in range(25):
        training.advance()
    save_file(weights_of(training.running.network), file.with_suffix(".out"))
"""


def experiment(**fields):
    return Experiment(**{"spec": PLAIN, "data": DataChoice(name="spirals")} | fields)


def training_of(**fields):
    return Training(execute(write(experiment(**fields))))


def advance(training, n_turns):
    return [epoch for _ in range(n_turns) if (epoch := training.advance())]


def weights(training):
    tensors = weights_of(training.running.network)
    return {name: values.tobytes() for name, values in tensors.items()}


def changed(training):
    """Changes a rate and a weight within an epoch, and a batch size."""
    name = next(iter(training.running.network.parameters))
    advance(training, 3)
    training.change(Change(learning_rate=0.003))
    training.change(Change(weight=(name, 1, 0.75)))
    advance(training, 2)
    training.change(Change(batch_size=48))


def test_another_process_takes_a_run_up_to_the_last_bit(tmp_path):
    expected = {}
    for name, fields in CASES.items():
        training = training_of(**fields)
        advance(training, 27)  # the third epoch
        if name != "one-cycle":
            changed(training)
        found = training.checkpoint()
        assert found.turns > 0
        (tmp_path / f"{name}.checkpoint").write_bytes(found.to_bytes())
        (tmp_path / f"{name}.json").write_text(experiment(**fields).model_dump_json())
        advance(training, 25)
        expected[name] = weights(training)
    command = [sys.executable, "-c", RESUME, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    for name, wanted in expected.items():
        found = load_file(tmp_path / f"{name}.out")
        assert {k: values.tobytes() for k, values in found.items()} == wanted, name


def test_checkpoints_leave_a_run_as_it_is_and_bring_its_epochs_back(monkeypatch):
    plain = training_of(spec=NOISY)
    expected = advance(plain, 60)
    monkeypatch.setattr(checkpoints, "REST", 0)  # one at each epoch's start
    kept = training_of(spec=NOISY)
    assert advance(kept, 30) == expected[:2]
    found = Checkpoint.from_bytes(kept.checkpoint().to_bytes())
    assert (found.state.epoch, found.turns) == (2, 8)
    assert advance(kept, 30) == expected[2:]
    assert kept.resume(found) == []
    assert (kept.epoch, kept.steps) == (2, 8)
    assert advance(kept, 30) == expected[2:]
    assert weights(kept) == weights(plain)


def test_a_change_is_that_of_the_next_step_and_a_batch_size_of_the_next_epoch():
    training, rate = training_of(), 0.02
    advance(training, 4)
    training.change(Change(learning_rate=rate))
    assert [group["lr"] for group in training.running.optimizer.param_groups] == [rate]
    training.change(Change(batch_size=160))
    advance(training, 6)
    assert training.steps == 10
    advance(training, 3)
    assert (training.epoch, training.steps) == (1, 2)
    name = next(iter(training.running.network.parameters))
    training.change(Change(weight=(name, 3, -0.5)))
    tensor = training.running.network.tensors[name]
    assert tensor.flatten()[3].item() == -0.5


def test_what_cannot_be_changed_is_refused():
    training = training_of(plan=TrainingPlan(schedule="one-cycle"))
    for where in ("learning_rate", "batch_size"):
        with pytest.raises(TrainingError) as caught:
            training.change(Change(**{where: 1}))
        assert caught.value.message == (
            f"{where.replace('_', ' ')}: expects a schedule that leaves it free, "
            "got one-cycle."
        )
    with pytest.raises(WeightsError) as caught:
        training.change(Change(weight=("0.bias", 8, 1.0)))
    assert caught.value.message == (
        "weight: expects a place in 0.weight, 0.bias, 2.weight, 2.bias, 4.weight, "
        "4.bias, got 0.bias, 8."
    )
    assert training.checkpoint().changes == ()


def test_a_checkpoint_of_another_network_is_refused():
    with pytest.raises(WeightsError, match=r"^checkpoint: expects the tensors \{'0\."):
        training_of(spec=NOISY).resume(training_of().checkpoint())


def test_few_states_are_kept_of_a_long_run_and_the_first_and_latest_among_them(
    monkeypatch,
):
    monkeypatch.setattr(checkpoints, "REST", 0)
    training = training_of(plan=TrainingPlan(batch_size=320))
    first = weights(training)
    advance(training, 401)  # a step and an epoch's end by turns
    states = training.checkpoints.states
    assert MOST_STATES / 3 <= len(states) <= MOST_STATES + 1
    numbers = [state.epoch for state in states]
    assert (numbers[0], numbers[-1]) == (0, 200)
    gaps = [after - before for before, after in pairwise(numbers[:-1])]
    assert set(gaps) == {gaps[0]}
    start = {
        name: tensor.numpy().tobytes() for name, tensor in states[0].weights.items()
    }
    assert start == first
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 5 * states[-1].n_bytes)
    advance(training, 100)
    assert len(training.checkpoints.states) <= 5


def test_states_are_taken_seldom_enough_to_cost_next_to_nothing():
    training = training_of()
    advance(training, 11 * 60)
    assert len(training.checkpoints.states) < 60


def test_a_fork_has_the_weights_and_the_order_and_a_plan_of_its_own():
    parent = training_of()
    advance(parent, 11)
    parent.resume(Checkpoint(parent.checkpoint().state))
    state = parent.checkpoints.latest
    advance(parent, 5)

    def forked(**plan):
        fork = training_of(plan=TrainingPlan(**plan))
        fork.fork(state, parent.running.program.experiment)
        assert fork.epoch == state.epoch
        advance(fork, 5)
        return fork

    assert weights(forked()) == weights(parent)
    assert weights(forked(optimizer="sgd")) != weights(parent)
    slow = forked(learning_rate=1e-6).running.network.tensors
    moved = [
        (slow[name] - before).abs().max() for name, before in state.weights.items()
    ]
    assert 0 < max(moved) < 1e-4
