"""A CSV file of any dialect as a table, and the call of pandas that reads it so."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd

from netlib.data.signatures import name_of
from netlib.errors import DataError, shorten

MAX_BYTES = 20_000_000
MAX_COLUMNS = 2_000
MAX_LINES = 500_000
MAX_CELLS = 8_000_000
LONGEST_LINE = 200_000
ROWS_LOOKED_AT = 1_000
# Longer files are read by pandas in parts, each of which might find other types.
LONGEST_IN_ONE_PART = 200_000

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# Spellings of a missing cell that pandas does not know by itself.
MISSING = (
    "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "?", ".", "..", "n.a.", "N.A.", "na",
    "n.d.", "k.A.", "nil", "missing", "Missing", "MISSING", "#DIV/0!", "#VALUE!", "#REF!",
    "#NAME?", "#NUM!", "#NV",
)  # fmt: skip
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
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
    plain, encoding = _decode(content)
    _check_size(plain)
    separator = max(SEPARATORS, key=lambda candidate: _fit(plain, candidate))
    numbers = _check_lines(plain, separator)
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


def _decode(content: bytes) -> tuple[bytes, str]:
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


def _check_size(plain: bytes) -> None:
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


def _fit(plain: bytes, separator: str) -> tuple[bool, float]:
    """Rates a separator by how evenly it splits the first lines; more is better."""
    widths = []
    with suppress(DataError):
        for _, (_, cells) in zip(range(20), _records(plain, separator)):
            widths.append(len(cells))
    splits = bool(widths) and widths[0] > 1
    return splits, splits and widths.count(widths[0]) / len(widths)


def _check_lines(plain: bytes, separator: str) -> list[int]:
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
