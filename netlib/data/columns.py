"""What each column of a table is read as, and in words why."""

import re
from dataclasses import dataclass, replace

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from netlib.data.csv_lines import quoted
from netlib.data.dates import (
    FORMATS,
    DateFormat,
    find_date_format,
    find_reading,
    part_columns,
)
from netlib.data.numbers import NumberFormat, find_number_format
from netlib.data.readings import CATEGORY, NUMBER, READINGS
from netlib.errors import DataError

DATE = "date"
MOSTLY = 0.9
STRAYS_SHOWN = 3
TEXTS_LOOKED_AT = 1_000  # with more, a column is no category anyway

_OTHER_READING = "Read it as something else, or leave it out."


@dataclass(frozen=True)
class WordFormat:
    """How a column writes words: some differ by spaces around or by upper case alone."""

    def read(self, texts: pd.Series) -> pd.Series:
        """Returns the cells in lower case, without spaces around."""
        return texts.str.strip().str.lower()


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table: its kind, why, and how its cells are read.

    `reading` is a name of READINGS, "" where the column is left out. `values` are its
    cells as read by `format`, if there is one; `strays` are those that are missing only
    because of that.
    """

    name: str
    kind: str
    why: str
    reading: str
    values: pd.Series
    format: NumberFormat | DateFormat | WordFormat | None = None
    strays: tuple[str, ...] = ()
    n_strays: int = 0

    def leave_out(self, kind: str, why: str) -> "Column":
        """Returns the column as one that tells a network nothing."""
        return replace(self, kind=kind, why=why, reading="")


def read_column(cells: pd.Series, prefers_comma: bool, wish: str = "") -> Column:
    """Returns a column as it is read, or as is wished by a name of READINGS.

    Raises DataError where its cells are not what is wished. `prefers_comma` tells that
    the file has decimal commas.
    """
    if wish:
        return _as_wished(cells, prefers_comma, wish)
    if is_bool_dtype(cells) or _is_truth(cells):
        return Column(str(cells.name), CATEGORY, "true or false", CATEGORY, cells)
    texts = _texts(cells)
    dates = _as_date(cells, texts)
    if dates and _are_most(cells, dates.values):
        return dates
    numbers = _as_number(cells, texts, prefers_comma)
    if numbers and _are_most(cells, numbers.values) and not _are_codes(texts):
        return numbers
    return _as_category(cells, texts)


def _is_truth(cells: pd.Series) -> bool:
    """Tells of a column with gaps whether it holds true and false alone."""
    return cells.dtype == object and {*map(type, cells.dropna())} == {bool}


def _texts(cells: pd.Series) -> list[str]:
    """Returns the different texts of a column, none for one that pandas read as numbers."""
    if is_numeric_dtype(cells) and not is_bool_dtype(cells):
        return []
    texts = cells.dropna().unique().tolist()
    return texts if cells.dtype == "str" else list(map(str, texts))


def _are_codes(texts: list[str]) -> bool:
    """Tells of codes with leading zeros, which are texts though they look like numbers."""
    return any(re.fullmatch(r"0\d+", text) for text in texts[:TEXTS_LOOKED_AT])


def _are_most(cells: pd.Series, values: pd.Series) -> bool:
    """Tells whether a column is what most of its cells could be read as.

    The others are few, or the same few texts again and again.
    """
    n_cells, n_read = cells.count(), values.count()
    if n_read == n_cells:
        return n_read > 0
    strays = cells[values.isna() & cells.notna()]
    is_repeated = len(strays) == 1 or 10 * strays.nunique() <= values.nunique()
    return n_read >= MOSTLY * n_cells or (2 * n_read >= n_cells and is_repeated)


def _as_wished(cells: pd.Series, prefers_comma: bool, wish: str) -> Column:
    texts = _texts(cells)
    if wish == CATEGORY:
        column: Column | None = _as_category(cells, texts)
    elif wish == NUMBER:
        column = _as_number(cells, texts, prefers_comma)
    else:
        column = _as_date(cells, texts, wish)
    if column is None or not column.values.count():
        rule = READINGS[wish].title.partition(":")[0].lower()
        where, found = f"column {quoted(cells.name)}", _example(cells)
        raise DataError(where, f"a {rule} in some row", found, _OTHER_READING)
    kind = wish if wish in (NUMBER, CATEGORY) else DATE
    return replace(column, kind=kind, why=f"{column.why}, as chosen", reading=wish)


def _example(cells: pd.Series) -> str:
    return quoted(cells.dropna().iloc[0]) if cells.count() else "none"


def _as_number(
    cells: pd.Series, texts: list[str], prefers_comma: bool
) -> Column | None:
    if not texts:
        return Column(str(cells.name), NUMBER, "numbers", NUMBER, cells)
    format = find_number_format(texts, prefers_comma)
    if format is None:
        return None
    why, values = f"numbers{format.in_words}", format.read(cells)
    column = Column(str(cells.name), NUMBER, why, NUMBER, values, format)
    return _with_strays(column, cells)


def _as_date(cells: pd.Series, texts: list[str], wish: str = "") -> Column | None:
    format = find_date_format(texts)
    if format is None:
        return None
    values = DateFormat(format, {}).read(cells)
    reading = wish or find_reading(values)
    dates = DateFormat(format, part_columns(str(cells.name), reading))
    why = f"dates, {FORMATS[format]}; as {', '.join(READINGS[reading].parts)}"
    column = Column(str(cells.name), DATE, why, reading, values, dates)
    return _with_strays(column, cells)


def _as_category(cells: pd.Series, texts: list[str]) -> Column:
    if cells.dtype != "str":
        why = f"{cells.nunique():,} different values"
        return Column(str(cells.name), CATEGORY, why, CATEGORY, cells)
    format, n_distinct, why = None, len(texts), ""
    words = {text.strip().lower() for text in texts[:TEXTS_LOOKED_AT]}
    if len(words) < n_distinct <= TEXTS_LOOKED_AT:
        format, n_distinct = WordFormat(), len(words)
        cells, why = format.read(cells), ", upper and lower case as one"
    said = f"{n_distinct:,} different text{'s' * (n_distinct != 1)}{why}"
    return Column(str(cells.name), CATEGORY, said, CATEGORY, cells, format)


def _with_strays(column: Column, cells: pd.Series) -> Column:
    """Returns the column with the cells that its format makes missing."""
    strays = cells[column.values.isna() & cells.notna()]
    if strays.empty:
        return column
    different = strays.astype(str).unique()
    shown = tuple(different[:STRAYS_SHOWN])
    n_others = len(different) - len(shown)
    said = ", ".join(map(quoted, shown)) + (
        f" and {n_others:,} others" * bool(n_others)
    )
    verb = "counts" if len(strays) == 1 else "count"
    why = f"{column.why}; {said} {verb} as missing"
    return replace(column, why=why, strays=shown, n_strays=len(strays))
