"""What an epoch gave: one value for the loop, for messages, pages and exports."""

from typing import NamedTuple


class Epoch(NamedTuple):
    """What an epoch gave: its number from 1, mean training loss, validation, score.

    The training loss is the mean over the rows of the epoch, each as its batch had it.
    """

    number: int
    loss: float
    validation_loss: float
    score: float
