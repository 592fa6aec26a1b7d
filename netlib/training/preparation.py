"""What the data has taught a program beside the weights, as plain values for JSON."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.preprocessing import LabelEncoder

from netlib.data.features import input_names
from netlib.data.loader import Dataset
from netlib.model.network import RunningProgram
from netlib.program.table_section import day_columns

# JSON that holds none but strings, numbers, truth values and None.
Preparation = dict[str, Any]


def preparation_of(running: RunningProgram, dataset: Dataset) -> Preparation:
    """Returns what the program has fitted to the rows that it trains on.

    "numbers" holds for each column of numbers its mean, scale and, where gaps are filled,
    median; "categories" the values of each column of texts, None for a missing one, and
    "first_dates" from when days are counted. "classes" are the names of the outputs, or
    "target" has the mean and the scale of a regression's.
    """
    names, table = running.names, dataset.table
    fitted = _fitted(names)
    found: Preparation = {"numbers": _numbers(names, fitted, dataset.inputs)}
    if "OneHotEncoder" in fitted:
        values = fitted["OneHotEncoder"].categories_
        found["categories"] = dict(zip(names["categories"], map(_plain, values)))
    if table and (days := day_columns(table)):
        first = {column.name: column.values.min().isoformat() for column in days}
        found["first_dates"] = first
    if dataset.n_classes:
        return found | {"classes": _classes(running, dataset)}
    (target,) = _scales(names["y_scaler"])
    return found | {"target": target}


def _fitted(names: dict[str, Any]) -> dict[str, Any]:
    """Returns the fitted transformers of the features by the name of their class."""
    if "columns" not in names:
        return {"StandardScaler": names["scaler"]}
    parts = [part for _, part, _ in names["columns"].transformers_]
    steps = [step for part in parts for _, step in getattr(part, "steps", [("", part)])]
    return {type(step).__name__: step for step in steps}


def _numbers(
    names: dict[str, Any], fitted: dict[str, Any], inputs: Sequence[str]
) -> dict[str, Any]:
    """Returns mean, scale and median of each column; what is no table's are x1 and on."""
    if "StandardScaler" not in fitted:
        return {}
    scales = _scales(fitted["StandardScaler"])
    if "SimpleImputer" in fitted:
        medians = fitted["SimpleImputer"].statistics_.tolist()
        scales = [{"median": m, **scale} for m, scale in zip(medians, scales)]
    made = input_names(len(scales), inputs)
    columns = made if inputs else names.get("numbers", made)
    return dict(zip(columns, scales))


def _scales(scaler: Any) -> list[dict[str, float]]:
    pairs = zip(scaler.mean_.tolist(), scaler.scale_.tolist())
    return [{"mean": mean, "scale": scale} for mean, scale in pairs]


def _plain(values: Any) -> list[Any]:
    return [None if pd.isna(value) else value for value in values.tolist()]


def _classes(running: RunningProgram, dataset: Dataset) -> list[Any]:
    if dataset.table is None:
        return list(dataset.classes or range(dataset.n_classes))
    cells = running.names["table"][dataset.table.target.name]
    classes: list[Any] = LabelEncoder().fit(cells).classes_.tolist()
    return classes
