"""Training in several processes: as one, whatever dies on the way."""

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
import psutil
import pytest
from exported import CSV, TASKS, code_lines, python, trained
from processes import lint
from safetensors.numpy import load_file

from netlib import Experiment, NetworkSpec, TrainingPlan, train
from netlib.data.choice import DataChoice
from netlib.exports import FORMATS
from netlib.program.writer import write
from netlib.source.optimizers import OPTIMIZERS, SCHEDULES
from netlib.training.record import RunRecord

# Sums of two processes round otherwise than one sum; training carries that on.
LARGEST_DIFFERENCE = 1e-5
CLOSE = {
    # A last batch of three rows: one process has two of them, the other one.
    "regression": TASKS["regression"].replace(
        style="subclass",
        plan=TASKS["regression"].plan.replace(batch_size=17),
    ),
    # One process has nothing to do in every batch.
    "single-rows": Experiment(
        spec=NetworkSpec.mlp([2, 4, 1], "tanh"),
        style="modulelist",
        data=DataChoice(name="xor"),
        plan=TrainingPlan(epochs=1, batch_size=1, learning_rate=0.001),
    ),
}
PLANS = [
    *(TrainingPlan(epochs=4, optimizer=name) for name in OPTIMIZERS),
    *(TrainingPlan(epochs=4, schedule=name) for name in SCHEDULES),
    TrainingPlan(epochs=4, optimizer="sgd", nesterov=True, schedule="one-cycle"),
    TrainingPlan(epochs=4, clip=0.5, schedule="step", device="auto"),
]
# Runs the script in each folder, one after another, as one of two processes, or as the
# only one; what it prints, and its refusal, go into files. The two meet once, for all
# scripts: gloo at times fails to connect (github.com/pytorch/pytorch/issues/53270).
IN_FOLDERS = """
import contextlib, os, pathlib, runpy, sys
import torch.distributed as dist

class Left(Exception):
    pass

def leave(code):
    raise Left

os._exit, rank = leave, os.environ.get("RANK", "0")
if "RANK" in os.environ:
    place = {"rank": int(rank), "world_size": 2}
    meeting = pathlib.Path("meeting").absolute().as_uri()
    dist.init_process_group("gloo", init_method=meeting, **place)
    dist.init_process_group = lambda backend: None
    dist.destroy_process_group = lambda: None
for folder in sys.argv[1:]:
    with contextlib.chdir(folder), open(f"printed_{rank}", "w") as printed:
        with contextlib.redirect_stdout(printed), contextlib.suppress(Left):
            try:
                runpy.run_path("train_ddp.py", run_name="__main__")
            except SystemExit as error:
                pathlib.Path(f"refused_{rank}").write_text(str(error))
                dist.destroy_process_group()
"""
# Runs each script whole, and again from a checkpoint in its midst, as one process.
IN_PARTS = """
import contextlib, os, runpy, sys
import torch
import torch.distributed as dist

def begin():
    if dist.is_initialized():
        dist.destroy_process_group()
    return runpy.run_path("train_ddp.py", run_name="driven")

def go_on(names, n_epochs):
    losses = [sum(names["train_epoch"]()) for _ in range(n_epochs)]
    return losses, {k: v.clone() for k, v in names["model"].state_dict().items()}

for folder in sys.argv[1:]:
    with contextlib.chdir(folder):
        losses, weights = go_on(begin(), 4)
        names = begin()
        first, _ = go_on(names, 2)
        names["save_checkpoint"](2)
        names = begin()
        assert names["load_checkpoint"]() == 2
        rest, others = go_on(names, 2)
        assert first + rest == losses, folder
        assert all(torch.equal(weights[name], others[name]) for name in weights), folder
        assert sorted(os.listdir()) == ["checkpoint.safetensors", "train_ddp.py"]
"""


def write_file(run, folder):
    folder.mkdir(exist_ok=True)
    file = FORMATS["ddp"].write(run)
    (folder / file.name).write_bytes(file.content)


def epochs(text):
    """The losses and the score that a script has printed, by epoch."""
    lines = [line.split() for line in text.splitlines() if line.split()[0].isdigit()]
    return {
        int(number): [float(value) for value in row[1::2]] for number, *row in lines
    }


def in_folders(*folders, together=False):
    """Runs the script of each folder, by two processes or by one."""
    ranks = [{"RANK": "0"}, {"RANK": "1"}] if together else [{}]
    with ThreadPoolExecutor() as pool:
        begin = partial(python, folders[0], "-c", IN_FOLDERS, *folders)
        for result in pool.map(lambda rank: begin(**rank), ranks):
            assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def differ(weights, others):
    assert weights.keys() == others.keys()
    return max(np.abs(weights[name] - others[name]).max() for name in weights)


def test_two_processes_reach_the_weights_of_one(tmp_path):
    """In three styles of three tasks and of a table, besides what may go wrong."""
    runs = {
        tmp_path / f"{task}-{style}": trained(task, style)
        for task in TASKS
        for style in ("subclass", "sequential", "mixed")
    }
    runs |= {tmp_path / name: train(experiment) for name, experiment in CLOSE.items()}
    for folder, run in runs.items():
        write_file(run, folder)
        (folder / "my _table_.csv").write_bytes(CSV)
    plan = TASKS["binary"].plan.replace(batch_size=3)
    refused = tmp_path / "refused"
    write_file(RunRecord(TASKS["binary"].replace(plan=plan)), refused)
    in_folders(*runs, refused, together=True)
    for folder, run in runs.items():
        assert (folder / "printed_1").read_text() == ""
        expected = {epoch.number: epoch[1:] for epoch in run.epochs}
        printed = epochs((folder / "printed_0").read_text())
        assert list(printed) == list(expected), "each epoch once, by one process"
        weights = load_file(folder / "model.safetensors")
        assert weights.keys() >= run.weights.keys()
        if any(layer.has_mode for layer in run.experiment.spec.layers):
            continue  # batch statistics and dropout are per process
        for number, values in printed.items():  # of 3 digits
            assert np.abs(np.subtract(values, expected[number])).max() < 6e-4
        assert differ(weights, run.weights) < LARGEST_DIFFERENCE
    for rank in range(2):
        said = (refused / f"refused_{rank}").read_text()
        assert "3 rows a batch: batch norm needs 2 a process." in said
    assert not (refused / "checkpoint.safetensors").exists()


def test_a_restart_goes_on_to_the_last_bit(tmp_path):
    """With the optimizer's own tensors, schedules, batch statistics and dropout."""
    spec, data = NetworkSpec.mlp([2, 5, 1], "tanh", "sigmoid"), DataChoice(name="moons")
    small = Experiment(spec=spec, data=data, style="mixed")
    experiments = [small.replace(plan=plan) for plan in PLANS]
    plan = TASKS["binary"].plan.replace(epochs=4)
    experiments.append(TASKS["binary"].replace(plan=plan))
    for number, experiment in enumerate(experiments):
        write_file(RunRecord(experiment), tmp_path / str(number))
    lint(tmp_path)
    result = python(tmp_path, "-c", IN_PARTS, *sorted(tmp_path.iterdir()))
    assert (result.returncode, result.stderr) == (0, "")


def test_torchrun_restarts_a_killed_process_from_the_checkpoint(tmp_path):
    plan = TASKS["regression"].plan.replace(epochs=40)
    run = train(TASKS["regression"].replace(plan=plan, style="subclass"))
    write_file(run, tmp_path)
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
    (told,) = [line for line in printed if line.startswith("checkpoint")]
    done = int(re.fullmatch(r"\S+: (\d+) of 40 epochs are done\.\n", told)[1])
    numbers = list(epochs("".join(printed)))
    assert len(numbers) == len(printed) - 1, "no epoch is told twice"
    # A process may die between its checkpoint and its line.
    assert set(range(1, 41)) - set(numbers) <= {done}
    assert done >= 11
    weights = load_file(tmp_path / "model.safetensors")
    assert differ(weights, run.weights) < 1e-3


def end(process):
    """Ends a process that hangs, and those that it has started."""
    for each in [*psutil.Process(process.pid).children(recursive=True), process]:
        each.kill()


def test_a_finished_checkpoint_says_so_and_that_of_another_program_is_refused(tmp_path):
    run, (first, finished, other) = (
        trained("multiclass", "sequential"),
        (tmp_path / name for name in ("first", "finished", "other")),
    )
    plan = run.experiment.plan.replace(learning_rate=0.2)
    write_file(run, first)
    write_file(run, finished)
    write_file(RunRecord(run.experiment.replace(plan=plan)), other)
    for folder in finished, other:
        (folder / "checkpoint.safetensors").symlink_to(first / "checkpoint.safetensors")
    in_folders(first, finished, other)
    assert list(epochs((first / "printed_0").read_text())) == [1, 2, 3]
    weights = load_file(first / "model.safetensors")
    assert differ(weights, run.weights) < LARGEST_DIFFERENCE
    said = "checkpoint.safetensors: 3 of 3 epochs are done.\n"
    assert (finished / "printed_0").read_text() == said
    assert differ(load_file(finished / "model.safetensors"), weights) == 0
    said = "checkpoint.safetensors is of another program: move it away."
    assert (other / "refused_0").read_text() == said
    assert not (other / "model.safetensors").exists()


def test_a_text_has_what_its_experiment_needs_and_no_more():
    plain = FORMATS["ddp"].write(trained("regression", "mixed")).content.decode()
    for word in ("json", "cuda", "nccl", "has_cuda", "batch norm", "dropout masks"):
        assert word not in plain
    modes = FORMATS["ddp"].write(trained("binary", "mixed")).content.decode()
    assert "Batch statistics and dropout are per process" in modes
    assert "json" in modes
    assert "cuda" not in modes
    assert (
        "cpu:gloo,cuda:nccl"
        in FORMATS["ddp"].write(RunRecord(TASKS["csv"], CSV)).content.decode()
    )


@pytest.mark.parametrize("plan", PLANS)
def test_it_is_the_program_with_a_few_dozen_lines_more(plan):
    experiment = Experiment(plan=plan)
    text = FORMATS["ddp"].write(RunRecord(experiment)).content.decode()
    n_own = len(code_lines(text)) - len(code_lines(write(experiment).text))
    has_schedule, is_auto = plan.schedule != "constant", plan.device == "auto"
    assert n_own <= 50 + 6 * has_schedule + 4 * is_auto
