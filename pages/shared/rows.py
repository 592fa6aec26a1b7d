"""Rows of the data as a person reads and types them: texts, as they stand in a file."""

import csv
import io
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from netlib.data.choice import DataChoice
from netlib.data.loader import Dataset
from netlib.data.table import Table
from netlib.model.builder import example_rows
from pages.shared.table import csv_content


@dataclass(frozen=True)
class Rows:
    """The rows that have a target: their cells as texts, and the target's values."""

    cells: pd.DataFrame
    target: pd.Series


def rows_of(choice: DataChoice, found: Dataset) -> Rows:
    """Returns the rows of the chosen data."""
    return _rows(choice.model_dump_json(), found, csv_content(choice))


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _rows(name: str, _found: Dataset, _content: bytes | None) -> Rows:
    if _found.table is None:
        made = example_rows(_found)
        cells = made.drop(columns="target").map("{:.6g}".format)
        return Rows(cells, made["target"])
    return Rows(_texts(_found.table, _content or b""), _found.table.target)


def _texts(table: Table, content: bytes) -> pd.DataFrame:
    """Returns the cells of the features as they stand in the file."""
    options = {k: v for k, v in table.file.options.items() if k in ("sep", "encoding")}
    texts = pd.read_csv(
        io.BytesIO(content), dtype="str", keep_default_na=False, **options
    )
    texts = texts.set_axis(table.file.frame.columns, axis=1)
    names = [column.name for column in table.used_columns]
    names.remove(str(table.target.name))
    return texts.set_index(table.file.frame.index).loc[table.target.index, names]


def as_file(cells: dict[str, str], table: Table | None) -> io.BytesIO:
    """Returns a row as a CSV file of the form of the table."""
    options = table.file.options if table else {}
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(cells), delimiter=options.get("sep", ","))
    writer.writeheader()
    writer.writerow(cells)
    encoding = options.get("encoding", "utf-8")
    return io.BytesIO(buffer.getvalue().encode(encoding, "replace"))
