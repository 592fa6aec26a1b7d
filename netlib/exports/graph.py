"""What torch leaves to do on a graph of ONNX: named axes, and texts as they are."""

from collections.abc import Mapping, Sequence

import onnx
from onnx import TensorProto, helper

CODES, TEXTS, BATCH = "codes", "texts", "batch"
UNKNOWN = -1
ML_OPSET = 3


def finish(model: onnx.ModelProto, texts: Mapping[str, Sequence[str]]) -> None:
    """Names the first axis `batch`, takes texts for codes, and leaves no trace of paths.

    `texts` are the different cells of each column of texts; "" is a missing one.
    """
    graph = model.graph
    if texts:
        _take_texts(model, list(texts.values()))
    for value in (*graph.input, *graph.output, *graph.value_info):
        for size in value.type.tensor_type.shape.dim:
            if size.dim_param:
                size.dim_param = BATCH
    for part in (model, graph, *graph.node, *graph.input, *graph.value_info):
        part.ClearField("metadata_props")


def _take_texts(model: onnx.ModelProto, columns: Sequence[Sequence[str]]) -> None:
    """Puts nodes before the graph that find the code of each text."""
    graph = model.graph
    shape: list[str | int | None] = [BATCH, len(columns)]
    (codes,) = (value for value in graph.input if value.name == CODES)
    codes.CopyFrom(helper.make_tensor_value_info(TEXTS, TensorProto.STRING, shape))
    found = [f"{CODES}_{place}" for place in range(len(columns))]
    nodes = [helper.make_node("Concat", found, [CODES], axis=1)]
    for place, (name, values) in enumerate(zip(found, columns)):
        column, at = f"{TEXTS}_{place}", f"place_{place}"
        graph.initializer.append(
            helper.make_tensor(at, TensorProto.INT64, [1], [place])
        )
        nodes[-1:-1] = [
            helper.make_node("Gather", [TEXTS, at], [column], axis=1),
            helper.make_node(
                "LabelEncoder",
                [column],
                [name],
                domain="ai.onnx.ml",
                keys_strings=list(values),
                values_int64s=list(range(len(values))),
                default_int64=UNKNOWN,
            ),
        ]
    later = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *later])
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
