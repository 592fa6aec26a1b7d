"""Functions that scripts and notebooks carry as text; each stands alone."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import Any


def plan_parser(plan: dict[str, Any]) -> argparse.ArgumentParser:
    """Returns a parser for the options of the plan, with the plan's values as defaults."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    choices = {"optimizer": ["adam", "sgd"]}
    for name, value in plan.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(value),
            default=value,
            choices=choices.get(name),
            help=f"default: {value}",
        )
    return parser


def epoch_rows(
    events: Iterable[dict[str, Any]],
) -> Iterator[tuple[int, float, float, float]]:
    """Yields epoch, loss, validation loss and score; ends the program at NaN."""
    for event in events:
        if event["event"] == "diverged":
            place = f"in epoch {event['epoch']}"
            sys.exit(f"The loss is not finite {place}: lower the learning rate.")
        if event["event"] == "epoch":
            keys = ("epoch", "loss", "validation_loss", "score")
            yield tuple(event[key] for key in keys)


def show(
    rows: Iterable[tuple[int, float, float, float]],
) -> list[tuple[int, float, float, float]]:
    """Prints the rows as they come, to the last digit, and returns them."""
    print("epoch,loss,validation_loss,score")
    shown = []
    for row in rows:
        print(*row, sep=",", flush=True)
        shown.append(row)
    return shown


def compare(
    history: list[tuple[int, float, float, float]],
    expected: list[tuple[int, float, float, float]],
) -> str:
    """Says how far the first epochs are from those that are expected."""
    pairs = list(zip(history, expected))
    first = f"the first {len(pairs)} epochs, counted from 0"
    largest = max(abs(a - b) for row, other in pairs for a, b in zip(row, other))
    if largest == 0:
        return f"identical to the last bit: {first}"
    verdict = "close" if largest < 0.001 else "different"
    return f"{verdict}, largest difference {largest:.2g}: {first}"
