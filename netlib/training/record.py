"""What came of a run: one record for pages, exports and the command line."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save

from netlib.data.loader import Dataset, load
from netlib.errors import ExportError, WeightsError
from netlib.experiment import Experiment
from netlib.model.builder import build, execute
from netlib.model.network import Network
from netlib.model.threads import one_thread
from netlib.model.transfer import carry
from netlib.model.weights import Array, weights_of
from netlib.program.prediction import PREPARATION_FILE, write_prediction
from netlib.program.training_section import WEIGHTS_FILE
from netlib.program.writer import write
from netlib.source.styles import StyleName
from netlib.training.epoch import Epoch
from netlib.training.prediction import Predictor, Rows
from netlib.training.preparation import Preparation, preparation_of
from netlib.training.run import epochs


@dataclass(frozen=True, eq=False)
class RunRecord:
    """An experiment, its CSV file if it has one, its epochs so far and its weights.

    `weights` holds parameters and buffers by their names in the experiment's style; it
    is empty before anything was trained. `state` is how the run ended, or "running".
    """

    experiment: Experiment
    csv: bytes | None = None
    epochs: tuple[Epoch, ...] = ()
    weights: Mapping[str, Array] = field(default_factory=dict)
    state: str = "finished"

    @property
    def history(self) -> pd.DataFrame:
        """The epochs as a table: loss, validation loss and score by number from 1."""
        return pd.DataFrame(self.epochs, columns=Epoch._fields).set_index("number")

    @property
    def model(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """The trained model, an nn.Module or a function, in evaluation mode."""
        return self._network.model

    def plot(self) -> Any:
        """Returns a Plotly figure of the history; raises ExportError without Plotly."""
        try:
            return self.history.plot(backend="plotly", title=self._title)
        except (ImportError, ValueError):
            advice = "Install it: pip install plotly."
            raise ExportError("plot", "the package plotly", "none", advice) from None

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title)}</p>{self.history.tail().to_html()}"

    @property
    def _title(self) -> str:
        experiment, n_epochs = self.experiment, len(self.epochs)
        network = f"{experiment.spec.title} on {experiment.data.name}"
        return f"{network}, {experiment.style}: {n_epochs} epochs, {self.state}"

    @cached_property
    def _network(self) -> Network:
        return self.network()

    @cached_property
    def dataset(self) -> Dataset:
        """The data set that the experiment has chosen."""
        return load(self.experiment.data, self.csv)

    @cached_property
    def preparation(self) -> Preparation:
        """What the data has taught the program beside the weights, see `preparation_of`."""
        with one_thread(), torch.random.fork_rng(devices=[]):
            running = execute(write(self.experiment, self.csv), self.csv)
            return preparation_of(running, self.dataset)

    @cached_property
    def predictor(self) -> Predictor:
        """The program that answers for raw rows, with these weights."""
        text = write_prediction(self.experiment, self.csv)
        return Predictor(text, self.files(), self.dataset)

    def predict(self, rows: Rows) -> pd.DataFrame:
        """Returns what the network answers for raw rows, as `predict.py` does.

        `rows` is a DataFrame, a list of dicts or one, an array or a CSV file, with cells
        as those of the data. Raises DataError for others; see `Predictor.predict`.

        >>> from netlib.experiment import TrainingPlan
        >>> record = train(Experiment(plan=TrainingPlan(epochs=1)))
        >>> record.predict(np.zeros((2, 16))).columns.tolist()
        ['prediction', 'p(even)', 'p(odd)']
        """
        return self.predictor.predict(rows)

    def files(self) -> dict[str, bytes]:
        """Returns what `predict.py` reads: the preparation as JSON and the weights."""
        text = json.dumps(self.preparation, indent=2)
        return {
            PREPARATION_FILE: f"{text}\n".encode(),
            WEIGHTS_FILE: self.weights_file(),
        }

    def weights_file(self) -> bytes:
        """Returns the weights as safetensors, by their names in the experiment's style."""
        return save(weights_of(self.network()), {"format": "pt"})

    def network(self) -> Network:
        """Returns the network with these weights, in evaluation mode.

        Raises WeightsError where they are those of another network.
        """
        network = untrained(self.experiment)
        tensors = network.parameters | network.buffers
        weights = self.weights
        if weights and set(tensors) != set(weights):
            names = ", ".join(tensors)
            raise WeightsError(
                "weights", f"the tensors {names}", ", ".join(weights), "Train again."
            )
        with torch.no_grad():
            for name, values in weights.items():
                tensors[name].copy_(torch.from_numpy(np.array(values)))
        network.set_training(False)
        return network

    def in_style(self, style: StyleName) -> "RunRecord":
        """Returns the record of the same run as another style names its weights."""
        experiment = self.experiment.replace(style=style)
        weights = {
            name: torch.from_numpy(np.array(values))
            for name, values in self.weights.items()
        }
        if weights and style != self.experiment.style:
            weights = carry(weights, experiment.spec, self.experiment.style, style)
        arrays = {name: tensor.numpy() for name, tensor in weights.items()}
        return replace(self, experiment=experiment, weights=arrays)


def train(
    experiment: Experiment,
    csv: bytes | None = None,
    watch: Callable[[Epoch, Network], object] = lambda epoch, network: None,
) -> RunRecord:
    """Writes the experiment's program, runs it in this process, returns what came of it.

    `watch` is called with each epoch and the network so far. Seeds torch's random
    generator, and works on one thread meanwhile. Raises NetlibError.

    >>> from netlib.experiment import TrainingPlan
    >>> record = train(Experiment(plan=TrainingPlan(epochs=1)))
    >>> len(record.epochs), record.weights["0.weight"].shape
    (1, (12, 16))
    """
    with one_thread():
        running = execute(write(experiment, csv), csv)
        history = []
        for epoch in epochs(running, experiment.plan.epochs):
            if epoch is not None:
                history.append(epoch)
                watch(epoch, running.network)
        return RunRecord(experiment, csv, tuple(history), weights_of(running.network))


def untrained(experiment: Experiment) -> Network:
    """Returns the network of the experiment before its training."""
    return build(experiment)
