"""Small runs of every task, and clean processes, that tests of exports share."""

import os
import subprocess
import sys
from functools import cache

from netlib import STYLES, Experiment, NetworkSpec, build, generate
from netlib.experiment import DataChoice, TrainingPlan
from netlib.exports import train_anew

# Together they have every loss but one, both optimisers, modes and rows of more than
# one dimension.
TASKS = {
    "binary": Experiment(
        spec=NetworkSpec(
            input_shape=(4, 4),
            layers=[
                {"kind": "Flatten"},
                {"kind": "Linear", "out_features": 8},
                {"kind": "BatchNorm1d"},
                {"kind": "PReLU"},
                {"kind": "Dropout", "p": 0.25},
                {"kind": "Linear", "out_features": 1},
                {"kind": "Sigmoid"},
            ],
        ),
        seed=3,
        plan=TrainingPlan(epochs=2, seed=5),
    ),
    "multiclass": Experiment(
        spec=NetworkSpec.mlp([4, 6, 3], "tanh", "log_softmax"),
        data=DataChoice(name="iris"),
        plan=TrainingPlan(epochs=3, optimizer="sgd", learning_rate=0.1, batch_size=7),
    ),
    "regression": Experiment(
        spec=NetworkSpec.mlp([10, 6, 1], "gelu"),
        data=DataChoice(name="diabetes"),
        plan=TrainingPlan(epochs=3, validation_share=0.3),
    ),
}


@cache
def trained(task, style):
    return train_anew(TASKS[task].replace(style=style))


def module_styles():
    """The styles that define an nn.Module."""
    spec = NetworkSpec.mlp([2, 1])
    return [s for s in STYLES if hasattr(build(generate(spec, s)).model, "modules")]


def python(folder, *arguments, **variables):
    """Runs Python in the folder, without any path to this project."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-I", *map(str, arguments)],
        cwd=folder,
        env=environment | {"GLOO_SOCKET_IFNAME": "lo"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def rows(text):
    """The epochs that a script has printed."""
    lines = text.splitlines()
    assert lines[0] == "epoch,loss,validation_loss,score"
    cells = [line.split(",") for line in lines[1:]]
    return tuple((int(epoch), *map(float, rest)) for epoch, *rest in cells)


def lint(folder):
    for command in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *command, "--isolated", "-q", folder]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
