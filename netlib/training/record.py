"""What came of a run: one record for pages, exports and the command line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from netlib.errors import WeightsError
from netlib.experiment import Experiment
from netlib.model.builder import Network, build, execute
from netlib.model.transfer import carry
from netlib.model.weights import Array, weights_of
from netlib.program.writer import write
from netlib.source.styles import generate
from netlib.training.epoch import Epoch
from netlib.training.run import epochs


@dataclass(frozen=True, eq=False)
class RunRecord:
    """An experiment, its CSV file if it has one, its epochs so far and its weights.

    `weights` holds parameters and buffers by their names in the experiment's style; it
    is empty before anything was trained. `state` is how the run ended, or "running".
    """

    experiment: Experiment
    csv: bytes | None = None
    history: tuple[Epoch, ...] = ()
    weights: Mapping[str, Array] = field(default_factory=dict)
    state: str = "finished"

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

    def in_style(self, style: str) -> "RunRecord":
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
    >>> len(record.history), record.weights["0.weight"].shape
    (1, (12, 16))
    """
    with _threads_kept():
        running = execute(write(experiment, csv), csv)
        history = []
        for epoch in epochs(running, experiment.plan.epochs):
            if epoch is not None:
                history.append(epoch)
                watch(epoch, running.network)
        return RunRecord(experiment, csv, tuple(history), weights_of(running.network))


def untrained(experiment: Experiment) -> Network:
    """Returns the network of the experiment before its training."""
    return build(generate(experiment.spec, experiment.style), seed=experiment.seed)


@contextmanager
def _threads_kept() -> Iterator[None]:
    """Gives torch its number of threads back, which a program sets."""
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
