"""What is asked of a target: to tell classes, or to find a number."""

import pandas as pd

from netlib.data.columns import DATE, MOSTLY, Column
from netlib.data.csv_lines import quoted
from netlib.data.readings import CATEGORY
from netlib.data.roles import MAX_CATEGORIES
from netlib.errors import DataError

MAX_WHOLE_NUMBER_CLASSES = 20
MAX_MAGNITUDE = 1e30
MIN_ROWS = 4

_OTHER_TARGET = "Choose another target."


def find_task(column: Column, wish: str) -> tuple[str, str]:
    """Returns the task and a sentence on why; raises DataError for no such target.

    `wish` is "classes" or "regression", or "auto" for what the values suggest.
    """
    target = column.values.dropna()
    if column.kind == DATE:
        where, advice = f"target {quoted(column.name)}", _OTHER_TARGET
        raise DataError(where, "numbers or classes", "dates", advice)
    where, n_distinct = f"target {quoted(column.name)}", target.nunique()
    if len(target) < MIN_ROWS:
        rule = f"at least {MIN_ROWS} rows with a value"
        raise DataError(where, rule, str(len(target)), "Add rows, or values.")
    if n_distinct < 2:
        found = f"{quoted(target.iloc[0])} in every row"
        raise DataError(where, "different values", found, _OTHER_TARGET)
    holds = f"The {where} holds {n_distinct:,} different"
    by_hand = "" if wish == "auto" else ", as chosen"
    if _is_regression(column, target, wish):
        check_magnitude(target)
        return "regression", f"{holds} numbers: regression{by_hand}."
    _check_classes(target, where)
    task = "binary" if n_distinct == 2 else "multiclass"
    return task, f"{holds} values: classes{by_hand}."


def _is_regression(column: Column, target: pd.Series, wish: str) -> bool:
    if wish == "auto":
        return column.kind != CATEGORY and not _has_few_whole_numbers(target)
    if wish == "regression" and column.kind == CATEGORY:
        where, found = f"target {quoted(column.name)}", quoted(target.iloc[0])
        advice = f"Set the task to classes. {_OTHER_TARGET}"
        raise DataError(where, "numbers for a regression", found, advice)
    return wish == "regression"


def _has_few_whole_numbers(target: pd.Series) -> bool:
    is_whole = ((target % 1 == 0) & (target.abs() < 2**53)).all()
    most = min(MAX_WHOLE_NUMBER_CLASSES, len(target) // 2)
    return bool(is_whole) and target.nunique() <= most


def check_magnitude(numbers: pd.Series) -> None:
    """Raises DataError where a number is too large to be computed with."""
    if len(wrong := numbers[numbers.abs() > MAX_MAGNITUDE]):
        where = f"column {quoted(numbers.name)}, line {wrong.index[0]}"
        rule = "a number between -1e30 and 1e30, as in most rows"
        advice = "Correct or empty this cell, or leave this column out."
        raise DataError(where, rule, quoted(wrong.iloc[0]), advice)


def check_categories(cells: pd.Series, where: str) -> None:
    """Raises DataError for more different texts than a category may have."""
    if (n_distinct := cells.nunique()) > MAX_CATEGORIES:
        rule = f"numbers, or at most {MAX_CATEGORIES} different texts"
        found = f"{n_distinct:,} in {cells.count():,} rows"
        raise DataError(where, rule, found, "Choose another column, or reading.")


def _check_classes(cells: pd.Series, where: str) -> None:
    check_categories(cells, where)
    n_distinct, n_rows = cells.nunique(), len(cells)
    if n_distinct >= MOSTLY * n_rows:
        rule, found = "classes of several rows", f"{n_distinct:,} in {n_rows:,} rows"
        raise DataError(where, rule, found, _OTHER_TARGET)
