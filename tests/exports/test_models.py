"""ONNX and torch.export take rows as they are: numbers with gaps, texts, unknown ones."""

import io

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from experiments import fitted

from netlib.data.choice import DataChoice
from netlib.exports import FORMATS
from netlib.training.record import RunRecord

# Gaps in a number and in a text, truth, a text of two cases, and a target of numbers.
MIXED = "size,kind,new,price\n" + "".join(
    f"{'' if i == 7 else i * 37 % 50},{'' if i == 9 else ['a', 'B', 'b '][i % 3]},"
    f"{i % 4 < 2},{i * i % 23 + 0.5}\n"
    for i in range(40)
)
TEXTS = "kind,new,sold\n" + "".join(
    f"{'abc'[i * i % 3]},{i % 4 < 2},{'yes' if i % 5 < 2 else 'no'}\n"
    for i in range(40)
)


def record_of(table):
    choice = DataChoice(name="csv", filename="t.csv")
    return RunRecord(fitted(table.encode(), (3,), data=choice), table.encode())


def shape(value):
    return [
        size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim
    ]


@pytest.mark.parametrize(
    ("table", "output", "width"), [(MIXED, "values", 1), (TEXTS, "probabilities", 2)]
)
def test_onnx_takes_numbers_and_texts(table, output, width):
    record = record_of(table)
    content = FORMATS["onnx"].write(record).content
    graph = onnx.load_from_string(content).graph
    n_numbers = len(record.preparation["numbers"])
    assert [(value.name, shape(value)) for value in (*graph.input, *graph.output)] == [
        ("numbers", ["batch", n_numbers]),
        ("texts", ["batch", 2]),
        (output, ["batch", width]),
    ]
    rows = [
        {"size": 3, "kind": "a", "new": True},
        {"size": None, "kind": "b", "new": False},
        {"size": -1.5, "kind": None, "new": True},
        {"size": 1e3, "kind": "unheard of", "new": False},
    ]
    numbers = [[row["size"]] * n_numbers for row in rows]
    texts = [[row["kind"] or "", str(row["new"])] for row in rows]
    inputs = {"numbers": np.array(numbers, float), "texts": np.array(texts, object)}
    session = onnxruntime.InferenceSession(content)
    (found,) = session.run(None, inputs)
    expected = record.predict(rows).select_dtypes("float64").to_numpy()
    assert np.allclose(found, expected, rtol=1e-5)


def test_torch_export_takes_numbers_and_the_places_of_texts():
    record = record_of(MIXED)
    file = FORMATS["pt2"].write(record)
    model = torch.export.load(io.BytesIO(file.content)).module()
    kinds = record.preparation["categories"]["kind"]
    assert kinds == ["a", "b", None]
    numbers = torch.tensor([[3.0], [float("nan")], [5]], dtype=torch.float64)
    found = model(numbers, torch.tensor([[0, 0], [2, 1], [-1, 1]]))
    rows = [("a", False, 3), (None, True, None), ("c", True, 5)]
    table = [dict(zip(("kind", "new", "size"), row)) for row in rows]
    expected = record.predict(table)["prediction"]
    assert np.allclose(found.numpy()[:, 0], expected)
