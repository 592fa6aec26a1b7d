"""A built network and a running program, as values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from netlib.program.writer import Program
from netlib.source.styles import Source

# What a text binds, by name.
Names = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Network:
    """A built model with its tensors by name, in layer order.

    `model` is callable: (n, *input_shape) -> (n, *output_shape). `tree` is what PyTorch
    prints for a module, or a table of the tensors of a plain function. `random_state` is
    that of torch's generator after building. `update` is the program's own function of
    the learning rate that takes one step down the gradients, if it binds one.
    """

    source: Source
    model: Callable[[Tensor], Tensor]
    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]
    tree: str
    random_state: Tensor
    update: Callable[[float], object] | None

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The parameters and then the buffers, by name."""
        return self.parameters | self.buffers

    def set_training(self, training: bool) -> None:
        """Switches Dropout and batch statistics on (training) or off (evaluation)."""
        if isinstance(self.model, nn.Module):
            self.model.train(training)
        elif hasattr(self.model, "training"):
            self.model.training = training


@dataclass(frozen=True, eq=False)
class RunningProgram:
    """A program that was executed: its network and data, and what drives it.

    `data` holds X_train, X_val, y_train and y_val. `train_epoch()` yields each step's
    summed loss and `validate()` returns loss and score, as the program's text has them.
    `names` are all that its text binds.
    """

    program: Program
    network: Network
    data: Mapping[str, Tensor]
    optimizer: torch.optim.Optimizer
    train_epoch: Callable[[], Iterator[float]]
    validate: Callable[[], tuple[float, float]]
    names: Names

    @property
    def scheduler(self) -> torch.optim.lr_scheduler.LRScheduler | None:
        """What changes the learning rate over the run, if it has a schedule."""
        return self.names.get("scheduler")

    @property
    def batch_size(self) -> int:
        """The rows of a batch, which `train_epoch` reads when an epoch begins."""
        return self.names["batch_size"]

    def set_batch_size(self, n_rows: int) -> None:
        """Sets the rows of a batch of the epochs to come."""
        self.names["batch_size"] = n_rows


def network_of(source: Source, names: Names) -> Network:
    """Returns the network that a text binds, with the tensors that it has."""
    model = names["model"]
    if isinstance(model, nn.Module):
        parameters: dict[str, Tensor] = dict(model.named_parameters())
        buffers = dict(model.named_buffers())
        tree = str(model)
    else:
        tensors = {k: value for k, value in names.items() if isinstance(value, Tensor)}
        parameters = {k: value for k, value in tensors.items() if value.requires_grad}
        buffers = {k: value for k, value in tensors.items() if k not in parameters}
        tree = _table(tensors)
    state, update = torch.get_rng_state(), names.get("update")
    return Network(source, model, parameters, buffers, tree, state, update)


def _table(tensors: dict[str, Tensor]) -> str:
    width = max(map(len, tensors), default=0)
    shapes = [str(tuple(tensor.shape)) for tensor in tensors.values()]
    rows = [
        f"{name:{width}}  {shape:{max(map(len, shapes))}}  "
        f"{'trained' if tensor.requires_grad else 'running statistic'}"
        for (name, tensor), shape in zip(tensors.items(), shapes)
    ]
    return "\n".join(rows) or "no tensors"
