"""An experiment with what its training gave, and the files made of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from netlib.errors import ExportError, TrainingError
from netlib.experiment import Experiment
from netlib.model.builder import Network, build
from netlib.model.weights import Array
from netlib.source.styles import generate
from netlib.training.run import fit, train_by

# Epoch from 0, mean training loss, validation loss, score.
Epoch = tuple[int, float, float, float]


@dataclass(frozen=True)
class Trained:
    """An experiment, its CSV file if it has one, its epochs so far and its weights.

    `arrays` holds parameters and buffers by their names in the experiment's style.
    """

    experiment: Experiment
    csv: bytes | None
    history: tuple[Epoch, ...]
    arrays: Mapping[str, Array]

    def network(self) -> Network:
        """Returns the network with these weights, in evaluation mode."""
        network = initial(self.experiment)
        tensors = network.parameters | network.buffers
        if set(tensors) != set(self.arrays):
            rule = f"the tensors {', '.join(tensors)}"
            raise ExportError("weights", rule, ", ".join(self.arrays), "Train again.")
        with torch.no_grad():
            for name, tensor in tensors.items():
                # A copy: what is saved may be read-only.
                tensor.copy_(torch.from_numpy(np.array(self.arrays[name])))
        network.set_training(False)
        return network


@dataclass(frozen=True)
class File:
    """A file to hand out; `check` says what was run and found, "" before that."""

    name: str
    content: bytes
    check: str = ""


def initial(experiment: Experiment) -> Network:
    """Returns the network of the experiment before its training."""
    return build(generate(experiment.spec, experiment.style), seed=experiment.seed)


def train_anew(
    experiment: Experiment,
    csv: bytes | None = None,
    watch: Callable[[Epoch, Network], object] = lambda epoch, network: None,
) -> Trained:
    """Trains the experiment from its initial weights and returns what came out.

    Runs in this process, whose torch generator it seeds, on one thread. `watch` is
    called with each epoch and the network so far. Raises NetlibError.

    >>> from netlib.experiment import TrainingPlan
    >>> trained = train_anew(Experiment(plan=TrainingPlan(epochs=1)))
    >>> len(trained.history), trained.arrays["0.weight"].shape
    (2, (12, 16))
    """
    torch.set_num_threads(1)  # more threads may sum in another order
    data, loss = fit(experiment, csv)
    network = initial(experiment)
    history = []
    for epoch in _epochs(train_by(experiment.plan, network, data, loss)):
        history.append(epoch)
        watch(epoch, network)
    return Trained(experiment, csv, tuple(history), arrays_of(network))


def arrays_of(network: Network) -> dict[str, Array]:
    """Returns copies of the parameters and buffers by name."""
    tensors = network.parameters | network.buffers
    return {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}


def _epochs(events: Iterator[dict]) -> Iterator[Epoch]:
    for event in events:
        if event["event"] == "diverged":
            found = f"NaN or infinity in epoch {event['epoch']}"
            advice = "Lower the learning rate and train again."
            raise TrainingError("training", "a finite loss", found, advice)
        if event["event"] == "epoch":
            yield (
                event["epoch"],
                event["loss"],
                event["validation_loss"],
                event["score"],
            )
