"""What each column is for a network: row numbers, identifiers and constants are nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from netlib.data.columns import MOSTLY, Column, read_column
from netlib.data.csv_file import CsvFile
from netlib.data.csv_lines import quoted
from netlib.data.readings import CATEGORY, NUMBER

MAX_CATEGORIES = 100
MIN_TEXTS = 4  # fewer may well all differ
NEARLY_CONSTANT = 0.99
ROW_NUMBER, IDENTIFIER, CONSTANT = "row number", "identifier", "constant"
USELESS = (ROW_NUMBER, IDENTIFIER, CONSTANT)

_ROW_NAME = re.compile(r"(unnamed: \d+|index|idx|row.*|nr\.?|no\.?|#|)", re.IGNORECASE)
_ID_NAME = re.compile(r"(.*[\W_])?([iI][dD]s?|uuid|UUID|guid|GUID|[kK]ey)|.*[a-z]I[dD]")


def read_columns(
    file: CsvFile, read_as: Mapping[str, str], target: str, left_out: Sequence[str]
) -> dict[str, Column]:
    """Returns every column as it is read, by name; raises DataError for a wrong wish.

    `read_as` holds what a person made of some. Of rows without a target nothing counts
    for what is constant; row numbers are left out where another column is left.
    """
    prefers_comma = file.options.get("decimal") == ","
    columns = {
        name: read_column(file.frame[name], prefers_comma, read_as.get(name, ""))
        for name in map(str, file.frame)
    }
    has_target = columns[target].values.notna()
    judged = [name for name in columns if name != target and name not in read_as]
    columns |= {name: _judged(columns[name], has_target) for name in judged}
    others = columns.keys() - {target, *left_out}
    if not any(columns[name].reading for name in others):
        columns |= {
            name: _kept(columns[name])
            for name in judged
            if columns[name].kind == ROW_NUMBER
        }
    return columns


def _kept(column: Column) -> Column:
    why = f"{column.why}, yet no other column is left"
    return replace(column, kind=NUMBER, why=why, reading=NUMBER)


def _judged(column: Column, has_target: pd.Series) -> Column:
    """Returns the column, left out where it would tell a network nothing."""
    counts = column.values[has_target].value_counts(dropna=False)
    if found := _constant(column, counts):
        return column.leave_out(CONSTANT, found)
    if found := _row_number(column):
        return column.leave_out(ROW_NUMBER, found)
    if found := _identifier(column):
        return column.leave_out(IDENTIFIER, found)
    if (share := counts.iloc[0] / counts.sum()) >= NEARLY_CONSTANT:
        return replace(column, why=f"{column.why}; the same in {share:.1%} of the rows")
    return column


def _constant(column: Column, counts: pd.Series) -> str:
    """Returns why a column tells no rows apart, by how often each value occurs."""
    values = counts.index.dropna()
    # A text and nothing else differs from no text: missing is a category.
    is_varied = column.kind == CATEGORY and len(values) < len(counts)
    if len(values) > 1 or (len(values) and is_varied):
        return ""
    if values.empty:
        return "no value"
    value = f"{values[0]:g}" if column.kind == NUMBER else values[0]
    return f"{quoted(value)} only"


def _row_number(column: Column) -> str:
    if column.kind != NUMBER:
        return ""
    values, first = column.values, column.values.iloc[0]
    if first in (0, 1) and (values.diff().iloc[1:] == 1).all():
        return f"counts the rows from {first:.0f}"
    is_named = _ROW_NAME.fullmatch(column.name) is not None
    is_own = is_named and values.is_unique and _is_whole(values)
    return "a number of its own in every row" if is_own else ""


def _identifier(column: Column) -> str:
    is_named = _ID_NAME.fullmatch(column.name) is not None
    if column.kind not in (NUMBER, CATEGORY) or (
        column.kind == NUMBER and not is_named
    ):
        return ""
    n_distinct, n_rows = column.values.nunique(), column.values.count()
    found = f"{n_distinct:,} different in {n_rows:,} rows"
    is_unique = n_distinct >= MOSTLY * n_rows
    if column.kind == NUMBER:
        is_own = is_unique and _is_whole(column.values.dropna())
        return f"{found}, named as an identifier" if is_own else ""
    if n_distinct > MAX_CATEGORIES:
        return f"{found}, more than the {MAX_CATEGORIES} of a category"
    return found if is_unique and n_rows >= MIN_TEXTS else ""


def _is_whole(values: pd.Series) -> bool:
    return bool((values % 1 == 0).all())
