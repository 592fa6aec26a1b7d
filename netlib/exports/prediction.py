"""The program that predicts and what it reads, held against the run's own program."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from netlib.errors import ExportError
from netlib.exports.file import File, Progress
from netlib.exports.process import run_clean
from netlib.model.builder import example_rows, execute
from netlib.model.threads import one_thread
from netlib.program.prediction import (
    PREDICTION_FILE,
    PREPARATION_FILE,
    write_prediction,
)
from netlib.program.writer import write
from netlib.training.record import RunRecord

ROWS_FILE = "rows.csv"
# It prints six digits.
CLOSE = 1e-5


def write_program(record: RunRecord) -> File:
    """Returns `predict.py`, in the style of the experiment."""
    text = write_prediction(record.experiment, record.csv)
    return File(PREDICTION_FILE, text.encode())


def write_preparation(record: RunRecord) -> File:
    """Returns `preparation.json`, which `predict.py` reads beside the weights."""
    content = record.files()[PREPARATION_FILE]
    n_rows = _prove(record)
    check = f"{n_rows:,} rows prepared as in training, identical to the last bit"
    return File(PREPARATION_FILE, content, check)


def run_program(
    file: File, record: RunRecord, progress: Progress, seconds: float
) -> str:
    """Has the program answer for all rows of the data, as they stand in a file."""
    rows = raw_rows(record)
    progress(0, f"Running {file.name} in a clean process.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, content in record.files().items():
            (folder / part).write_bytes(content)
        (folder / ROWS_FILE).write_bytes(rows)
        (folder / file.name).write_bytes(file.content)
        lines = run_clean(file.name, folder / file.name, seconds, [ROWS_FILE])
        found = _read("\n".join(lines))
    answers = record.predict(io.BytesIO(rows))
    expected = _read(answers.to_csv(index=False, float_format="%.6g"))
    _require_close(file.name, expected, found)
    return f"run: {len(found):,} rows answered as by the network of the run"


def raw_rows(record: RunRecord) -> bytes:
    """Returns the rows of the data as a CSV file: one's own, or those of an example."""
    if record.csv is not None:
        return record.csv
    rows = example_rows(record.dataset).drop(columns="target")
    return rows.to_csv(index=False).encode()


def _prove(record: RunRecord) -> int:
    """Compares how rows are prepared with the program's own transformers, row by row.

    Returns the number of rows.
    """
    with one_thread(), torch.random.fork_rng(devices=[]):
        names = execute(write(record.experiment, record.csv), record.csv).names
    X, predictor = names["X"], record.predictor.names
    transformer = names.get("columns") or names["scaler"]
    expected = torch.tensor(transformer.transform(X)).float()
    if record.csv is None:
        rows = example_rows(record.dataset)[record.predictor.given]
    else:
        rows = predictor["read"](io.BytesIO(record.csv)).loc[names["table"].index]
    found = predictor["prepare"](rows)
    if found.numpy().tobytes() != expected.numpy().tobytes():
        largest = (found.reshape(expected.shape) - expected).abs().max().item()
        rule = "rows prepared as in training, to the last bit"
        raise ExportError(PREPARATION_FILE, rule, f"a difference of {largest:.2g}")
    return len(rows)


def _read(text: str) -> pd.DataFrame:
    """Reads what the program prints, the name of a class as it stands."""
    is_class = not text.startswith("prediction\n")
    texts = {"prediction": "str"} if is_class else {}
    return pd.read_csv(io.StringIO(text), dtype=texts, keep_default_na=False)


def _require_close(name: str, expected: pd.DataFrame, found: pd.DataFrame) -> None:
    rule = "the answers of the network of the run"
    if found.shape != expected.shape:
        raise ExportError(name, rule, f"{len(found)} rows of {found.shape[1]} columns")
    if not expected.select_dtypes("str").equals(found.select_dtypes("str")):
        raise ExportError(name, rule, "other classes")
    x, y = (table.select_dtypes("number").to_numpy() for table in (expected, found))
    largest = np.abs(x - y).max()
    if not largest <= CLOSE * np.abs(x).max():
        raise ExportError(name, rule, f"a difference of {largest:.2g}")
