"""A CSV file of any dialect as a table, and the call of pandas that reads it so."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd

from netlib.errors import DataError, shorten

MAX_BYTES = 20_000_000
MAX_COLUMNS = 2_000
# Longer files are read by pandas in parts, each of which might find other types.
LONGEST_IN_ONE_PART = 200_000

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, eq=False)
class CsvFile:
    """A CSV file as read; the frame's index is each row's line in the file.

    `options` are those of `pd.read_csv`. It may leave spaces around the names of columns
    (`is_padded`), and numbers as texts in the columns `in_texts`; the frame has neither.
    """

    frame: pd.DataFrame
    options: Mapping[str, Any]
    is_padded: bool
    in_texts: tuple[str, ...]

    @property
    def form(self) -> str:
        """The dialect in words."""
        encoding = self.options.get("encoding", "utf-8")
        return f"{encoding} text between {SEPARATORS[self.options.get('sep', ',')]}"


def read_csv(content: bytes) -> CsvFile:
    """Reads a CSV file, its encoding and separator found out; raises DataError.

    >>> file = read_csv(b"size;price\\n1,5;20\\n2,5;30\\n")
    >>> file.options, file.frame["size"].tolist()
    ({'sep': ';', 'decimal': ','}, [1.5, 2.5])
    """
    text, encoding = _decode(content)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = io.StringIO(text, newline="").readlines()
    separator = max(SEPARATORS, key=lambda candidate: _fit(lines, candidate))
    numbers = _check_lines(lines, separator)
    options: dict[str, Any] = {} if separator == "," else {"sep": separator}
    if encoding != "utf-8":
        options["encoding"] = encoding
    if "?" in text:
        options["na_values"] = "?"
    if len(content) > LONGEST_IN_ONE_PART:
        options["low_memory"] = False
    frame = pd.read_csv(io.BytesIO(content), **options)
    if f"{separator} " in text:
        closer = pd.read_csv(io.BytesIO(content), **options, skipinitialspace=True)
        if not closer.equals(frame):
            options["skipinitialspace"], frame = True, closer
    if separator == ";":
        with_commas = pd.read_csv(io.BytesIO(content), **options, decimal=",")
        differs = not with_commas.equals(frame)
        if differs and _n_numbers(with_commas) >= _n_numbers(frame):
            options["decimal"], frame = ",", with_commas
    if len(frame) != len(numbers):
        rule, found = "line ends of one kind", "several that pandas reads otherwise"
        raise DataError("CSV file", rule, found, "Save the table anew as CSV.")
    stripped = [name.strip() for name in frame.columns]
    is_padded = stripped != list(frame.columns)
    frame = frame.set_axis(stripped, axis=1).set_axis(pd.Index(numbers, name="line"))
    in_texts = _numbers_in_texts(frame)
    frame[in_texts] = frame[in_texts].apply(pd.to_numeric)
    return CsvFile(frame, options, is_padded, tuple(in_texts))


def _numbers_in_texts(frame: pd.DataFrame) -> list[str]:
    """Returns the columns of texts that are all numbers, such as other decimals."""
    texts: pd.DataFrame = frame.select_dtypes("str")
    found = texts.apply(pd.to_numeric, errors="coerce")
    whole = found.notna().eq(texts.notna()).all() & texts.notna().any()
    return list(texts.columns[whole])


def _n_numbers(frame: pd.DataFrame) -> int:
    return frame.select_dtypes("number").shape[1]


def _decode(content: bytes) -> tuple[str, str]:
    if len(content) > MAX_BYTES:
        rule, size = f"at most {MAX_BYTES / 1e6:g} MB", f"{len(content) / 1e6:,.1f} MB"
        raise DataError("CSV file", rule, size, "Keep fewer rows or columns.")
    utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ["utf-16"] if utf_16 else ["utf-8", "cp1252"]:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding).removeprefix("\ufeff")
            if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
                return text, encoding
    rule = "text in UTF-8, UTF-16 or Windows-1252"
    advice = "Open the table in a spreadsheet and save it as CSV (UTF-8)."
    raise DataError("CSV file", rule, "bytes that are no such text", advice)


def _records(lines: list[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the first line's number and the cells of every record not blank."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    number = 1
    try:
        for cells in reader:
            if len(cells) > 1 or lines[number - 1].strip(" \t\r\n"):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error:
        where, rule = f"CSV line {number}", "quotes around whole cells or none"
        raise DataError(where, rule, "others", "Correct the quotes.") from None


def _fit(lines: list[str], separator: str) -> tuple[bool, float]:
    """Rates a separator by how evenly it splits the first lines; more is better."""
    widths = []
    with suppress(DataError):
        for _, (_, cells) in zip(range(20), _records(lines, separator)):
            widths.append(len(cells))
    splits = bool(widths) and widths[0] > 1
    return splits, splits and widths.count(widths[0]) / len(widths)


def _check_lines(lines: list[str], separator: str) -> list[int]:
    """Returns the line number of each row; all are as wide as a header that can be."""
    records = _records(lines, separator)
    header = next(records, (1, []))[1]
    names = [name.strip() or f"column {i}" for i, name in enumerate(header, start=1)]
    if not 2 <= len(names) <= MAX_COLUMNS:
        rule = f"2 to {MAX_COLUMNS:,} columns, between commas, semicolons, tabs or |"
        advice = "Upload a table with a header line, feature columns and a target."
        raise DataError("CSV header", rule, f"{len(names):,}", advice)
    if len(twice := pd.Series(names)[pd.Series(names).duplicated()]):
        rule, found = "names that differ", f"{quoted(twice.iloc[0])} twice"
        raise DataError("CSV header", rule, found, "Rename one, or add a header line.")
    numbers = []
    for number, cells in records:
        if len(cells) != len(names):
            rule = f"{len(names)} cells, as in the header"
            advice = "Correct this line; put a cell that holds a separator in quotes."
            raise DataError(f"CSV line {number}", rule, str(len(cells)), advice)
        numbers.append(number)
    return numbers


def quoted(value: object) -> str:
    """Returns a cell or a name for a message, in quotes and not too long."""
    return repr(shorten(str(value), 40))
