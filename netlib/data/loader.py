"""The chosen data as a data set: what a program, and a page, need to know of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from netlib.data.choice import CSV, DataChoice
from netlib.data.examples import EXAMPLES
from netlib.data.features import GIVEN
from netlib.data.notes import notes_on
from netlib.data.table import Table, read_table
from netlib.errors import DataError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data to learn from: what is asked of it, its size, and how a program gets it.

    `n_classes` is 0 for a regression. Examples have `code` that binds X and y, by
    `imports`, and `n_features`; a table of one's own has `table` instead. The features of
    an example may be the pixels of pictures `image_side` wide and high. `given` are the
    names of the two that further inputs can be made of, () for other data, and `inputs`
    those that are chosen, see INPUTS. `classes` are names for the numbers in y.
    """

    purpose: str
    note: str
    task: str
    n_classes: int
    n_rows: int
    report: tuple[str, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    code: str = ""
    n_features: int = 0
    given: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    image_side: int = 0
    table: Table | None = None

    @property
    def n_outputs(self) -> int:
        """How many outputs answer it: one a class, or one alone."""
        return self.n_classes if self.task == "multiclass" else 1

    @cached_property
    def class_names(self) -> list[str]:
        """What the classes are called, by their numbers from 0; [] for a regression."""
        if self.table is None or not self.n_classes:
            return list(map(str, self.classes or range(self.n_classes)))
        return list(map(str, pd.factorize(self.table.target, sort=True)[1]))

    def stratifies(self, share: float) -> bool:
        """Tells whether both parts of a split can have classes in proportion."""
        if not self.n_classes or self.table is None:
            return self.n_classes > 0
        n_rows, n_validation = self.table.split_sizes(share)
        enough = min(n_rows, n_validation) >= self.n_classes
        return enough and self.table.target.value_counts().min() > 1

    def count_features(self, share: float, seed: int) -> int:
        """Returns how many numbers a row is for a network.

        Texts count as many as the training part of the split has, missing included.
        Raises DataError for a split that leaves too few rows.
        """
        if self.table is None:
            return self.n_features
        self.table.split_sizes(share)
        if self.inputs:
            return len(self.inputs)
        if not self.table.categories:
            return self.table.features.shape[1]
        training, _ = self.split(self.table.target, share, seed)
        texts = self.table.features.loc[training.index, self.table.categories]
        n_texts = sum(texts[name].nunique(dropna=False) for name in texts)
        return len(self.table.numbers) + n_texts

    def split(
        self, target: pd.Series, share: float, seed: int
    ) -> tuple[pd.Series, pd.Series]:
        """Returns the targets of the rows to train on and those kept back.

        The rows are the program's, as scikit-learn splits by place and by class.
        """
        from sklearn.model_selection import train_test_split

        codes, _ = pd.factorize(target, sort=True)
        training, held = train_test_split(
            target,
            test_size=share,
            stratify=codes if self.stratifies(share) else None,
            random_state=seed,
        )
        return training, held


def load(choice: DataChoice, csv: bytes | None = None) -> Dataset:
    """Returns the chosen data set; `csv` is the CSV file's bytes. Raises DataError.

    >>> dataset = load(DataChoice(name="iris"))
    >>> dataset.task, dataset.n_features, dataset.n_classes
    ('multiclass', 4, 3)
    """
    if choice.name == CSV:
        return _load_csv(choice, csv)
    example = EXAMPLES[choice.name]
    given = tuple(GIVEN) if example.n_features == len(GIVEN) else ()
    _check_inputs(choice, given, "points of two features", choice.name)
    n_rows = choice.n_rows if example.is_made else example.n_rows
    has_classes = "n_classes" in example.options
    note = f"{n_rows:,} {example.note}"
    return Dataset(
        purpose=example.purpose,
        note=note,
        task=example.task,
        n_classes=choice.n_classes if has_classes else example.n_classes,
        n_rows=n_rows,
        report=(f"{note}.",),
        imports=example.imports,
        code=example.code.format(**dict(choice)),
        n_features=len(choice.inputs) or example.n_features,
        given=given,
        inputs=choice.inputs,
        classes=example.classes,
        image_side=example.image_side,
    )


def _check_inputs(
    choice: DataChoice, given: Sequence[str], expected: str, got: str
) -> None:
    if choice.inputs and not given:
        rule = f"{expected} to make further ones of"
        raise DataError("data", rule, got, "Leave the further ones out.")
    if not choice.features and len(choice.without) == 2:
        raise DataError("data", "an input", "none", "Choose one.")


def _load_csv(choice: DataChoice, content: bytes | None) -> Dataset:
    if content is None:
        advice = "Upload it again." if choice.sha256 else "Upload one."
        raise DataError("CSV file", "an uploaded file", "none", advice)
    table = read_table(choice, content)
    expected = "two columns of numbers without gaps"
    _check_inputs(choice, table.given, expected, table.makeup)
    return Dataset(
        purpose=f"Predict {_spoken(str(table.target.name))} from {table.filename}",
        note=f"{len(table.file.frame):,} rows of {table.filename}",
        task=table.task,
        n_classes=table.target.nunique() if table.has_classes else 0,
        n_rows=len(table.target),
        report=tuple(notes_on(table)),
        given=table.given,
        inputs=choice.inputs,
        table=table,
    )


def _spoken(name: str) -> str:
    return name if re.fullmatch(r"[\w .%-]{1,30}", name) else "a column"
