"""Which inputs a network needs: how far its score falls once one of them is shuffled."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from netlib.model.given import inputs_by_column
from netlib.model.network import RunningProgram
from netlib.model.probe import Probe

MOST_INPUTS, MOST_ROWS, N_SHUFFLES = 100, 1000, 3
FEWEST_ROWS = 20
MOST_WORK = 2 * 10**9  # multiplications: next to a second

# Of answers and true targets.
Score = Callable[[Tensor, Tensor], float]


class Input(NamedTuple):
    """A feature by its name, and its columns of a row from `start` up to `end`."""

    name: str
    start: int
    end: int


class Importance(NamedTuple):
    """By how much the score falls without an input, over some shuffles."""

    name: str
    mean: float
    deviation: float


def importances(
    probe: Probe, weights: Mapping[str, Tensor], score: Score
) -> list[Importance]:
    """Returns the permutation importance of each input, the greatest first.

    It is taken of the first 100 inputs, on at most 1000 of the rows kept back and on fewer
    for a large network; a very large one has none. The shuffles are the same each time,
    and draw on a generator of their own.
    """
    inputs = list(_inputs(probe.running))[:MOST_INPUTS]
    n_parameters = probe.running.program.source.spec.n_parameters
    n_rows = min(MOST_ROWS, MOST_WORK // (N_SHUFFLES * len(inputs) * n_parameters))
    if n_rows < FEWEST_ROWS:
        return []
    rows, truth = (probe.data[name][:n_rows] for name in ("X_val", "y_val"))
    generator = np.random.default_rng(0)
    orders = [generator.permutation(len(rows)) for _ in range(N_SHUFFLES)]
    whole = score(probe.answers(weights, rows), truth)
    found = []
    for each in inputs:
        shuffled = [_shuffled(rows, each, torch.from_numpy(o)) for o in orders]
        falls = [whole - score(probe.answers(weights, r), truth) for r in shuffled]
        mean, deviation = round(np.mean(falls), 5), round(np.std(falls), 5)
        found.append(Importance(each.name, float(mean), float(deviation)))
    return sorted(found, key=lambda importance: -importance.mean)


def _shuffled(rows: Tensor, each: Input, order: Tensor) -> Tensor:
    flat = rows.flatten(1).clone()
    flat[:, each.start : each.end] = flat[order, each.start : each.end]
    return flat.reshape(rows.shape)


def _inputs(running: RunningProgram) -> Iterator[Input]:
    """Yields the inputs of a program: a category has a column for each of its texts."""
    start = 0
    for name, inputs in inputs_by_column(running).items():
        yield Input(name, start, start + len(inputs))
        start += len(inputs)
