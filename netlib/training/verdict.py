"""What the history of a run says in words: what went wrong, and what usually helps."""

from collections.abc import Sequence

from netlib.training.epoch import Epoch

RISE = 1.2
# Of the first validation loss: a smaller rise is one of a network that errs no more.
LEAST_RISE = 0.01


def verdict(history: Sequence[Epoch], baseline: float, constant_answer: str) -> str:
    """Returns what fell short in a run that has ended and what usually helps, else "".

    `baseline` is the score of always giving the `constant_answer`.
    """
    if not history:
        return ""
    said = []
    advice = "another learning rate, more epochs or more units"
    if history[-1].score <= baseline:
        said.append(f"No better than always answering {constant_answer}.")
    if rise := _rise(history):
        lowest, times = rise
        learns_by_heart = history[-1].loss <= lowest.loss
        why = ": overfitting" if learns_by_heart else ""
        said.append(
            f"The validation loss was lowest in epoch {lowest.number:,} and is "
            f"{times} that now{why}."
        )
        advice = (
            "fewer epochs, dropout, weight decay or fewer units"
            if learns_by_heart
            else "a lower learning rate"
        )
    return " ".join([*said, f"What usually helps: {advice}."]) if said else ""


def _rise(history: Sequence[Epoch]) -> tuple[Epoch, str] | None:
    """Returns the epoch of the lowest validation loss and how many times that it is now.

    Returns None where it has not risen clearly since.
    """
    lowest = min(history, key=lambda epoch: epoch.validation_loss)
    least, now = lowest.validation_loss, history[-1].validation_loss
    is_clear = now - least >= LEAST_RISE * history[0].validation_loss
    if now < RISE * least or now == least or not is_clear:
        return None
    times = f"{now / least:.2g} times" if now < 100 * least else "over 100 times"
    return lowest, times
