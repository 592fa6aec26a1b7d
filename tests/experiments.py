"""Experiments whose network fits their data, and tables, that several tests share."""

import numpy as np
import pandas as pd

from netlib import Experiment, NetworkSpec
from netlib.data.choice import DataChoice
from netlib.data.loader import load

HIDDEN = (12, 10)
OUTPUTS = {"binary": "sigmoid", "multiclass": None, "regression": None}
SPIRALS = Experiment(
    spec=NetworkSpec.mlp([2, 8, 8, 1], "tanh", "sigmoid"),
    data=DataChoice(name="spirals"),
)


# A table of one's own with two inputs.
HOMES = b"size,rooms,price\n" + b"".join(
    b"%d.5,%d,%d\n" % (30 + 7 * i % 50, 1 + i % 4, 100 + 11 * i % 37) for i in range(40)
)


def fitted(csv=None, hidden=HIDDEN, **fields):
    """An experiment with a network of these hidden widths between its data's sizes."""
    experiment = Experiment(**fields)
    dataset, plan = load(experiment.data, csv), experiment.plan
    n_inputs = dataset.count_features(plan.validation_share, plan.seed)
    n_outputs = dataset.n_classes if dataset.task == "multiclass" else 1
    widths = [n_inputs, *hidden, n_outputs]
    spec = NetworkSpec.mlp(widths, "relu", OUTPUTS.get(dataset.task))
    return experiment.replace(spec=spec)


def table(n_rows=60):
    """Ten columns: numbers and texts, some missing, and a target of each task."""
    rng = np.random.default_rng(0)
    columns = {f"size {i}": rng.normal(size=n_rows).round(3) for i in range(4)}
    frame = pd.DataFrame(columns)
    frame["city"] = rng.choice(["Rome", "Oslo", "Bern"], n_rows)
    frame["member"] = rng.choice([True, False], n_rows)
    frame["kind, of"] = rng.choice(["a", "b"], n_rows)
    frame["species"] = rng.choice(["x", "y", "z"], n_rows)
    frame["sick"] = rng.choice(["no", "yes"], n_rows)
    frame["price"] = frame["size 0"] * 3 + rng.normal(size=n_rows)
    frame.loc[3, "size 1"] = None
    frame.loc[[4, 9], "city"] = None
    frame.loc[5, ["species", "sick", "price"]] = None
    return frame.to_csv(index=False).encode()


CSV_TARGETS = {"multiclass": "species", "binary": "sick", "regression": "price"}


def csv_choice(task="binary", filename="my table.csv"):
    return DataChoice(name="csv", filename=filename, target=CSV_TARGETS[task])


DATA = {
    "binary": DataChoice(),
    "multiclass": DataChoice(name="iris"),
    "regression": DataChoice(name="diabetes"),
    "csv": csv_choice(),
}


def experiment_of(task, **fields):
    """An experiment of a task, or on the table for "csv", and its file's bytes."""
    csv = table() if task == "csv" else None
    return fitted(csv, data=DATA[task], **fields), csv
