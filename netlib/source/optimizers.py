"""Optimizers and schedules of the learning rate: how torch writes each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Optimizer:
    """An optimizer of `torch.optim`, by the name of its class.

    `options` are the fields of a plan that it takes, with torch's default, which is not
    written. `fused` tells that torch has one kernel for its whole step: 1.3 to 1.4 times
    as fast on a small network.
    """

    title: str
    options: Mapping[str, Any] = field(default_factory=dict)
    fused: bool = True

    def code(self, parameters: str, plan: Mapping[str, Any]) -> str:
        """Returns the expression that constructs it for a plan's fields."""
        arguments = [parameters, f"lr={plan['learning_rate']}"]
        arguments += [
            f"{name}={plan[name]}"
            for name, default in self.options.items()
            if plan[name] != default
        ]
        fused = ["fused=True"] if self.fused else []
        return f"torch.optim.{self.title}({', '.join([*arguments, *fused])})"


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes over a run.

    `code` constructs it from `optimizer`, with `{epochs}`, `{third}` of them, and
    `{learning_rate}`; `{n_batches}` is the expression for the steps of an epoch.
    """

    title: str
    code: str
    every_step: bool = False


OPTIMIZERS = {
    "adam": Optimizer("Adam"),
    "adamw": Optimizer("AdamW", {"weight_decay": 0.01}),
    "sgd": Optimizer("SGD", {"momentum": 0.0, "nesterov": False}),
    "rmsprop": Optimizer("RMSprop", fused=False),
}
CONSTANT = "constant"
SCHEDULES = {
    CONSTANT: None,
    "step": Schedule(
        "step: a tenth after each third of the epochs",
        "StepLR(optimizer, step_size={third}, gamma=0.1)",
    ),
    "cosine": Schedule(
        "cosine: down to 0", "CosineAnnealingLR(optimizer, T_max={epochs})"
    ),
    "one-cycle": Schedule(
        "one-cycle: up, then down",
        "OneCycleLR(optimizer, {learning_rate}, total_steps={epochs} * {n_batches})",
        every_step=True,
    ),
}
