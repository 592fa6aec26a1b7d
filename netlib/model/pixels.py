"""Rows of pixels as a network answers them, and its first layer's weights over them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from netlib.data.examples import EXAMPLES
from netlib.model.probe import Probe

MOST_PICTURES = 12  # of right answers, and of wrong ones
MOST_FILTERS = 32


class Picture(NamedTuple):
    """A row of pixels, the class that it is and the one that is answered."""

    pixels: tuple[float, ...]
    label: int
    answer: int


def picture_side(probe: Probe) -> int:
    """Returns how many pixels wide and high the rows are, 0 where they are no pictures."""
    example = EXAMPLES.get(probe.running.program.experiment.data.name)
    return example.image_side if example else 0


def answered_pictures(
    probe: Probe, chances: NDArray[np.float64], labels: NDArray[np.int64]
) -> dict[str, list[Picture]]:
    """Returns some "right" and some "wrong" answers, those given the surest first.

    `chances` are (n, n_classes) for the rows kept back, `labels` (n,) what they are.
    """
    answers = chances.argmax(1)
    surest_first = np.argsort(-chances.max(1), kind="stable")
    is_right = (answers == labels)[surest_first]
    rows = probe.data["X_val"].flatten(1).numpy()
    pixels = probe.running.names["scaler"].inverse_transform(rows).round(2)
    return {
        name: [
            Picture(tuple(pixels[row].tolist()), int(labels[row]), int(answers[row]))
            for row in surest_first[chosen][:MOST_PICTURES]
        ]
        for name, chosen in (("right", is_right), ("wrong", ~is_right))
    }


def filters(probe: Probe, weights: Mapping[str, Tensor]) -> list[Any]:
    """Returns the weights of each unit of the first layer, if it is over pixels itself."""
    side, blocks = picture_side(probe), probe.blocks
    if not side or blocks[0].n_inputs != side**2:
        return []
    units = weights[blocks[0].weight][:MOST_FILTERS].detach().cpu().double()
    return units.numpy().round(4).tolist()
