"""The trained network in formats of its own: safetensors, ONNX, torch.export."""

import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load
from torch import Tensor
from torch.onnx import OnnxExporterError

from netlib.errors import ExportError
from netlib.exports.file import File
from netlib.exports.raw import RawNetwork, RawRows, raw_rows, texts_of
from netlib.model.network import Network
from netlib.model.threads import one_thread
from netlib.program.training_section import WEIGHTS_FILE
from netlib.training.record import RunRecord

CHECKED_BATCHES = (1, 2, 64)
# Computed otherwise, sums may round otherwise; more than this is another function.
LARGEST_DIFFERENCE = 1e-4


def write_weights(record: RunRecord) -> File:
    """Returns `model.safetensors`, keys as in the style; loads it into the definition."""
    network, content = record.network(), record.weights_file()
    loaded = load(content)
    again = replace(record, weights=loaded).network()
    for x in _normal_batches(network):
        expected, found = _outputs(network, x), _outputs(again, x)
        _require_same(WEIGHTS_FILE, expected.numpy(), found.numpy())
    check = f"{len(loaded)} tensors, loaded into the definition: outputs identical"
    return File(WEIGHTS_FILE, content, check)


def write_pt2(record: RunRecord) -> File:
    """Returns `model.pt2`, for any number of raw rows; compares it with `predict.py`."""
    program = _export(record)
    for node in program.graph.nodes:
        for key in ("stack_trace", "nn_module_stack"):  # name files of this machine
            node.meta.pop(key, None)
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    content = buffer.getvalue()
    loaded = torch.export.load(io.BytesIO(content)).module()
    for rows, expected in _answered_batches(record):
        with one_thread(), torch.no_grad():
            _require_same("model.pt2", expected, loaded(*rows.inputs).numpy())
    check = f"loaded and run with {_sizes()} raw rows: answers identical"
    return File("model.pt2", content, check)


def write_onnx(record: RunRecord) -> File:
    """Returns `model.onnx`, for any number of raw rows; runs it under onnxruntime.

    It takes numbers as `predict.py` has read them, and texts as they stand in a file, or
    in lower case where the program puts them so.
    """
    import onnx
    import onnxruntime

    content = _onnx_bytes(record)
    onnx.checker.check_model(content, full_check=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names, largest = [each.name for each in session.get_inputs()], 0.0
    for rows, expected in _answered_batches(record):
        inputs = dict(zip(names, (rows.numbers, rows.texts)))
        (found,) = session.run(None, inputs)
        size = max(1.0, np.abs(expected).max())
        largest = max(largest, np.abs(found - expected).max() / size)
    if not largest <= LARGEST_DIFFERENCE:
        rule = f"answers within {LARGEST_DIFFERENCE:g} of torch's"
        raise ExportError("model.onnx", rule, f"a difference of {largest:.2g}")
    check = (
        f"checked, run by onnxruntime with {_sizes()} raw rows: "
        f"largest difference from torch {largest:.2g}"
    )
    return File("model.onnx", content, check)


def _onnx_bytes(record: RunRecord) -> bytes:
    import onnx

    from netlib.exports.graph import CODES, finish

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it looks for torchvision
    output = "probabilities" if record.dataset.n_classes else "values"
    inputs = ["numbers", CODES][: len(raw_rows(record, 1).inputs)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        try:
            made = torch.onnx.export(
                _export(record),
                input_names=inputs,
                output_names=[output],
                dynamo=True,
                verbose=False,
            )
        except OnnxExporterError as error:
            rule = "layers that torch can write as ONNX"
            advice = "Take safetensors or torch.export in its place."
            kinds = ", ".join(layer.kind for layer in record.experiment.spec.layers)
            raise ExportError("model.onnx", rule, kinds, advice) from error
    assert made is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        made.save(path, external_data=False)
        model = onnx.load(path)
    finish(model, texts_of(record))
    return model.SerializeToString()


def _export(record: RunRecord) -> torch.export.ExportedProgram:
    inputs = raw_rows(record, 2).inputs
    sizes = tuple({0: torch.export.Dim("batch")} for _ in inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        return torch.export.export(RawNetwork(record), inputs, dynamic_shapes=sizes)


def _answered_batches(
    record: RunRecord,
) -> Iterator[tuple[RawRows, NDArray[np.float64]]]:
    """Yields rows, and the probabilities or values that `predict.py` answers with."""
    most = raw_rows(record, max(CHECKED_BATCHES))
    for n_rows in CHECKED_BATCHES:
        rows = most.head(n_rows)
        answers = record.predict(rows.table)
        yield rows, answers.select_dtypes("float64").to_numpy()


def _normal_batches(network: Network) -> list[Tensor]:
    shape = network.source.spec.input_shape
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(n, *shape, generator=generator) for n in CHECKED_BATCHES]


def _sizes() -> str:
    *most, last = CHECKED_BATCHES
    return f"{', '.join(map(str, most))} and {last}"


def _outputs(network: Network, x: Tensor) -> Tensor:
    with torch.no_grad():
        return network.model(x)


def _require_same(where: str, expected: NDArray[Any], found: NDArray[Any]) -> None:
    if expected.tobytes() != found.tobytes():
        largest = np.abs(expected - found).max()
        rule = "outputs identical to torch's"
        raise ExportError(where, rule, f"a difference of {largest:.2g}")
