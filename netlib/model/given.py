"""The features that the inputs of a program are made of."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from netlib.data.features import input_names, inputs_of
from netlib.model.network import RunningProgram


class Given:
    """The features of a program's rows, before its inputs were made of them.

    `training` (n, n_features) and `held`, the rows kept back, are in standard units, as the
    program's inputs are.
    """

    def __init__(self, running: RunningProgram) -> None:
        self._inputs = running.program.experiment.data.inputs
        self._names = running.names
        if self._inputs:
            self.training, self.held = self._split(running)
        else:
            parts = (running.data[name] for name in ("X_train", "X_val"))
            self.training, self.held = (part.cpu().flatten(1) for part in parts)

    def inputs(self, rows: Tensor) -> Tensor:
        """Returns what the network takes of rows (n, n_features) in standard units."""
        if not self._inputs:
            return rows
        points = rows.double().numpy() * self._scale + self._mean
        made = self._names["scaler"].transform(inputs_of(points, self._inputs))
        return torch.from_numpy(made).float()

    def _split(self, running: RunningProgram) -> list[Tensor]:
        """Splits the points as the program does, which keeps what it makes of them."""
        experiment = running.program.experiment
        share, seed = experiment.plan.validation_share, experiment.plan.seed
        points = np.column_stack([self._names["x1"], self._names["x2"]])
        targets = pd.Series(self._names["y"])
        parts = running.program.dataset.split(targets, share, seed)
        training, held = (points[part.index] for part in parts)
        self._mean, self._scale = training.mean(axis=0), training.std(axis=0)
        return [
            torch.from_numpy((part - self._mean) / self._scale).float()
            for part in (training, held)
        ]


def inputs_by_column(running: RunningProgram) -> dict[str, list[str]]:
    """Returns what a program's inputs are called, by column: a category has one a text."""
    names, inputs = running.names, running.program.experiment.data.inputs
    if inputs or "table" not in names:
        n_inputs = running.data["X_train"][0].numel()
        return {name: [name] for name in input_names(n_inputs, inputs)}
    found = {name: [name] for name in names.get("numbers", ())}
    if "categories" in names:
        encoder = names["columns"].named_transformers_["onehotencoder"]
        for name, texts in zip(names["categories"], encoder.categories_):
            found[name] = [f"{name} {'empty' if pd.isna(t) else t}" for t in texts]
    return found
