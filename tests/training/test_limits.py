"""What ends a run before its last epoch."""

import pytest

from netlib.errors import SpecError
from netlib.training.epoch import Epoch
from netlib.training.limits import Limits

BEST = Epoch(7, 0.2, 0.3, 0.9)


@pytest.mark.parametrize(
    ("limits", "epoch", "seconds", "told"),
    [
        (Limits(), Epoch(50, 0.1, 0.9, 1.0), 1e6, ""),
        (Limits(target=0.95), Epoch(8, 0.1, 0.4, 0.94), 0, ""),
        (
            Limits(target=0.95),
            Epoch(8, 0.1, 0.4, 0.95),
            0,
            "Score 0.95 has reached 0.95.",
        ),
        (Limits(patience=3), Epoch(9, 0.1, 0.4, 0.9), 0, ""),
        (
            Limits(patience=3),
            Epoch(10, 0.1, 0.4, 0.9),
            0,
            "No lower validation loss in 3 epochs since epoch 7.",
        ),
        (Limits(seconds=60), BEST, 59.9, ""),
        (Limits(seconds=60), BEST, 60, "60 seconds of training are over."),
    ],
)
def test_a_limit_is_told_once_it_is_reached(limits, epoch, seconds, told):
    assert limits.reached(epoch, BEST, seconds) == told


def test_a_limit_that_cannot_be_is_refused():
    with pytest.raises(SpecError) as caught:
        Limits(patience=0)
    assert str(caught.value) == (
        "limits: expects epochs to wait from 1 to 100000, of at most 6 digits, got 0."
    )
