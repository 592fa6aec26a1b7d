"""The trained network in formats of its own: safetensors, ONNX, torch.export."""

import io
import logging
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load
from torch import Tensor, nn
from torch.onnx import OnnxExporterError

from netlib.errors import ExportError
from netlib.exports.file import File
from netlib.model.builder import Network
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
    for x in _batches(network):
        _require_same(WEIGHTS_FILE, _outputs(network, x), _outputs(again, x))
    check = f"{len(loaded)} tensors, loaded into the definition: outputs identical"
    return File(WEIGHTS_FILE, content, check)


def write_pt2(record: RunRecord) -> File:
    """Returns `model.pt2`, for any number of rows; compares its outputs with torch's."""
    network = _frozen(record)
    program = _export(network)
    for node in program.graph.nodes:
        for key in ("stack_trace", "nn_module_stack"):  # name files of this machine
            node.meta.pop(key, None)
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    content = buffer.getvalue()
    loaded = torch.export.load(io.BytesIO(content)).module()
    for x in _batches(network):
        with torch.no_grad():
            _require_same("model.pt2", _outputs(network, x), loaded(x))
    check = f"loaded and run with {_sizes()} rows: outputs identical"
    return File("model.pt2", content, check)


def write_onnx(record: RunRecord) -> File:
    """Returns `model.onnx`, for any number of rows; runs it under onnxruntime."""
    import onnx
    import onnxruntime

    network = _frozen(record)
    content = _onnx_bytes(network)
    onnx.checker.check_model(content, full_check=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    largest = 0.0
    for x in _batches(network):
        (found,) = session.run(None, {"x": x.numpy()})
        largest = max(largest, np.abs(found - _outputs(network, x).numpy()).max())
    if not largest <= LARGEST_DIFFERENCE:
        rule = f"outputs within {LARGEST_DIFFERENCE:g} of torch's"
        raise ExportError("model.onnx", rule, f"a difference of {largest:.2g}")
    check = (
        f"checked, run by onnxruntime with {_sizes()} rows: "
        f"largest difference from torch {largest:.2g}"
    )
    return File("model.onnx", content, check)


def _frozen(record: RunRecord) -> Network:
    network = record.network()
    for tensor in network.parameters.values():
        tensor.requires_grad_(False)
    return network


def _onnx_bytes(network: Network) -> bytes:
    import onnx

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it looks for torchvision
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        try:
            made = torch.onnx.export(
                _export(network),
                input_names=["x"],
                output_names=["y"],
                dynamo=True,
                verbose=False,
            )
        except OnnxExporterError as error:
            rule = "layers that torch can write as ONNX"
            advice = "Take safetensors or torch.export in its place."
            kinds = ", ".join(layer.kind for layer in network.source.spec.layers)
            raise ExportError("model.onnx", rule, kinds, advice) from error
    assert made is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        made.save(path, external_data=False)
        model = onnx.load(path)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.value_info):
        part.ClearField("metadata_props")  # names files of this machine
    return model.SerializeToString()


def _export(network: Network) -> torch.export.ExportedProgram:
    example = torch.zeros(2, *network.source.spec.input_shape)
    n_rows = ({0: torch.export.Dim.DYNAMIC},)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        return torch.export.export(_module(network), (example,), dynamic_shapes=n_rows)


def _module(network: Network) -> nn.Module:
    """Returns the model, a plain function inside a module that calls it."""
    if isinstance(network.model, nn.Module):
        return network.model

    class Wrapped(nn.Module):
        forward = staticmethod(network.model)

    return Wrapped().eval()


def _batches(network: Network) -> list[Tensor]:
    shape = network.source.spec.input_shape
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(n, *shape, generator=generator) for n in CHECKED_BATCHES]


def _sizes() -> str:
    *most, last = CHECKED_BATCHES
    return f"{', '.join(map(str, most))} and {last}"


def _outputs(network: Network, x: Tensor) -> Tensor:
    with torch.no_grad():
        return network.model(x)


def _require_same(where: str, expected: Tensor, found: Tensor) -> None:
    if expected.numpy().tobytes() != found.numpy().tobytes():
        largest = (expected - found).abs().max().item()
        rule = "outputs identical to torch's"
        raise ExportError(where, rule, f"a difference of {largest:.2g}")
