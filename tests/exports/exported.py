"""Small runs of every task, and clean processes, that tests of exports share."""

import os
import subprocess
import sys
from functools import cache

from netlib import STYLES, Experiment, NetworkSpec, TrainingPlan, train
from netlib.data.choice import DataChoice

# Gaps in a number, a text and the target; texts, and names that need escapes.
CSV = 'größe;"a ""b"" \\ \'c\' 200";text;unused;preis\n'.encode("cp1252") + b"".join(
    f"{i % 7},5;{'' if i % 9 == 0 else i * 3};{'' if i % 8 == 0 else 'xyz'[i % 3]};{i};"
    f"{'' if i == 5 else round(i / 3, 3)}\n".replace(".", ",").encode()
    for i in range(40)
)
# Together they have several losses and optimizers, modes, schedules and rows of more
# than one dimension.
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
        plan=TrainingPlan(epochs=2, seed=5, clip=0.5, schedule="one-cycle"),
    ),
    "multiclass": Experiment(
        spec=NetworkSpec.mlp([4, 6, 3], "tanh", "log_softmax"),
        data=DataChoice(name="iris"),
        plan=TrainingPlan(epochs=3, optimizer="sgd", learning_rate=0.1, batch_size=7),
    ),
    "regression": Experiment(
        spec=NetworkSpec.mlp([10, 6, 1], "gelu"),
        data=DataChoice(name="diabetes"),
        plan=TrainingPlan(epochs=3, optimizer="adamw", validation_share=0.3),
    ),
    "csv": Experiment(
        spec=NetworkSpec.mlp([6, 5, 1]),
        data=DataChoice(name="csv", filename='my "table".csv', left_out=["unused"]),
        plan=TrainingPlan(epochs=2, batch_size=8, optimizer="rmsprop", device="auto"),
    ),
}
MODULE_STYLES = [name for name, style in STYLES.items() if style.is_module]


@cache
def trained(task, style):
    csv = CSV if task == "csv" else None
    return train(TASKS[task].replace(style=style), csv)


def same(weights, others):
    assert weights.keys() == others.keys()
    for name, values in weights.items():
        assert values.tobytes() == others[name].tobytes()


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


def code_lines(text):
    """The lines of a program that are not blank."""
    return [line for line in text.splitlines() if line.strip()]
