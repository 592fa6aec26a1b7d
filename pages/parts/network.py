"""The network on the page: built once a session and design, and its layers' weights."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from netlib.builder import Network, build
from netlib.errors import SizeError
from netlib.figures import Column, layer_color
from netlib.runs import Run
from netlib.spec import NetworkSpec
from netlib.styles import Source
from netlib.weights import Array, array, layer_tensors
from pages.parts.state import STATE

# For each layer its arrays by weight name, such as "weight" and "bias".
LayerWeights = tuple[dict[str, Array], ...]


def built(source: Source, seed: int) -> Network | SizeError:
    """Returns the network of `source`, or why it is not built."""
    key = (source.text, seed)
    if STATE.get("built", (None,))[0] != key:
        try:
            STATE["built"] = (key, build(source, seed))
        except SizeError as error:
            STATE["built"] = (key, error)
    return STATE["built"][1]


@dataclass(frozen=True)
class Trained:
    """The latest weights of a run, by tensor name, and the epoch they are of."""

    epoch: int
    arrays: Mapping[str, Array]


def trained_weights(network: Network, run: Run | None) -> Trained | None:
    """Returns the latest weights of this very network, or None if none are trained."""
    arrays = run.weights() if run and trains(run, network) else None
    if run is None or arrays is None:
        return None
    return Trained(run.snapshot().weights_epoch or 0, arrays)


def layer_weights(network: Network, trained: Trained | None) -> LayerWeights:
    """Returns the weights by layer: the trained ones, else as drawn from the seed."""
    tensors = network.parameters | network.buffers
    arrays = (
        trained.arrays
        if trained
        else {name: array(tensor) for name, tensor in tensors.items()}
    )
    return tuple(
        {weight: arrays[name] for weight, name in names.items()}
        for names in layer_tensors(network)
    )


def moment(trained: Trained | None) -> str:
    """Returns in words which weights these are."""
    return f"after epoch {trained.epoch:,}" if trained else "before training"


def trains(run: Run, network: Network) -> bool:
    """Tells whether `run` trains this network: same design, style and seed."""
    source, seed = network.source, STATE["experiment"].seed
    same = (run.experiment.spec, run.experiment.style, run.experiment.seed)
    return same == (source.spec, source.style, seed)


def column_of(spec: NetworkSpec, lit: int | None) -> int | None:
    """Returns the layer whose column shows layer `lit`: an activation is its layer's."""
    while lit and spec.layers[lit].is_activation:
        lit -= 1
    return lit


def columns(spec: NetworkSpec, weights: LayerWeights | None) -> list[Column]:
    """Returns the columns of the diagram: the input, then each layer with its activation."""
    drawn = [
        Column("input", "", math.prod(spec.input_shape), None, "#8a94a0", dense=False)
    ]
    for step in spec.steps:
        if step.layer.is_activation and len(drawn) > 1:
            subtitle = f"{drawn[-1].subtitle} + {step.layer.kind}"
            drawn[-1] = replace(drawn[-1], subtitle=subtitle)
            continue
        dense = bool(step.layer.size_field)
        weight = weights[step.index].get("weight") if weights and dense else None
        drawn.append(
            Column(
                step.name,
                step.layer.kind,
                math.prod(step.output_shape),
                step.index,
                layer_color(step.index),
                dense,
                weight,
            )
        )
    return drawn
