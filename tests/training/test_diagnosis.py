"""What is said of a run that goes wrong, and of one that does not."""

import pytest

from netlib.training.diagnosis import LayerHealth, diagnose
from netlib.training.epoch import Epoch

WELL = LayerHealth("fc1", 0.1, 0.01, 0.0, 0.05, (1, 2))
LAST = LayerHealth("fc2", 0.1, 0.01, None, None, ())


def history(losses, validation_losses=None):
    pairs = zip(losses, validation_losses or losses)
    return [Epoch(n, loss, other, 0.9) for n, (loss, other) in enumerate(pairs, 1)]


FALLING = history([1 / n for n in range(1, 20)])
FLAT = history([0.7] * 10)


def only(found):
    (finding,) = found
    return finding


def test_a_run_that_learns_is_left_alone():
    assert diagnose(FALLING, [WELL, LAST], 0.01, 0.5) == []
    assert diagnose([], [WELL, LAST], 0.01, None) == []


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            WELL._replace(silent=0.5),
            "50% of the units of fc1 say the same for every row: "
            + "they learn nothing any more.",
        ),
        (
            WELL._replace(saturated=0.9),
            "90% of the values of fc1 are at the ends of their range, "
            + "where hardly any gradient passes (saturation).",
        ),
    ],
)
def test_units_that_learn_no_more_are_told(layer, said):
    assert only(diagnose(FALLING, [layer, LAST], 0.01, None)).said == said


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_told():
    losses = [1 / n for n in range(1, 13)]
    validation = [0.9, 0.5, *(0.5 + 0.03 * n for n in range(1, 11))]
    found = only(diagnose(history(losses, validation), [WELL], 0.01, None))
    assert found.said == (
        "The validation loss rises since epoch 2 while the training loss falls: the "
        "network learns the rows by heart (overfitting)."
    )
    assert found.helps == (
        "dropout, weight decay, fewer units, to stop early, or the weights of epoch 2"
    )
    assert found.cures == (
        "dropout",
        "weight decay",
        "half the units",
        "early stopping",
    )
    assert diagnose(history(validation, validation), [WELL], 0.01, None) == []


def test_a_learning_rate_that_does_not_fit_is_told_with_a_better_one():
    high = only(diagnose(FLAT, [WELL._replace(update=0.2), LAST], 0.5, None))
    assert high.said == (
        "A step changes the weights of fc1 by 20%, and the training loss does not fall: "
        "the learning rate is too high."
    )
    assert (high.cures, high.learning_rate) == ((), 0.05)
    low = only(diagnose(FLAT, [WELL._replace(update=1e-5)], 1e-5, None))
    assert low.said == (
        "A step changes no layer's weights by more than 1e-05 of them, and the training "
        "loss hardly falls: the learning rate is too low."
    )
    assert low.learning_rate == 1e-4


def test_unequal_classes_are_told():
    assert only(diagnose(FALLING, [WELL], 0.01, 0.9)).said == (
        "90% of the rows kept back are of one class: an accuracy of 0.90 is no "
        "achievement."
    )
