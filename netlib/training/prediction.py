"""Raw rows -> answers, by the very program that is handed out to predict with."""

import re
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netlib.data.csv_lines import quoted
from netlib.data.dates import DateFormat
from netlib.data.loader import Dataset
from netlib.data.numbers import NumberFormat
from netlib.errors import DataError
from netlib.model.builder import execute_beside
from netlib.model.threads import one_thread

# A cell in what pandas says: in quotes but for dates of ISO 8601.
QUOTED = re.compile(r"""["'](.+?)["']|^Time data (.+?) is not""")
Rows = Any  # a CSV file, a DataFrame, an array, a dict or a list of dicts


class Predictor:
    """The program of `program.prediction`, executed beside the files that it reads.

    `names` are all that its text binds, and `given` the columns of numbers that rows have.
    """

    def __init__(self, text: str, files: Mapping[str, bytes], dataset: Dataset) -> None:
        with one_thread():
            self.names = execute_beside(text, files)
        columns = dataset.table.used_columns if dataset.table else []
        formats = {column.name: column.format for column in columns}
        self.given = list(
            dataset.given if dataset.inputs else self.names.get("numbers", {})
        )
        texts = self.names.get("texts", {})
        self._formats = {name: formats[name] for name in texts}

    def predict(self, rows: Rows) -> pd.DataFrame:
        """Returns a row of answers for each; raises DataError for rows unlike the data's.

        The column "prediction" holds the name of a class, or a value in the unit of the
        target; for classes "p(name)" is the probability of each. A path or an open file is
        read as CSV; arrays are (n, n_numbers) in the order of the data's columns.
        """
        table = pd.DataFrame()
        try:
            with one_thread():
                table = self._table(rows)
                answers: pd.DataFrame = self.names["predict"](table)
        except (KeyError, TypeError, ValueError) as error:
            raise self._refused(table, str(error.args[0])) from error
        return answers

    def notes(self, rows: Rows) -> list[str]:
        """Returns in sentences for which cells of a table something else stands in."""
        table = self._table(rows)
        numbers = [*self.names.get("numbers", {}), *self.names.get("first_dates", {})]
        found = [
            f"{name} is empty: the median of the training rows stands in."
            for name in numbers
            if name in table and table[name].isna().any()
        ]
        for name, values in self.names.get("categories", {}).items():
            for cell in table[name][~table[name].isin(values)]:
                said = "an empty cell" if pd.isna(cell) else cell
                found.append(f"{name}: {said} was never seen in training.")
        return found

    def _table(self, rows: Rows) -> pd.DataFrame:
        if isinstance(rows, str | Path) or hasattr(rows, "read"):
            return self.names["read"](rows)
        if isinstance(rows, pd.DataFrame) or _are_named(rows):
            named = [rows] if isinstance(rows, Mapping) else rows
            return self._as_read(pd.DataFrame(named))
        values = np.asarray(rows)
        given = self.given
        return pd.DataFrame(values.reshape(-1, len(given)), columns=given)

    def _refused(self, table: pd.DataFrame, said: str) -> DataError:
        """Returns what is wrong, with the column that holds the text which pandas tells."""
        rule = "cells as those that were learned from"
        for text in filter(None, chain(*QUOTED.findall(said))):
            for name in table:
                if table[name].astype("str").str.contains(text, regex=False).any():
                    format = self._formats.get(name)
                    if isinstance(format, DateFormat):
                        rule = f"dates as those that were learned from, {format.title}"
                    return DataError(f"column {quoted(name)}", rule, quoted(text))
        return DataError("rows", f"columns and {rule}", said.rstrip("."))

    def _as_read(self, table: pd.DataFrame) -> pd.DataFrame:
        """Returns the table with texts where the cells of a file are read as texts."""
        table = table.copy()
        for name in table.columns.intersection(list(self._formats)):
            format = self._formats[name]
            has_comma = isinstance(format, NumberFormat) and format.decimal == ","
            write = _with_comma if has_comma else str
            table[name] = table[name].map(write, na_action="ignore").astype("str")
        return table


def _are_named(rows: Rows) -> bool:
    if isinstance(rows, Mapping):
        return True
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], Mapping)


def _with_comma(cell: object) -> str:
    return cell if isinstance(cell, str) else str(cell).replace(".", ",")
