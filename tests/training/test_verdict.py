"""What is said of a run that fell short, by its history alone."""

import pytest

from netlib.training.epoch import Epoch
from netlib.training.verdict import verdict

FREQUENT = "the most frequent class"
NO_BETTER = "No better than always answering the most frequent class."
LEARN = "What usually helps: another learning rate, more epochs or more units."
LOWEST = "The validation loss was lowest in epoch"
STEADY = "What usually helps: a lower learning rate."
BY_HEART = "What usually helps: fewer epochs, dropout, weight decay or fewer units."


def history(*losses, score=0.9):
    """Returns epochs of these (training loss, validation loss)."""
    return [Epoch(k, *pair, score) for k, pair in enumerate(losses, start=1)]


GOOD = history((0.7, 0.7), (0.3, 0.35), (0.2, 0.3))


@pytest.mark.parametrize(
    ("epochs", "said"),
    {
        "nothing yet": ([], ""),
        "it learned": (GOOD, ""),
        "no better": (history((0.7, 0.7), (0.69, 0.69), score=0.5), f"{NO_BETTER} {LEARN}"),
        "worse": (history((0.7, 0.7), (0.69, 0.69), score=0.4), f"{NO_BETTER} {LEARN}"),
        "a small rise": (history((0.7, 0.7), (0.2, 0.3), (0.1, 0.35)), ""),
        "a clear rise": (
            history((0.7, 0.7), (0.2, 0.3), (0.1, 0.36)),
            f"{LOWEST} 2 and is 1.2 times that now: overfitting. {BY_HEART}",
        ),
        "by heart and no better": (
            history((0.7, 0.7), (0.2, 0.9), score=0.5),
            f"{NO_BETTER} {LOWEST} 1 and is 1.3 times that now: overfitting. {BY_HEART}",
        ),
        "both losses rise": (
            history((0.7, 0.7), (0.2, 0.3), (0.8, 0.9)),
            f"{LOWEST} 2 and is 3 times that now. {STEADY}",
        ),
        "next to nothing doubles": (history((0.7, 0.7), (0, 1e-6), (0, 2e-6)), ""),
        "from nothing": (
            history((0.7, 0.7), (0.1, 0), (0, 0.5)),
            f"{LOWEST} 2 and is over 100 times that now: overfitting. {BY_HEART}",
        ),
        "nothing at all": (history((0, 0), (0, 0)), ""),
    }.values(),
)  # fmt: skip
def test_what_fell_short_is_said_with_what_helps(epochs, said):
    assert verdict(epochs, 0.5, FREQUENT) == said
