"""A CSV file of any dialect as a table, and the call of pandas that reads it so."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from netlib.data.csv_lines import (
    SEPARATORS,
    check_lines,
    check_size,
    decode,
    find_separator,
)
from netlib.errors import DataError

ROWS_LOOKED_AT = 1_000
# Longer files are read by pandas in parts, each of which might find other types.
LONGEST_IN_ONE_PART = 200_000

# Spellings of a missing cell that pandas does not know by itself.
MISSING = (
    "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "?", ".", "..", "n.a.", "N.A.", "na",
    "n.d.", "k.A.", "nil", "missing", "Missing", "MISSING", "#DIV/0!", "#VALUE!", "#REF!",
    "#NAME?", "#NUM!", "#NV",
)  # fmt: skip
_DIGITS_AROUND_COMMA = re.compile(rb"\d,\d")
_CODE_OR_DAY = re.compile(rb"\b(0\d|(19|20)\d{6}\b)")
_LEADING_ZERO = re.compile(r"0\d+")
_DAY_NUMBER = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, eq=False)
class CsvFile:
    """A CSV file as read; the frame's index is each row's line in the file.

    `options` are those of `pd.read_csv`. It may leave spaces around the names of columns
    (`is_padded`); the frame has none.
    """

    frame: pd.DataFrame
    options: Mapping[str, Any]
    is_padded: bool

    @property
    def form(self) -> str:
        """The dialect in words."""
        encoding = self.options.get("encoding", "utf-8")
        return f"{encoding} text between {SEPARATORS[self.options.get('sep', ',')]}"


def read_csv(content: bytes) -> CsvFile:
    """Reads a CSV file, its encoding and separator found out; raises DataError.

    >>> file = read_csv(b"size;price\\n1,5;20\\n2,5;-\\n")
    >>> file.options, file.frame["size"].tolist()
    ({'sep': ';', 'na_values': ['-'], 'decimal': ','}, [1.5, 2.5])
    """
    plain, encoding = decode(content)
    check_size(plain)
    separator = find_separator(plain)
    numbers = check_lines(plain, separator)
    options: dict[str, Any] = {} if separator == "," else {"sep": separator}
    if encoding != "utf-8":
        options["encoding"] = encoding
    if len(content) > LONGEST_IN_ONE_PART:
        options["low_memory"] = False
    frame = _read(content, options)
    if f"{separator} ".encode() in plain:
        frame = _better(frame, content, options, skipinitialspace=True)
    if missing := _spellings_of_missing(frame, plain):
        options["na_values"] = missing
        frame = _read(content, options)
    if separator != "," and _DIGITS_AROUND_COMMA.search(plain):
        frame = _better(frame, content, options, decimal=",")
    if texts := _numbers_by_sight_only(frame, content, plain, options):
        options["dtype"] = dict.fromkeys(texts, "str")
        frame = _read(content, options)
    if len(frame) != len(numbers):
        rule, found = "line ends of one kind", "several that pandas reads otherwise"
        raise DataError("CSV file", rule, found, "Save the table anew as CSV.")
    stripped = [name.strip() for name in frame.columns]
    is_padded = stripped != list(frame.columns)
    frame = frame.set_axis(stripped, axis=1).set_axis(pd.Index(numbers, name="line"))
    return CsvFile(frame, options, is_padded)


def _read(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), **options)


def _better(
    frame: pd.DataFrame, content: bytes, options: dict[str, Any], **more: Any
) -> pd.DataFrame:
    """Returns the frame as read with more options, if it is another and no worse."""
    other = _read(content, options | more)
    if other.equals(frame) or _n_numbers(other) < _n_numbers(frame):
        return frame
    options |= more
    return other


def _n_numbers(frame: pd.DataFrame) -> int:
    return frame.select_dtypes("number").shape[1]


def _spellings_of_missing(frame: pd.DataFrame, plain: bytes) -> list[str]:
    """Returns those of MISSING that are a cell of the table.

    A dash is none where there are plus signs, as in the results of tests.
    """
    possible = [each for each in (*MISSING, "+") if each.encode() in plain]
    if not possible:
        return []
    texts: pd.DataFrame = frame.select_dtypes("str")
    cells = {cell for name in texts for cell in _found(texts[name], possible)}
    if "+" in cells:
        cells -= {"+", "-"}
    return [spelling for spelling in MISSING if spelling in cells]


def _found(texts: "pd.Series[str]", spellings: list[str]) -> list[str]:
    return texts[texts.isin(spellings)].unique().tolist()


def _numbers_by_sight_only(
    frame: pd.DataFrame, content: bytes, plain: bytes, options: Mapping[str, Any]
) -> list[str]:
    """Returns the columns that pandas takes for numbers, and a person for none, or others.

    They are codes with leading zeros, days such as 20241231, and numbers in groups of
    three digits by what is taken for the decimal sign: 987, 1.234.
    """
    names = list(frame.select_dtypes("number").columns)
    if "sep" not in options and not _CODE_OR_DAY.search(plain):
        return []
    cells = pd.read_csv(
        io.BytesIO(content),
        **options,
        usecols=names,
        dtype="str",
        nrows=ROWS_LOOKED_AT,
    )
    sign = re.escape(options.get("decimal", "."))
    # Between commas a point is the decimal sign.
    groups = re.compile(rf"-?\d{{1,3}}({sign}\d{{3}})*" if "sep" in options else "$.")
    return [name for name in names if _is_by_sight_only(cells[name].dropna(), groups)]


def _is_by_sight_only(cells: "pd.Series[str]", groups: re.Pattern[str]) -> bool:
    texts = cells.unique().tolist()
    has_zeros = any(map(_LEADING_ZERO.fullmatch, texts))
    n_grouped = sum(len(text.lstrip("-")) > len("999") for text in texts)
    is_grouped = 0 < n_grouped < len(texts) and _are_all(groups, texts)
    return has_zeros or is_grouped or (len(texts) > 1 and _are_all(_DAY_NUMBER, texts))


def _are_all(pattern: re.Pattern[str], texts: list[str]) -> bool:
    return all(map(pattern.fullmatch, texts))
