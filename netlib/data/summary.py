"""All that was understood of a table, as plain values and as lines of text."""

from collections.abc import Iterator
from typing import Any

from netlib.data.cautions import cautions_on
from netlib.data.loader import Dataset
from netlib.data.table import Table

TARGET, LEFT_OUT = "target", "left out"


def summary(dataset: Dataset, table: Table, share: float, seed: int) -> dict[str, Any]:
    """Returns what JSON can hold of a data set and its table; raises DataError.

    `n_features` is the width of a row after preparation, `classes` the rows of each.
    """
    return {
        "rows": len(table.file.frame),
        "rows_used": dataset.n_rows,
        "task": dataset.task,
        "n_features": dataset.count_features(share, seed),
        "classes": _classes(table),
        "columns": [
            {
                "name": column.name,
                "kind": column.kind,
                "read_as": _use(column.name, table),
                "why": column.why,
            }
            for column in table.columns.values()
        ],
        "notes": list(dataset.report),
        "warnings": list(cautions_on(dataset, share, seed)),
    }


def _classes(table: Table) -> dict[str, int]:
    if not table.has_classes:
        return {}
    counts = table.target.value_counts()
    return {str(name): int(n_rows) for name, n_rows in counts.items()}


def _use(name: str, table: Table) -> str:
    if name == table.target.name:
        return TARGET
    return table.columns[name].reading or LEFT_OUT


def summary_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yields a summary as lines for a terminal."""
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name}: {n_rows:,}" for name, n_rows in value.items())
        if not isinstance(value, list):
            yield f"{name:10}  {value or '-'}"
            continue
        yield f"{name}:{'' if value else ' none'}"
        yield from (f"  {line}" for line in _aligned(value))


def _aligned(items: list[Any]) -> Iterator[str]:
    """Yields sentences as they are, and records with their values below each other."""
    rows = [[item] if isinstance(item, str) else list(item.values()) for item in items]
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    for row in rows:
        yield "  ".join(f"{cell:{n}}" for cell, n in zip(row, widths)).rstrip()
