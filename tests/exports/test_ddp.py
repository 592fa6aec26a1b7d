"""Training in several processes: as one, whatever dies on the way."""

import os
import signal
import subprocess
import sys
import threading
from itertools import islice

import numpy as np
import psutil
import pytest
import torch
import torch.distributed as dist
from exported import TASKS, lint, module_styles, python, rows, trained
from netlib.exports.carried import epoch_rows
from netlib.exports.together import train_together
from netlib.exports.trained import arrays_of, initial
from safetensors.numpy import load_file

from netlib import Experiment, NetworkSpec
from netlib.experiment import DataChoice, TrainingPlan
from netlib.exports import EXPORTS, train_anew
from netlib.training.run import fit

# Sums of two processes round otherwise than one sum; training carries that on.
LARGEST_DIFFERENCE = 1e-5
# A last batch of three rows: one process has two of them, the other one.
ODD = TASKS["multiclass"].replace(
    plan=TrainingPlan(epochs=3, batch_size=13, optimizer="adam")
)
# One process has nothing to do in the last batches.
SINGLE_ROWS = Experiment(
    spec=NetworkSpec.mlp([2, 4, 1], "tanh"),
    data=DataChoice(name="xor"),
    plan=TrainingPlan(epochs=1, batch_size=1, learning_rate=0.001),
)


def end(process):
    """Ends a process that hangs, and those that it has started."""
    for each in [*psutil.Process(process.pid).children(recursive=True), process]:
        each.kill()


def write(run, folder):
    file = EXPORTS["ddp"](run)
    (folder / file.name).write_bytes(file.content)


def differ(arrays, others):
    assert arrays.keys() == others.keys()
    return max(np.abs(arrays[name] - others[name]).max() for name in arrays)


@pytest.mark.parametrize("number", range(3))
def test_two_processes_reach_the_weights_of_one(number, tmp_path):
    experiment = [ODD, TASKS["regression"], SINGLE_ROWS][number]
    styles = module_styles()
    run = train_anew(experiment.replace(style=styles[number % len(styles)]))
    write(run, tmp_path)
    lint(tmp_path)
    result = python(tmp_path, "train_ddp.py", "--processes", "2")
    assert result.returncode == 0, result.stderr
    history = rows(result.stdout)
    assert len(history) == len(run.history)
    assert np.abs(np.subtract(history, run.history)).max() < LARGEST_DIFFERENCE
    weights = load_file(tmp_path / "model.safetensors")
    assert differ(weights, run.arrays) < LARGEST_DIFFERENCE
    verdict = result.stderr.splitlines()[-1]
    assert verdict.startswith(("close, largest difference", "identical"))


def test_statistics_and_masks_are_said_to_be_per_process():
    text = EXPORTS["ddp"](trained("binary", "mixed")).content.decode()
    said = "Batch statistics and dropout masks are per process"
    assert said in text
    assert said not in EXPORTS["ddp"](trained("regression", "mixed")).content.decode()


def test_torchrun_restarts_a_killed_process_from_the_checkpoint(tmp_path):
    plan = TASKS["regression"].plan.replace(epochs=150)
    run = train_anew(TASKS["regression"].replace(plan=plan, style="subclass"))
    write(run, tmp_path)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    options = ["--nproc-per-node", "2", "--max-restarts", "1", "train_ddp.py"]
    variables = {"GLOO_SOCKET_IFNAME": "lo", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    environment = os.environ | variables
    environment.pop("PYTHONPATH", None)
    with (tmp_path / "stderr").open("w+") as errors:
        process = subprocess.Popen(
            [*torchrun, *options], cwd=tmp_path, env=environment,
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        timer = threading.Timer(120, end, [process])
        timer.start()
        printed = list(islice(process.stdout, 11))
        workers = psutil.Process(process.pid).children()
        assert len(workers) == 2
        workers[1].send_signal(signal.SIGKILL)
        printed += list(process.stdout)
        assert process.wait() == 0
        timer.cancel()
        errors.seek(0)
        assert "restart" in errors.read().lower()
    starts = [n for n, line in enumerate(printed) if line.startswith("epoch,")]
    assert len(starts) == 2
    before, after = ("".join(printed[n:m]) for n, m in zip(starts, [starts[1], None]))
    told = [row for row in rows(before) if row[0] < 10]
    assert list(rows(after))[:10] == told, "the checkpoint tells what was told"
    assert [epoch for epoch, *_ in rows(after)] == list(range(151))
    weights = load_file(tmp_path / "model.safetensors")
    assert differ(weights, run.arrays) < 1e-3


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A group of one process, met in a file."""
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    meeting = (tmp_path / "meeting").as_uri()
    dist.init_process_group("gloo", init_method=meeting, rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def together(experiment, checkpoint, **changes):
    """The epochs of a process alone, and the network."""
    data, loss = fit(experiment)
    network, plan = initial(experiment), experiment.plan.model_dump()
    plan.pop("validation_share")
    smallest_batch = experiment.spec.smallest_batch
    options = {"smallest_batch": smallest_batch, "checkpoint": str(checkpoint)}
    arguments = plan | options | {"device": "cpu", "loss": loss} | changes
    return network, epoch_rows(train_together(network.model, data, **arguments))


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_one_process_gives_what_the_loop_gives(alone, task, tmp_path):
    run = trained(task, "sequential")
    network, epochs = together(run.experiment, tmp_path / "checkpoint")
    assert np.abs(np.subtract(list(epochs), run.history)).max() < 1e-6
    assert differ(arrays_of(network), run.arrays) < 1e-6


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_restart_goes_on_to_the_last_bit(alone, optimizer, tmp_path):
    """With batch statistics, dropout and the optimiser's own tensors."""
    plan = TASKS["binary"].plan.replace(epochs=4, optimizer=optimizer)
    experiment = TASKS["binary"].replace(plan=plan)
    whole, epochs = together(experiment, tmp_path / "whole")
    history = list(epochs)
    _, epochs = together(experiment, tmp_path / "parts")
    assert list(islice(epochs, 3)) == history[:3]
    network, epochs = together(experiment, tmp_path / "parts")
    assert list(epochs) == history
    assert differ(arrays_of(network), arrays_of(whole)) == 0
    finished, epochs = together(experiment, tmp_path / "parts")
    assert list(epochs) == history
    assert differ(arrays_of(finished), arrays_of(whole)) == 0
    _, epochs = together(experiment, tmp_path / "parts", epochs=5)
    assert list(epochs)[:5] == history
    assert sorted(p.name for p in tmp_path.iterdir()) == ["meeting", "parts", "whole"]


def test_what_cannot_go_on_says_why(alone, tmp_path):
    path = tmp_path / "checkpoint"
    list(together(TASKS["binary"], path)[1])
    said = f"{path} is of another plan or further: delete it."
    for changes in ({"seed": 6}, {"batch_size": 31}, {"epochs": 1}):
        with pytest.raises(ValueError) as caught:
            list(together(TASKS["binary"], path, **changes)[1])
        assert str(caught.value) == said
    with pytest.raises(ValueError) as caught:
        list(together(TASKS["binary"], tmp_path / "new", batch_size=1)[1])
    said = "A batch of 1 rows holds fewer than 2 rows a process."
    assert str(caught.value) == said


@pytest.mark.parametrize("task", TASKS)
def test_a_loss_that_is_not_finite_ends_the_program(alone, task, tmp_path):
    network, epochs = together(TASKS[task], tmp_path / "checkpoint")
    with torch.no_grad():
        next(iter(network.parameters.values())).fill_(torch.nan)
    with pytest.raises(SystemExit) as caught:
        list(epochs)
    said = "The loss is not finite in epoch 0: lower the learning rate."
    assert str(caught.value) == said
