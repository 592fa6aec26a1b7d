"""What is said of a run that goes wrong, and of one that does not."""

from math import nan

import pytest

from netlib.source.tasks import TASKS
from netlib.training.diagnosis import LayerHealth, diagnose
from netlib.training.epoch import Epoch

WELL = LayerHealth("fc1", 0.1, 0.01, 0.0, 0.05, (1, 2))
LAST = LayerHealth("fc2", 0.1, 0.01, None, None, ())


def history(losses, validation_losses=None):
    pairs = zip(losses, validation_losses or losses)
    return [Epoch(n, loss, other, 0.9) for n, (loss, other) in enumerate(pairs, 1)]


BINARY = TASKS["binary"]
FALLING = history([1 / n for n in range(1, 20)])
FLAT = history([0.7] * 10)


def only(found):
    (finding,) = found
    return finding


def test_a_run_that_learns_is_left_alone():
    assert diagnose(FALLING, [WELL, LAST], 0.01, BINARY, 0.5, is_over=True) == []
    assert diagnose([], [WELL, LAST], 0.01, BINARY, 0.5, is_over=True) == []


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
    assert only(diagnose(FALLING, [layer, LAST], 0.01)).said == said


def test_a_network_that_learns_by_heart_is_told_with_what_helps():
    losses = [1 / n for n in range(1, 13)]
    validation = [0.9, 0.5, *(0.5 + 0.03 * n for n in range(1, 11))]
    found = only(diagnose(history(losses, validation), [WELL], 0.01))
    assert found.name == "Overfitting since epoch 2"
    assert found.text == (
        "The validation loss was lowest in epoch 2 and has risen to 1.5 times that, while "
        "the training loss fell: the network learns the rows by heart (overfitting). What "
        "usually helps: dropout, weight decay, half the units, early stopping, the weights "
        "of epoch 2."
    )
    cures = ("dropout", "weight decay", "half the units", "early stopping")
    assert (found.cures, found.epoch) == (cures, 2)


LOWEST = "The validation loss was lowest in epoch 2 and has risen to"
SLOWER = "What usually helps: a lower learning rate."


@pytest.mark.parametrize(
    ("losses", "validation_losses", "said"),
    {
        "a small rise": ((0.7, 0.2, 0.1), (0.7, 0.3, 0.35), ""),
        "a rise of little": ((0.9, 0.2, 0.1), (0.9, 0.05, 0.1), ""),
        "both losses rise": ((0.7, 0.2, 0.8), (0.7, 0.3, 0.9), f"{LOWEST} 3 times that. {SLOWER}"),
        "next to nothing doubles": ((0.7, 0, 0), (0.7, 1e-6, 2e-6), ""),
        "from nothing": ((0.7, 0.1, 0.8), (0.7, 0, 0.5), f"{LOWEST} over 100 times that. {SLOWER}"),
        "nothing at all": ((0, 0), (0, 0), ""),
        "no number": ((0.7, 0.2, nan), (0.7, 0.3, nan), ""),
    }.values(),
)  # fmt: skip
def test_a_rise_is_told_at_the_end_where_it_is_clear(losses, validation_losses, said):
    epochs = history(losses, validation_losses)
    found = diagnose(epochs, [], 0.01, BINARY, 0.5, is_over=True)
    assert " ".join(finding.text for finding in found) == said
    assert diagnose(epochs, [], 0.01, BINARY, 0.5) == []  # it may yet fall


def test_one_high_epoch_at_the_end_is_no_rise():
    validation = [0.9, *[0.5] * 10, 0.3, 0.3, 0.3, 0.3, 0.3, 0.5]
    losses = [1 / n for n in range(1, 18)]
    assert diagnose(history(losses, validation), [], 0.01, is_over=True) == []


@pytest.mark.parametrize("score", [0.4, 0.5])
def test_a_network_no_better_than_guessing_is_told_at_the_end(score):
    epochs = [Epoch(n, 0.69, 0.69, score) for n in (1, 2)]
    assert diagnose(epochs, [], 0.01, BINARY, 0.5) == []
    assert only(diagnose(epochs, [], 0.01, BINARY, 0.5, is_over=True)).text == (
        "No better than always answering the most frequent class. What usually helps: "
        "another learning rate, more epochs or more units."
    )
    assert diagnose(epochs, [], 0.01, BINARY, 0.39, is_over=True) == []


def test_a_learning_rate_that_does_not_fit_is_told_with_a_better_one():
    high = only(diagnose(FLAT, [WELL._replace(update=0.2), LAST], 0.5))
    assert high.said == (
        "A step changes the weights of fc1 by 20%, and the training loss does not fall: "
        "the learning rate is too high."
    )
    assert (high.cures, high.learning_rate) == ((), 0.05)
    low = only(diagnose(FLAT, [WELL._replace(update=1e-5)], 1e-5))
    assert low.said == (
        "A step changes no layer's weights by more than 1e-05 of them, and the training "
        "loss hardly falls: the learning rate is too low."
    )
    assert low.learning_rate == 1e-4


def test_unequal_classes_are_told():
    assert only(diagnose(FALLING, [WELL], 0.01, BINARY, 0.9)).said == (
        "90% of the rows kept back are of one class: an accuracy of 0.90 is no "
        "achievement."
    )
