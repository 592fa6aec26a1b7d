"""The lines of a CSV file: its encoding and separator found out, its size and form checked.

What is too long is refused by counts, before anything is split.
"""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress

import pandas as pd

from netlib.data.signatures import name_of
from netlib.errors import DataError, shorten

MAX_BYTES = 20_000_000
MAX_COLUMNS = 2_000
MAX_LINES = 500_000
MAX_CELLS = 8_000_000
LONGEST_LINE = 200_000

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def decode(content: bytes) -> tuple[bytes, str]:
    """Returns the file as UTF-8, and its own encoding."""
    if len(content) > MAX_BYTES:
        rule = f"at most {MAX_BYTES / 1e6:g} MB"
        raise DataError("CSV file", rule, "more", "Keep fewer rows or columns.")
    if name := name_of(content):
        rule, advice = "a table as text", "Save the table as CSV (UTF-8)."
        raise DataError("CSV file", rule, name, advice)
    utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ["utf-16"] if utf_16 else ["utf-8", "cp1252"]:
        with suppress(UnicodeDecodeError):
            plain = content.decode(encoding).encode()
            if not _CONTROL.search(plain):
                return plain.removeprefix(b"\xef\xbb\xbf"), encoding
    rule = "text in UTF-8, UTF-16 or Windows-1252"
    advice = "Open the table in a spreadsheet and save it as CSV (UTF-8)."
    raise DataError("CSV file", rule, "bytes that are no such text", advice)


def check_size(plain: bytes) -> None:
    """Raises DataError for what is too long to be looked at in short time."""
    n_lines = plain.count(b"\n") + plain.count(b"\r") - plain.count(b"\r\n")
    if n_lines > MAX_LINES:
        rule, advice = f"at most {MAX_LINES:,} lines", "Keep fewer rows."
        raise DataError("CSV file", rule, f"{n_lines:,}", advice)
    for number, line in enumerate(_lines(plain), start=1):
        if number == 1 and '"' not in line:
            _check_width(1 + max(map(line.count, SEPARATORS)))
        if len(line) > LONGEST_LINE:
            where, rule = f"CSV line {number}", f"at most {LONGEST_LINE:,} characters"
            advice = "Upload a table, a line a row."
            raise DataError(where, rule, f"{len(line):,}", advice)


def _lines(plain: bytes) -> Iterator[str]:
    return io.TextIOWrapper(io.BytesIO(plain), "utf-8")


def _check_width(n_columns: int, least: int = 0) -> None:
    if not least <= n_columns <= MAX_COLUMNS:
        rule = f"2 to {MAX_COLUMNS:,} columns, between commas, semicolons, tabs or |"
        advice = "Upload a table with a header line, feature columns and a target."
        raise DataError("CSV header", rule, f"{n_columns:,}", advice)


def _records(plain: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the first line's number and the cells of every record not blank."""
    last = ""

    def remembered() -> Iterator[str]:
        nonlocal last
        for line in _lines(plain):
            last = line
            yield line

    reader = csv.reader(
        remembered(), delimiter=separator, skipinitialspace=True, strict=True
    )
    number = 1
    try:
        for cells in reader:
            if len(cells) > 1 or last.strip(" \t\r\n"):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error:
        where, rule = f"CSV line {number}", "quotes around whole cells or none"
        raise DataError(where, rule, "others", "Correct the quotes.") from None


def find_separator(plain: bytes) -> str:
    """Returns the separator that splits the first lines most evenly."""
    return max(SEPARATORS, key=lambda candidate: _fit(plain, candidate))


def _fit(plain: bytes, separator: str) -> tuple[bool, float]:
    """Rates a separator by how evenly it splits the first lines; more is better."""
    widths = []
    with suppress(DataError):
        for _, (_, cells) in zip(range(20), _records(plain, separator)):
            widths.append(len(cells))
    splits = bool(widths) and widths[0] > 1
    return splits, splits and widths.count(widths[0]) / len(widths)


def check_lines(plain: bytes, separator: str) -> list[int]:
    """Returns the line number of each row; all are as wide as a header that can be."""
    records = _records(plain, separator)
    header = next(records, (1, []))[1]
    names = [name.strip() or f"column {i}" for i, name in enumerate(header, start=1)]
    _check_width(len(names), least=2)
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
    if (n_cells := len(numbers) * len(names)) > MAX_CELLS:
        rule, advice = f"at most {MAX_CELLS:,} cells", "Keep fewer rows or columns."
        raise DataError("CSV file", rule, f"{n_cells:,}", advice)
    return numbers


def quoted(value: object) -> str:
    """Returns a cell or a name for a message, in quotes and not too long."""
    return repr(shorten(str(value), 40))
