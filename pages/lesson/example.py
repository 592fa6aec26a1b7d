"""The article's network in each way: what the steps show and ask about."""

from functools import cache

from netlib.experiment import Experiment
from netlib.model.builder import build
from netlib.model.network import Network
from netlib.model.structure import layer_tensors, tree_layers
from netlib.source.styles import generate
from netlib.spec.network import NetworkSpec

FIVE_WAYS = ("manual", "subclass", "sequential", "ordered_dict", "mixed")
SPEC = Experiment().spec
# One more layer, after the first activation.
LONGER = SPEC.replace(layers=[*SPEC.layers[:2], {"kind": "Dropout"}, *SPEC.layers[2:]])


@cache
def network(style: str, spec: NetworkSpec = SPEC) -> Network:
    """Returns the network in a style; it is everybody's, and nobody trains it."""
    return build(generate(spec, style), Experiment().seed)


def place(name: str, spec: NetworkSpec = SPEC) -> int:
    """Returns the index of a layer."""
    return [step.name for step in spec.stages].index(name)


def printed_layers(style: str) -> list[str]:
    """Returns the names of the layers that the printed tree shows."""
    shown = {index for line in tree_layers(network(style)) for index in line}
    return [step.name for step in SPEC.stages if step.index in shown]


def key_of_weight(style: str, layer: str) -> str:
    """Returns the name under which a style keeps the weight of a layer."""
    return layer_tensors(network(style))[place(layer)]["weight"]


def joined(names: list[str]) -> str:
    """Returns names in one phrase: `fc1, fc2 and fc3`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
