"""The network on the page: built once a session and design, and its layers' weights."""

import gc
import math
from dataclasses import replace

from netlib.errors import SizeError
from netlib.experiment import Experiment
from netlib.figures import Column, layer_color
from netlib.jobs.kept import SavedWeights
from netlib.jobs.run import Run
from netlib.model.builder import build
from netlib.model.network import Network
from netlib.model.structure import layer_tensors
from netlib.model.weights import Array, array
from netlib.source.styles import Source
from netlib.spec.network import NetworkSpec
from netlib.training.record import RunRecord
from pages.frame.session import session

LARGE_BYTES = 10_000_000

# For each layer its arrays by weight name, such as "weight" and "bias".
LayerWeights = tuple[dict[str, Array], ...]


def built(source: Source, seed: int) -> Network | SizeError:
    """Returns the network of `source`, or why it is not built."""
    key = (source.text, seed)
    old_key, old = session().built
    if old_key != key:
        if isinstance(old, Network) and old.source.spec.n_bytes > LARGE_BYTES:
            # A model and its program refer to each other: only a collection frees them.
            del old
            session().built = (None, None)
            gc.collect()
        try:
            session().built = (key, build(source, seed))
        except SizeError as error:
            session().built = (key, error)
    return session().built[1]


def trained_weights(run: Run | None, experiment: Experiment) -> SavedWeights | None:
    """Returns the latest weights of this experiment's network, None if there are none.

    Their names are those of the experiment's style, whichever style was trained.
    """
    saved = run.weights() if run and trains(run, experiment) else None
    if run is None or saved is None or run.experiment.style == experiment.style:
        return saved
    record = RunRecord(run.experiment, weights=saved.arrays).in_style(experiment.style)
    return SavedWeights(saved.epoch, dict(record.weights))


def layer_weights(network: Network, trained: SavedWeights | None) -> LayerWeights:
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


def moment(trained: SavedWeights | None) -> str:
    """Returns in words which weights these are."""
    return f"after epoch {trained.epoch:,}" if trained else "before training"


def trains(run: Run, experiment: Experiment) -> bool:
    """Tells whether `run` trains this very network, in whatever style."""
    trained = run.experiment
    return (trained.spec, trained.seed) == (experiment.spec, experiment.seed)


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
    for stage in spec.stages:
        if stage.layer.is_activation and len(drawn) > 1:
            subtitle = f"{drawn[-1].subtitle} + {stage.layer.kind}"
            drawn[-1] = replace(drawn[-1], subtitle=subtitle)
            continue
        dense = stage.layer.is_dense
        if dense:  # it works on the last dimension alone
            drawn[-1] = replace(drawn[-1], n_units=stage.input_shape[-1])
        shape = stage.output_shape[-1:] if dense else stage.output_shape
        weight = weights[stage.index].get("weight") if weights and dense else None
        color = layer_color(stage.index)
        kind, units = stage.layer.kind, math.prod(shape)
        drawn.append(Column(stage.name, kind, units, stage.index, color, dense, weight))
    return drawn
