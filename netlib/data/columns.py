"""What the columns of a table are taken for, and in words why."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from netlib.data.csv_file import quoted
from netlib.errors import DataError, shorten

MAX_CATEGORIES = 100
MAX_WHOLE_NUMBER_CLASSES = 20
MAX_PREPARED_VALUES = 10_000_000
MAX_MAGNITUDE = 1e30
MIN_ROWS = 4

_OTHER_COLUMN = "Leave this column out; if it is the target, choose another."


def choose_features(
    frame: pd.DataFrame, target: str, left_out: Sequence[str]
) -> pd.DataFrame:
    """Returns the columns that tell apart the rows with a target.

    Raises DataError where none does.
    """
    features = frame.dropna(subset=[target]).drop(columns=[target, *left_out])
    distinct = features.nunique()
    is_text = features.columns.isin(categories_of(features))
    # A text and nothing else differs from no text: missing is a category.
    constant = (distinct == 1) & (~is_text | features.notna().all())
    chosen = features.loc[:, (distinct > 0) & ~constant]
    if chosen.empty:
        rule = "a feature column with at least 2 different values"
        raise DataError("CSV file", rule, "none", "Leave fewer out, or add one.")
    return chosen


def categories_of(features: pd.DataFrame) -> list[str]:
    """Returns the names of the columns that hold no numbers."""
    numbers = set(features.select_dtypes("number").columns)
    return [name for name in features.columns if name not in numbers]


def find_task(target: pd.Series) -> tuple[str, str]:
    """Returns the task and a sentence on why; raises DataError for no such target."""
    where, n_distinct = f"target {quoted(target.name)}", target.nunique()
    if len(target) < MIN_ROWS:
        rule = f"at least {MIN_ROWS} rows with a value"
        raise DataError(where, rule, str(len(target)), "Add rows, or values.")
    if n_distinct < 2:
        found = f"{quoted(target.iloc[0])} in every row"
        raise DataError(where, "different values", found, "Choose another target.")
    holds = f"The {where} holds {n_distinct:,} different"
    numbers = pd.to_numeric(target, errors="coerce").astype(float)
    whole = numbers.isna() | ((numbers % 1 == 0) & (numbers.abs() < 2**53))
    few = numbers.nunique() <= min(MAX_WHOLE_NUMBER_CLASSES, len(target) // 2)
    if numbers.count() > len(target) / 2 and not (few and whole.all()):
        _check_numbers(target)
        return "regression", f"{holds} numbers: regression."
    _check_categories(target)
    return "binary" if n_distinct == 2 else "multiclass", f"{holds} values: classes."


def left_out_notes(others: pd.DataFrame) -> list[str]:
    """Says why these columns do not tell rows apart."""
    has_value = others.notna().any()
    notes = []
    for why, left in ("no value", ~has_value), ("one value only", has_value):
        if left.any():
            names = shorten(", ".join(others.columns[left]), 200)
            notes.append(f"Left out, because of {why}: {names} ({left.sum():,}).")
    return notes


def unusable_features(features: pd.DataFrame) -> dict[str, DataError]:
    """Returns the columns that can't be prepared, each with the reason."""
    text = features[categories_of(features)]
    numbers = features.drop(columns=text.columns)
    beyond = np.abs(numbers.to_numpy(float)) > MAX_MAGNITUDE
    checks = dict.fromkeys(numbers.columns[beyond.any(axis=0)], _check_numbers)
    checks |= dict.fromkeys(text.columns, _check_categories)
    reasons = {}
    for name, check in checks.items():
        try:
            check(features[name])
        except DataError as error:
            reasons[name] = error
    return reasons


def preparation_note(features: pd.DataFrame) -> str:
    """Says how the columns are prepared; raises DataError for one that can't be."""
    if reasons := unusable_features(features):
        first, *others = reasons.values()
        if others:
            names = shorten(", ".join(map(quoted, list(reasons)[1:])), 200)
            advice = f"{first.advice} The same holds of {names}."
            raise DataError(first.where, first.rule, first.value, advice)
        raise first
    text = features[categories_of(features)]
    numbers = features.drop(columns=text.columns)
    n_inputs = numbers.shape[1] + text.nunique().sum()
    if len(features) * n_inputs > MAX_PREPARED_VALUES:
        rule = f"at most {MAX_PREPARED_VALUES:,} prepared values"
        found = f"{len(features):,} rows of {n_inputs:,}"
        raise DataError("CSV file", rule, found, "Keep fewer rows or columns.")
    gaps = f"{numbers.isna().sum().sum():,.0f} missing: the training part's median"
    text_gaps = f"{text.isna().sum().sum():,.0f} missing: a category of their own"
    kinds = f"{numbers.shape[1]:,} of numbers, standardised ({gaps})"
    return f"Features: {kinds}; {text.shape[1]:,} of text, one-hot ({text_gaps})."


def _check_numbers(column: pd.Series) -> None:
    size = pd.to_numeric(column, errors="coerce").astype(float).abs()
    wrong = column[column.notna() & ~(size <= MAX_MAGNITUDE)]
    if len(wrong):
        where = f"column {quoted(column.name)}, line {wrong.index[0]}"
        rule = "a number between -1e30 and 1e30, as in most rows"
        advice = f"Correct or empty this cell. {_OTHER_COLUMN}"
        raise DataError(where, rule, quoted(wrong.iloc[0]), advice)


def _check_categories(column: pd.Series) -> None:
    if (n_distinct := column.nunique()) > MAX_CATEGORIES:
        is_text = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        first = int(is_text.argmax())
        where = f"column {quoted(column.name)}, line {column.index[first]}"
        rule = f"numbers, or at most {MAX_CATEGORIES} different texts"
        found = f"{quoted(column.iloc[first])} and {n_distinct - 1:,} others"
        raise DataError(where, rule, found, _OTHER_COLUMN)
