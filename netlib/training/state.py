"""Everything that the next step of a program depends on, put down and restored."""

import json
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from netlib.errors import WeightsError
from netlib.model.network import RunningProgram
from netlib.training.change import Change

WEIGHTS, MOMENTS, GENERATOR = "weights.", "optimizer.", "generator"


@dataclass(frozen=True, eq=False)
class State:
    """Weights, the optimizer's moments, torch's generator and the settings of a moment.

    The moment is the start of an epoch; `epoch` counts those before it.
    """

    epoch: int
    tensors: dict[str, Tensor]
    settings: dict[str, Any]

    @property
    def n_bytes(self) -> int:
        """The memory that the tensors take."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    @property
    def weights(self) -> dict[str, Tensor]:
        """The parameters and buffers by name."""
        return _part(self.tensors, WEIGHTS)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A state, how many turns were taken since, and the changes before which turn."""

    state: State
    turns: int = 0
    changes: tuple[tuple[int, Change], ...] = ()

    def to_bytes(self) -> bytes:
        """Returns it as a safetensors file, whose metadata is JSON."""
        facts = {
            "epoch": self.state.epoch,
            "settings": self.state.settings,
            "turns": self.turns,
            "changes": [(turn, dict(change)) for turn, change in self.changes],
        }
        return save(self.state.tensors, {"checkpoint": json.dumps(facts)})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Checkpoint":
        """Reads what `to_bytes` wrote."""
        n_bytes = int.from_bytes(
            content[:8], "little"
        )  # of the header, as the format has it
        header = json.loads(content[8 : 8 + n_bytes])
        facts = json.loads(header["__metadata__"]["checkpoint"])
        changes = [(turn, Change(**fields)) for turn, fields in facts["changes"]]
        state = State(facts["epoch"], load(content), facts["settings"])
        return cls(state, facts["turns"], tuple(changes))


def capture(running: RunningProgram, epoch: int) -> State:
    """Returns a copy of the state after `epoch` epochs; draws no random number."""
    moments = running.optimizer.state_dict()
    tensors = {
        f"{WEIGHTS}{name}": tensor.detach().clone()
        for name, tensor in running.network.tensors.items()
    }
    for place, named in moments["state"].items():
        for name, value in named.items():
            tensors[f"{MOMENTS}{place}.{name}"] = value.clone()
    settings = {
        "groups": moments["param_groups"],
        "scheduler": running.scheduler and running.scheduler.state_dict(),
        "batch_size": running.batch_size,
    }
    return State(epoch, tensors | {GENERATOR: torch.get_rng_state()}, settings)


def restore(running: RunningProgram, state: State) -> None:
    """Puts everything back; raises WeightsError where the network is another."""
    restore_weights(running, state, state.weights)
    restore_moments(running, state, state.settings["groups"])
    if running.scheduler:
        running.scheduler.load_state_dict(dict(state.settings["scheduler"]))
    running.set_batch_size(state.settings["batch_size"])


def restore_weights(
    running: RunningProgram, state: State, weights: dict[str, Tensor]
) -> None:
    """Puts weights, those of a state by this network's names, and its generator back.

    Raises WeightsError where the network is another.
    """
    _check_same(running.network.tensors, weights)
    with torch.no_grad():
        for name, tensor in running.network.tensors.items():
            tensor.copy_(weights[name])
    torch.set_rng_state(state.tensors[GENERATOR])


def restore_moments(
    running: RunningProgram, state: State, groups: list[dict[str, Any]]
) -> None:
    """Puts the optimizer's moments back, with the settings of `groups`."""
    moments: dict[int, dict[str, Tensor]] = {}
    for place, tensor in _part(state.tensors, MOMENTS).items():
        number, _, name = place.partition(".")
        moments.setdefault(int(number), {})[name] = tensor.clone()
    # JSON knows no tuples, and torch unpacks them.
    as_torch = [
        {name: tuple(v) if name == "betas" else v for name, v in group.items()}
        for group in groups
    ]
    running.optimizer.load_state_dict({"state": moments, "param_groups": as_torch})


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _check_same(tensors: dict[str, Tensor], weights: dict[str, Tensor]) -> None:
    wanted, found = (
        {name: tuple(tensor.shape) for name, tensor in named.items()}
        for named in (tensors, weights)
    )
    if wanted != found:
        raise WeightsError("checkpoint", f"the tensors {wanted}", found)
