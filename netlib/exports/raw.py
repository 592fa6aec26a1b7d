"""The network with all that goes before and after it as one module: raw rows in."""

import io
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netlib.data.features import INPUTS
from netlib.model.builder import example_rows
from netlib.training.record import RunRecord


class RawNetwork(nn.Module):
    """Takes numbers (n, n_numbers) float64 and, for texts, codes (n, n_texts) int64.

    Returns the probability of each class (n, n_classes), or values in the unit of the
    target (n, 1), as float64. A code is the place of a text among those of its column in
    the preparation, and any other number stands for one that is not among them.
    """

    median: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, record: RunRecord) -> None:
        super().__init__()
        names, preparation = record.predictor.names, record.preparation
        self.model, self.answer = _frozen(names), names["answer"]
        self.shape = record.experiment.spec.input_shape
        self.made = [INPUTS[name].of for name in record.dataset.inputs]
        self.sizes = [len(values) for values in texts_of(record).values()]
        scales = list(preparation["numbers"].values())
        self.fills_gaps = any("median" in each for each in scales)
        for name in ("median", "mean", "scale"):
            values = [each.get(name, 0.0) for each in scales]
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64))

    def forward(self, numbers: Tensor, codes: Tensor | None = None) -> Tensor:
        """Prepares the rows, and makes answers of the outputs."""
        if self.made:
            x1, x2 = numbers.unbind(1)
            numbers = torch.column_stack([make(x1, x2) for make in self.made])
        if self.fills_gaps:
            numbers = torch.where(numbers.isnan(), self.median, numbers)
        parts = [(numbers - self.mean) / self.scale]
        for place, size in enumerate(self.sizes):
            assert codes is not None
            hot = codes[:, place : place + 1] == torch.arange(size)
            parts.append(hot.double())
        X = torch.cat(parts, dim=1).float().contiguous().reshape(-1, *self.shape)
        answers: Tensor = self.answer(self.model(X).double())
        return answers


class RawRows(NamedTuple):
    """Rows of data: as a file has them, and as a raw network and its ONNX file take them.

    `texts` (n, n_texts) are the cells of its columns, "" for a missing one.
    """

    table: pd.DataFrame
    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]
    texts: NDArray[np.object_]

    def head(self, n_rows: int) -> "RawRows":
        """Returns the first rows."""
        n = n_rows
        return RawRows(self.table[:n], self.numbers[:n], self.codes[:n], self.texts[:n])

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What the raw network takes."""
        codes = [self.codes] if self.codes.shape[1] else []
        return tuple(map(torch.tensor, [self.numbers, *codes]))


def raw_rows(record: RunRecord, n_rows: int) -> RawRows:
    """Returns the first rows of the data that have a target."""
    table = record.dataset.table
    if table is None:
        cells = raw = example_rows(record.dataset).head(n_rows)
    else:
        cells = table.features.head(n_rows)
        raw = record.predictor.names["read"](io.BytesIO(record.csv or b""))
        raw = raw.iloc[table.file.frame.index.get_indexer(cells.index)]
    numbers = cells[record.predictor.given].to_numpy(np.float64)
    columns = texts_of(record)
    texts = [[text_of(cell) for cell in cells[name]] for name in columns]
    codes = [
        [values.index(text) if text in values else -1 for text in column]
        for values, column in zip(columns.values(), texts)
    ]
    shape = len(cells), len(columns)
    return RawRows(
        raw,
        numbers,
        np.array(codes, np.int64).T.reshape(shape),
        np.array(texts, object).T.reshape(shape),
    )


def texts_of(record: RunRecord) -> dict[str, list[str]]:
    """Returns the different cells of each column of texts, as texts."""
    categories = record.preparation.get("categories", {})
    return {name: list(map(text_of, values)) for name, values in categories.items()}


def text_of(cell: Any) -> str:
    """Returns a cell as a text, "" for a missing one."""
    return "" if pd.isna(cell) else str(cell)


def _frozen(names: dict[str, Any]) -> nn.Module:
    """Returns the model of a program that predicts, a function inside a module."""
    model = names["model"]
    if isinstance(model, nn.Module):
        return model.requires_grad_(False)
    for tensor in names["tensors"].values():
        tensor.requires_grad_(False)

    class Wrapped(nn.Module):
        forward = staticmethod(model)

    return Wrapped().eval()
