"""Where a score on a data set means little, or less than it seems."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from netlib.data.csv_lines import quoted
from netlib.data.loader import Dataset
from netlib.data.table import Table
from netlib.errors import shorten

FEWEST_ROWS = 20
FEWEST_OF_A_CLASS = 2
UNEQUAL = 10
NEARLY_EQUAL = 0.99
ROWS_LOOKED_AT = 2_000


def cautions_on(dataset: Dataset, share: float, seed: int) -> Iterator[str]:
    """Yields what a person should know before a score is believed.

    Raises DataError for a split that leaves too few rows.
    """
    n_held = math.ceil(share * dataset.n_rows)
    if n_held < FEWEST_ROWS:
        rows = f"{n_held} row{'s' * (n_held != 1)}"
        yield f"A score on {rows} kept back means little; {FEWEST_ROWS} tell more."
    if dataset.table and dataset.table.has_classes:
        yield from _rare_classes(dataset, dataset.table.target, share, seed)
        yield from _unequal_classes(dataset.table.target)
    if dataset.table:
        yield from _leaks(dataset.table)


def _rare_classes(
    dataset: Dataset, target: pd.Series, share: float, seed: int
) -> Iterator[str]:
    training, held = dataset.split(target, share, seed)
    counts = pd.DataFrame({"training": training.value_counts()})
    counts["held"] = held.value_counts()
    counts = counts.reindex(target.unique()).fillna(0)
    rare = counts.index[(counts < FEWEST_OF_A_CLASS).any(axis=1)]
    if len(rare):
        names = shorten(", ".join(map(quoted, rare)))
        yield (
            f"Fewer than {FEWEST_OF_A_CLASS} rows to train on, or kept back, of "
            f"{len(rare):,} of {len(counts):,} classes: {names}."
        )


def _unequal_classes(target: pd.Series) -> Iterator[str]:
    shares = target.value_counts(normalize=True)
    if shares.iloc[0] >= UNEQUAL * shares.iloc[-1]:
        most, least = quoted(shares.index[0]), quoted(shares.index[-1])
        yield (
            f"The classes are very unequal: {most} in {shares.iloc[0]:.1%} of the rows, "
            f"{least} in {shares.iloc[-1]:.1%}. Always to answer {most} is right as often."
        )


def _leaks(table: Table) -> Iterator[str]:
    step = math.ceil(len(table.target) / ROWS_LOOKED_AT)
    features, target = table.features.iloc[::step], table.target.iloc[::step]
    tells = _tells_class if table.has_classes else _tells_number
    found = [name for name in features if tells(features[name], target)]
    if found:
        names = shorten(", ".join(map(quoted, found)))
        yield (
            f"Nearly equal to the target, or known only after it: {names}. "
            "Leave it out unless it will be there when you predict."
        )


def _tells_number(feature: pd.Series, target: pd.Series) -> bool:
    """Tells whether a feature puts the rows into the order of the target."""
    if not pd.api.types.is_numeric_dtype(feature):
        return False
    with np.errstate(invalid="ignore"):
        return abs(feature.rank().corr(target.rank())) > NEARLY_EQUAL


def _tells_class(feature: pd.Series, target: pd.Series) -> bool:
    """Tells whether a feature has a value, or a range, of its own for each class."""
    values, _ = pd.factorize(feature, use_na_sentinel=False)
    classes, names = pd.factorize(target)
    if values.max() < 2 * len(names):
        counts = np.bincount(values * len(names) + classes)
        largest = np.maximum.reduceat(counts, np.arange(0, len(counts), len(names)))
        return bool(largest.sum() > NEARLY_EQUAL * len(classes))
    if not pd.api.types.is_numeric_dtype(feature):
        return False
    in_order = classes[feature.argsort()]
    return bool((np.diff(in_order) != 0).sum() == len(names) - 1)
