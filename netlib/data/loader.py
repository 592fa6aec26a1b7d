"""The chosen data as a data set: what a program, and a page, need to know of it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from netlib.data.choice import CSV, DataChoice
from netlib.data.columns import (
    categories_of,
    choose_features,
    find_task,
    left_out_notes,
    preparation_note,
    unusable_features,
)
from netlib.data.csv_file import CsvFile, quoted, read_csv
from netlib.data.examples import EXAMPLES
from netlib.errors import DataError, shorten


@dataclass(frozen=True, eq=False)
class Table:
    """A table of one's own: its features, its target (none missing), how it is read.

    The index of both is each row's line in the file. `has_classes` tells that the target
    names classes, `has_gaps` that some rows of the file come without a target.
    """

    file: CsvFile
    filename: str
    features: pd.DataFrame
    target: pd.Series
    has_classes: bool
    has_gaps: bool

    @cached_property
    def categories(self) -> list[str]:
        """The names of the features that hold texts, one-hot for a network."""
        return categories_of(self.features)

    @cached_property
    def numbers(self) -> list[str]:
        """The names of the features that hold numbers."""
        return list(self.features.columns.drop(self.categories))

    @cached_property
    def is_plain(self) -> bool:
        """Whether the features are numbers alone, and none is missing."""
        return not (self.categories or self.has_empty_cells)

    @cached_property
    def has_empty_cells(self) -> bool:
        """Whether a number is missing; a missing text is a category of its own."""
        return bool(self.features[self.numbers].isna().any(axis=None))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data to learn from: what is asked of it, its size, and how a program gets it.

    `n_classes` is 0 for a regression. Examples have `code` that binds X and y, by
    `imports`, and `n_features`; a table of one's own has `table` instead.
    """

    purpose: str
    note: str
    task: str
    n_classes: int
    report: tuple[str, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    code: str = ""
    n_features: int = 0
    table: Table | None = None

    @property
    def n_outputs(self) -> int:
        """How many outputs answer it: one a class, or one alone."""
        return self.n_classes if self.task == "multiclass" else 1

    def stratifies(self, share: float) -> bool:
        """Tells whether both parts of a split can have classes in proportion."""
        if not self.n_classes or self.table is None:
            return self.n_classes > 0
        n_rows, n_validation = split_sizes(self.table, share)
        enough = min(n_rows, n_validation) >= self.n_classes
        return enough and self.table.target.value_counts().min() > 1

    def count_features(self, share: float, seed: int) -> int:
        """Returns how many numbers a row is for a network.

        Texts count as many as the training part of the split has, missing included.
        Raises DataError for a split that leaves too few rows.
        """
        if self.table is None:
            return self.n_features
        split_sizes(self.table, share)
        if not self.table.categories:
            return self.table.features.shape[1]
        from sklearn.model_selection import train_test_split

        codes, _ = pd.factorize(self.table.target, sort=True)
        training, _ = train_test_split(
            self.table.features[self.table.categories],
            test_size=share,
            stratify=codes if self.stratifies(share) else None,
            random_state=seed,
        )
        n_texts = sum(training[name].nunique(dropna=False) for name in training)
        return len(self.table.numbers) + n_texts


def split_sizes(table: Table, share: float) -> tuple[int, int]:
    """Returns the rows to train on and those kept back; raises DataError for too few."""
    n_validation = math.ceil(share * len(table.target))
    n_rows = len(table.target) - n_validation
    if n_rows < 2:
        rule, advice = "a split that leaves 2 rows to train on", "Keep fewer rows back."
        raise DataError("validation share", rule, f"{share:g}", advice)
    return n_rows, n_validation


def load(choice: DataChoice, csv: bytes | None = None) -> Dataset:
    """Returns the chosen data set; `csv` is the CSV file's bytes. Raises DataError.

    >>> dataset = load(DataChoice(name="iris"))
    >>> dataset.task, dataset.n_features, dataset.n_classes
    ('multiclass', 4, 3)
    """
    if choice.name == CSV:
        return _load_csv(choice, csv)
    example = EXAMPLES[choice.name]
    return Dataset(
        purpose=example.purpose,
        note=example.note,
        task=example.task,
        n_classes=example.n_classes,
        report=(f"{example.note[0].upper()}{example.note[1:]}.",),
        imports=example.imports,
        code=example.code.format(noise=choice.noise, seed=choice.seed),
        n_features=example.n_features,
    )


def _load_csv(choice: DataChoice, content: bytes | None) -> Dataset:
    if content is None:
        advice = "Upload it again." if choice.sha256 else "Upload one."
        raise DataError("CSV file", "an uploaded file", "none", advice)
    file = read_csv(content)
    frame, name = file.frame, choice.target or file.frame.columns[-1]
    for chosen in (name, *choice.left_out):
        if chosen not in frame:
            rule = f"one of {shorten(', '.join(frame.columns))}"
            raise DataError("chosen column", rule, quoted(chosen), "Choose again.")
    target = frame[name].dropna()
    task, task_note = find_task(target)
    features = choose_features(frame, name, choice.left_out)
    others = frame.loc[target.index].drop(columns=[name, *choice.left_out, *features])
    report = [f"Read as {file.form}: {len(frame):,} rows, {frame.shape[1]:,} columns."]
    if pd.to_numeric(pd.Series(frame.columns), errors="coerce").notna().any():
        report.append("The first line was taken for the header, yet holds numbers.")
    report.append(f"Rows dropped, without a target: {len(frame) - len(target):,}.")
    report += [task_note, *left_out_notes(others), preparation_note(features)]
    filename = safe_filename(choice.filename)
    return Dataset(
        purpose=f"Predict {_spoken(name)} from {filename}",
        note=f"{len(frame):,} rows of {filename}",
        task=task,
        n_classes=0 if task == "regression" else target.nunique(),
        report=tuple(report),
        table=Table(
            file,
            filename,
            features,
            target,
            has_classes=task != "regression",
            has_gaps=len(target) < len(frame),
        ),
    )


def unusable_columns(
    frame: pd.DataFrame, choice: DataChoice
) -> Mapping[str, DataError]:
    """Returns the columns of a table that can't be used, each with the reason.

    Those that are left out count no more; the target may be among the others.
    """
    target = choice.target if choice.target in frame else frame.columns[-1]
    reasons: dict[str, DataError] = {}
    try:
        find_task(frame[target].dropna())
    except DataError as error:
        reasons[target] = error
    left_out = [name for name in choice.left_out if name in frame]
    features = frame.dropna(subset=[target]).drop(columns=[target, *left_out])
    return reasons | unusable_features(features)


def safe_filename(name: str) -> str:
    """Returns a name for a file in the working folder, like the one a person gave."""
    plain = re.sub(r"[^\w .+-]", "_", name).strip(" .")[-60:].strip(" .")
    return plain or "table.csv"


def _spoken(name: str) -> str:
    return name if re.fullmatch(r"[\w .%-]{1,30}", name) else "a column"
