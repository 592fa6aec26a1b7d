"""What was made of a table, in sentences."""

from collections.abc import Iterator

import pandas as pd

from netlib.data.columns import Column
from netlib.data.csv_lines import quoted
from netlib.data.roles import USELESS
from netlib.data.table import Table
from netlib.errors import shorten

LONGEST_LIST = 200


def notes_on(table: Table) -> Iterator[str]:
    """Yields the sentences, from the form of the file to how its columns are prepared."""
    frame = table.file.frame
    yield f"Read as {table.file.form}: {len(frame):,} rows, {frame.shape[1]:,} columns."
    if pd.to_numeric(pd.Series(frame.columns), errors="coerce").notna().any():
        yield "The first line was taken for the header, yet holds numbers."
    yield f"Rows dropped, without a target: {len(frame) - len(table.target):,}."
    yield table.why
    yield from _stray_cells(table)
    yield from _left_out(table)
    yield _preparation(table)


def _stray_cells(table: Table) -> Iterator[str]:
    for name, column in table.columns.items():
        if column.n_strays and (column.reading or name == table.target.name):
            shown = ", ".join(map(quoted, column.strays))
            yield f"Taken as missing in {quoted(name)}: {shown} ({column.n_strays:,})."


def _left_out(table: Table) -> Iterator[str]:
    others = [column for column in table.columns.values() if not column.reading]
    if others:
        names = ", ".join(f"{column.name} ({_reason(column)})" for column in others)
        yield f"Left out, {len(others):,}: {shorten(names, LONGEST_LIST)}."


def _reason(column: Column) -> str:
    return column.kind if column.kind in USELESS else "as chosen"


def _preparation(table: Table) -> str:
    numbers, text = table.features[table.numbers], table.features[table.categories]
    gaps = f"{numbers.isna().sum().sum():,.0f} missing: the training part's median"
    text_gaps = f"{text.isna().sum().sum():,.0f} missing: a category of their own"
    kinds = f"{numbers.shape[1]:,} of numbers, standardised ({gaps})"
    return f"Features: {kinds}; {text.shape[1]:,} of text, one-hot ({text_gaps})."
