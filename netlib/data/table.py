"""A table of one's own: its columns as read, the features and the target among them."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from netlib.data.choice import DataChoice
from netlib.data.columns import Column
from netlib.data.csv_file import CsvFile, read_csv
from netlib.data.csv_lines import quoted
from netlib.data.dates import DateFormat, split_dates
from netlib.data.readings import CATEGORY
from netlib.data.roles import read_columns
from netlib.data.targets import check_categories, check_magnitude, find_task
from netlib.errors import DataError, shorten

MAX_PREPARED_VALUES = 10_000_000


@dataclass(frozen=True, eq=False)
class Table:
    """A table of one's own: its features, its target (none missing), how it is read.

    The index of both is each row's line in the file. `columns` are all of the file, by
    name; a column of dates has become features of other names. `why` says why the task
    is what it is.
    """

    file: CsvFile
    filename: str
    columns: Mapping[str, Column]
    features: pd.DataFrame
    target: pd.Series
    task: str
    why: str

    @cached_property
    def categories(self) -> list[str]:
        """The names of the features that are one-hot for a network."""
        found = {
            name for name, each in self.columns.items() if each.reading == CATEGORY
        }
        return [name for name in self.features.columns if name in found]

    @cached_property
    def numbers(self) -> list[str]:
        """The names of the features that are numbers for a network."""
        return list(self.features.columns.drop(self.categories))

    @property
    def used_columns(self) -> list[Column]:
        """The columns of the file of which a network learns, the target among them."""
        columns = self.columns.values()
        return [
            each for each in columns if each.reading or each.name == self.target.name
        ]

    @property
    def has_classes(self) -> bool:
        """Whether the target names classes."""
        return self.task != "regression"

    @property
    def has_gaps(self) -> bool:
        """Whether some rows of the file come without a target."""
        return len(self.target) < len(self.file.frame)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the features are numbers alone, and none is missing."""
        return not (self.categories or self.has_empty_cells)

    @cached_property
    def has_empty_cells(self) -> bool:
        """Whether a number is missing; a missing text is a category of its own."""
        return bool(self.features[self.numbers].isna().any(axis=None))

    @property
    def given(self) -> tuple[str, ...]:
        """The two columns that further inputs can be made of, () where there are others."""
        is_pair = self.is_plain and len(self.numbers) == 2
        return tuple(self.numbers) if is_pair else ()

    @property
    def makeup(self) -> str:
        """How many features there are of each kind, in words."""
        gaps = " with gaps" if self.has_empty_cells else ""
        return f"{len(self.numbers)} of numbers{gaps}, {len(self.categories)} of texts"

    def split_sizes(self, share: float) -> tuple[int, int]:
        """Returns the rows to train on and those kept back; raises DataError for few."""
        n_validation = math.ceil(share * len(self.target))
        n_rows = len(self.target) - n_validation
        if n_rows < 2:
            rule = "a split that leaves 2 rows to train on"
            advice = "Keep fewer rows back."
            raise DataError("validation share", rule, f"{share:g}", advice)
        return n_rows, n_validation


def read_table(choice: DataChoice, content: bytes) -> Table:
    """Returns the table of a CSV file, prepared as is chosen; raises DataError."""
    file = read_csv(content)
    columns = choose_columns(file, choice)
    target = columns[find_target(file, choice)]
    task, why = find_task(target, choice.task)
    rows = target.values.dropna()
    found = dict(_features(columns, target.name))
    if not found:
        rule = "a feature column with at least 2 different values"
        raise DataError("CSV file", rule, "none", "Leave fewer out, or add one.")
    features = pd.DataFrame(found).loc[rows.index]
    _check_features(features, columns)
    filename = safe_filename(choice.filename)
    return Table(file, filename, columns, features, rows, task, why)


def find_target(file: CsvFile, choice: DataChoice) -> str:
    """Returns the name of the column to predict: the chosen one, or the last."""
    return choice.target or str(file.frame.columns[-1])


def choose_columns(file: CsvFile, choice: DataChoice) -> dict[str, Column]:
    """Returns all columns as they are read, those left out by a person too.

    Raises DataError for a choice of a column that is not there, or that is no such thing.
    """
    target = find_target(file, choice)
    for name in (target, *choice.left_out, *choice.read_as):
        if name not in file.frame:
            rule = f"one of {shorten(', '.join(file.frame.columns))}"
            raise DataError("chosen column", rule, quoted(name), "Choose again.")
    columns = read_columns(file, choice.read_as, target, choice.left_out)
    for name in choice.left_out:
        columns[name] = columns[name].leave_out(columns[name].kind, "as chosen")
    return columns


def _features(
    columns: Mapping[str, Column], target: str
) -> Iterator[tuple[str, pd.Series]]:
    """Yields the columns that a network learns from, dates as numbers."""
    for name, column in columns.items():
        if name == target or not column.reading:
            continue
        if not isinstance(column.format, DateFormat):
            yield name, column.values
            continue
        for part, new in column.format.columns.items():
            if new in columns:
                where, rule = f"column {quoted(name)}", "no column named as its part"
                raise DataError(where, rule, quoted(new), "Rename one of them.")
            yield new, split_dates(column.values, part)


def _check_features(features: pd.DataFrame, columns: Mapping[str, Column]) -> None:
    n_inputs = 0
    for name in map(str, features):
        if name in columns and columns[name].reading == CATEGORY:
            check_categories(features[name], f"column {quoted(name)}")
            n_inputs += features[name].nunique()
        else:
            check_magnitude(features[name])
            n_inputs += 1
    if len(features) * n_inputs > MAX_PREPARED_VALUES:
        rule = f"at most {MAX_PREPARED_VALUES:,} prepared values"
        found = f"{len(features):,} rows of {n_inputs:,}"
        raise DataError("CSV file", rule, found, "Keep fewer rows or columns.")


def safe_filename(name: str) -> str:
    """Returns a name for a file in the working folder, like the one a person gave."""
    plain = re.sub(r"[^\w .+-]", "_", name).strip(" .")[-60:].strip(" .")
    return plain or "table.csv"
