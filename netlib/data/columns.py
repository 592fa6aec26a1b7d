"""What each column of a table is read as, and in words why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from netlib.data.csv_file import CsvFile, quoted
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

MAX_CATEGORIES = 100
MIN_TEXTS = 4  # fewer may well all differ
DATE = "date"
ROW_NUMBER, IDENTIFIER, CONSTANT = "row number", "identifier", "constant"
USELESS = (ROW_NUMBER, IDENTIFIER, CONSTANT)
MOSTLY = 0.9
NEARLY_CONSTANT = 0.99
STRAYS_SHOWN = 3

_ROW_NAME = re.compile(r"(unnamed: \d+|index|idx|row.*|nr\.?|no\.?|#|)", re.IGNORECASE)
_ID_NAME = re.compile(r"(.*[\W_])?([iI][dD]s?|uuid|UUID|guid|GUID|[kK]ey)|.*[a-z]I[dD]")
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


def read_column(cells: pd.Series, prefers_comma: bool, wish: str = "") -> Column:
    """Returns a column as it is read, or as is wished by a name of READINGS.

    Raises DataError where its cells are not what is wished.
    """
    if wish:
        return _as_wished(cells, prefers_comma, wish)
    if is_bool_dtype(cells) or _is_truth(cells):
        return Column(str(cells.name), CATEGORY, "true or false", CATEGORY, cells)
    dates = _as_date(cells) if cells.dtype == "str" else None
    if dates and _are_most(cells, dates.values):
        return dates
    numbers = _as_number(cells, prefers_comma)
    if _are_most(cells, numbers.values) and not _are_codes(cells):
        return numbers
    return _as_category(cells)


def _are_codes(cells: pd.Series) -> bool:
    """Tells of codes with leading zeros, which are texts though they look like numbers."""
    return cells.dtype == "str" and bool(cells.str.fullmatch(r"0\d+").any())


def _as_wished(cells: pd.Series, prefers_comma: bool, wish: str) -> Column:
    if wish == CATEGORY:
        column: Column | None = _as_category(cells)
    elif wish == NUMBER:
        column = _as_number(cells, prefers_comma)
    else:
        column = _as_date(cells, wish)
    if column is None or column.values.notna().sum() == 0:
        rule = READINGS[wish].title.partition(":")[0].lower()
        where, found = f"column {quoted(cells.name)}", quoted(cells.dropna().iloc[0])
        raise DataError(where, f"a {rule} in some row", found, _OTHER_READING)
    kind = wish if wish in (NUMBER, CATEGORY) else DATE
    return replace(column, kind=kind, why=f"{column.why}, as chosen", reading=wish)


def _as_number(cells: pd.Series, prefers_comma: bool) -> Column:
    if is_numeric_dtype(cells) and not is_bool_dtype(cells):
        return Column(str(cells.name), NUMBER, "numbers", NUMBER, cells)
    format = find_number_format(_texts(cells), prefers_comma)
    why, values = f"numbers{format.in_words}", format.read(cells)
    column = Column(str(cells.name), NUMBER, why, NUMBER, values, format)
    return _with_strays(column, cells)


def _as_date(cells: pd.Series, wish: str = "") -> Column | None:
    format = find_date_format(_texts(cells))
    if not format:
        return None
    values = DateFormat(format, {}).read(cells)
    reading = wish or find_reading(values)
    columns = part_columns(str(cells.name), reading)
    why = f"dates, {FORMATS[format]}; as {', '.join(READINGS[reading].parts)}"
    column = Column(
        str(cells.name), DATE, why, reading, values, DateFormat(format, columns)
    )
    return _with_strays(column, cells)


def _as_category(cells: pd.Series) -> Column:
    n_distinct, format, why = cells.nunique(), None, ""
    if cells.dtype == "str":
        lower = WordFormat().read(cells)
        if lower.nunique() < n_distinct:
            cells, n_distinct, format = lower, lower.nunique(), WordFormat()
            why = ", upper and lower case as one"
    texts = f"{n_distinct:,} different text{'s' * (n_distinct != 1)}{why}"
    return Column(str(cells.name), CATEGORY, texts, CATEGORY, cells, format)


def _with_strays(column: Column, cells: pd.Series) -> Column:
    """Returns the column with the cells that its format makes missing."""
    strays = cells[column.values.isna() & cells.notna()]
    if strays.empty:
        return column
    shown = tuple(strays.astype(str).drop_duplicates().iloc[:STRAYS_SHOWN])
    said = ", ".join(map(quoted, shown))
    n_others = strays.nunique() - len(shown)
    more = f" and {n_others:,} others" if n_others else ""
    verb = "counts" if len(strays) == 1 else "count"
    why = f"{column.why}; {said}{more} {verb} as missing"
    return replace(column, why=why, strays=shown, n_strays=len(strays))


def _texts(cells: pd.Series) -> pd.Series:
    return cells.dropna().astype("str").str.strip()


def _is_truth(cells: pd.Series) -> bool:
    """Tells of a column with gaps whether it holds true and false alone."""
    return cells.dtype == object and {*map(type, cells.dropna())} == {bool}


def _are_most(cells: pd.Series, values: pd.Series) -> bool:
    """Tells whether a column is what most of its cells could be read as.

    The others are few, or the same few texts again and again.
    """
    n_cells, n_read = cells.count(), values.count()
    strays = cells[values.isna() & cells.notna()]
    is_repeated = len(strays) == 1 or 10 * strays.nunique() <= values.nunique()
    return n_read > 0 and (
        n_read >= MOSTLY * n_cells or (2 * n_read >= n_cells and is_repeated)
    )


def _judged(column: Column, has_target: pd.Series) -> Column:
    """Returns the column, left out where it would tell a network nothing."""
    values = column.values[has_target]
    if found := _constant(column, values):
        return column.leave_out(CONSTANT, found)
    if found := _row_number(column):
        return column.leave_out(ROW_NUMBER, found)
    if found := _identifier(column):
        return column.leave_out(IDENTIFIER, found)
    shares = values.value_counts(normalize=True, dropna=False)
    if shares.iloc[0] >= NEARLY_CONSTANT:
        same = f"{column.why}; the same in {shares.iloc[0]:.1%} of the rows"
        return replace(column, why=same)
    return column


def _constant(column: Column, values: pd.Series) -> str:
    n_distinct = values.nunique()
    if n_distinct == 0:
        return "no value"
    # A text and nothing else differs from no text: missing is a category.
    is_varied = column.kind == CATEGORY and values.hasnans
    if n_distinct > 1 or is_varied:
        return ""
    value = values.dropna().iloc[0]
    return f"{quoted(f'{value:g}' if column.kind == NUMBER else value)} only"


def _row_number(column: Column) -> str:
    values = column.values
    if column.kind != NUMBER or values.hasnans or not _is_whole(values):
        return ""
    first, steps = values.iloc[0], values.diff().iloc[1:]
    if first in (0, 1) and (steps == 1).all():
        return f"counts the rows from {first:.0f}"
    is_named = _ROW_NAME.fullmatch(column.name) is not None
    return "a number of its own in every row" if is_named and values.is_unique else ""


def _identifier(column: Column) -> str:
    values = column.values.dropna()
    n_distinct, n_rows = values.nunique(), len(values)
    found = f"{n_distinct:,} different in {n_rows:,} rows"
    is_named = _ID_NAME.fullmatch(column.name) is not None
    if column.kind == NUMBER:
        is_unique = n_distinct >= MOSTLY * n_rows and _is_whole(values)
        return f"{found}, named as an identifier" if is_named and is_unique else ""
    if column.kind != CATEGORY or n_rows < MIN_TEXTS:
        return ""
    if n_distinct > MAX_CATEGORIES:
        return f"{found}, more than the {MAX_CATEGORIES} of a category"
    return found if n_distinct >= MOSTLY * n_rows else ""


def _is_whole(values: pd.Series) -> bool:
    return bool((values % 1 == 0).all())
