"""What usually helps a network that does not learn as it should: changes to begin with."""

from collections.abc import Callable
from typing import Any, NamedTuple

from netlib.experiment import Experiment
from netlib.spec.dense import Dropout
from netlib.spec.network import NetworkSpec, parse_widths
from netlib.training.limits import Limits

DROPPED = 0.2  # of the units
DECAY = 0.1
PATIENCE = 10  # epochs


class Beginning(NamedTuple):
    """What a run begins with."""

    experiment: Experiment
    limits: Limits


def hidden_activations(spec: NetworkSpec) -> list[int]:
    """Returns the indices of the activations before the last dense layer."""
    dense = [index for index, layer in enumerate(spec.layers) if layer.is_dense]
    before = spec.layers[: dense[-1]] if dense else ()
    return [index for index, layer in enumerate(before) if layer.is_activation]


def with_activation(spec: NetworkSpec, kind: str) -> NetworkSpec:
    """Returns the network with this activation in place of all hidden ones."""
    layers: list[Any] = list(spec.layers)
    for index in hidden_activations(spec):
        layers[index] = {"kind": kind}
    return spec.replace(layers=layers)


def _with_dropout(spec: NetworkSpec) -> NetworkSpec:
    layers: list[Any] = list(spec.layers)
    for index in reversed(hidden_activations(spec)):
        if layers[index + 1].kind != "Dropout":
            layers.insert(index + 1, Dropout(p=DROPPED))
    return spec.replace(layers=layers)


def _with_half_the_units(spec: NetworkSpec) -> NetworkSpec:
    first, *hidden, last = parse_widths(spec.title)
    halves = [max(1, width // 2) for width in hidden]
    return spec.with_widths([first, *halves, last])


def _network(
    change: Callable[[NetworkSpec], NetworkSpec],
) -> Callable[[Beginning], Beginning]:
    def cure(beginning: Beginning) -> Beginning:
        experiment = beginning.experiment
        changed = experiment.replace(spec=change(experiment.spec))
        return beginning._replace(experiment=changed)

    return cure


def _weight_decay(beginning: Beginning) -> Beginning:
    experiment = beginning.experiment
    plan = experiment.plan.replace(optimizer="adamw", weight_decay=DECAY)
    return beginning._replace(experiment=experiment.replace(plan=plan))


def _early_stopping(beginning: Beginning) -> Beginning:
    limits = beginning.limits
    patient = limits.replace(patience=limits.patience or PATIENCE)
    return beginning._replace(limits=patient)


CURES: dict[str, Callable[[Beginning], Beginning]] = {
    "weight decay": _weight_decay,
    "dropout": _network(_with_dropout),
    "half the units": _network(_with_half_the_units),
    "early stopping": _early_stopping,
    "LeakyReLU": _network(lambda spec: with_activation(spec, "LeakyReLU")),
}


def changes(name: str, beginning: Beginning) -> bool:
    """Tells whether a cure, by its name in CURES, makes another beginning of it."""
    return CURES[name](beginning) != beginning
