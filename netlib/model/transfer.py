"""weights of one style -> weights of another: names, values, the code that does it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netlib.errors import WeightsError, shorten
from netlib.model.builder import outline
from netlib.model.network import Network
from netlib.model.structure import counters, layer_paths, layer_tensors
from netlib.source.lines import Line, imports
from netlib.source.styles import StyleName, generate
from netlib.spec.layer import Shape
from netlib.spec.network import NetworkSpec


@dataclass(frozen=True)
class Key:
    """One tensor by its names in two styles, "" where a style has none, as noted."""

    layer: str
    source: str
    target: str
    note: str = ""


def carry(
    weights: Mapping[str, Tensor],
    spec: NetworkSpec,
    source_style: StyleName,
    target_style: StyleName,
    *,
    transposed: bool = False,
) -> dict[str, Tensor]:
    """Returns the weights of `spec` in one style as those of another: detached copies.

    `weights` holds all parameters and buffers by their names in the source style. The
    result is in the target's order; dtypes are kept. `transposed` says that a style
    without modules keeps its matrices as (in, out), which square ones don't show.
    Raises WeightsError for other names or shapes, SpecError for an unknown style.

    >>> from netlib import build
    >>> spec = NetworkSpec.mlp([4, 3, 1])
    >>> old, new = (build(generate(spec, style)) for style in ("manual", "mixed"))
    >>> weights = carry(old.parameters | old.buffers, spec, "manual", "mixed")
    >>> new.model.load_state_dict(weights)
    <All keys matched successfully>
    """
    source, target = _outlines(spec, source_style, target_style)
    if transposed and any(layer_paths(source)):
        rule, advice = "a style without modules", "Modules keep matrices as (out, in)."
        raise WeightsError("transposed weights", rule, source_style, advice)
    _check_names(weights, _tensors(source), source_style)
    read = _read(weights, source, transposed)
    carried = {
        row.target: read[row.source] if row.source else torch.tensor(0)
        for row in _rows(source, target)
    }
    return {name: carried[name] for name in _tensors(target)}


def key_table(
    spec: NetworkSpec, source_style: StyleName, target_style: StyleName
) -> tuple[Key, ...]:
    """Returns one row a tensor, in layer order; raises SpecError for an unknown style."""
    return _rows(*_outlines(spec, source_style, target_style))


def carry_code(
    spec: NetworkSpec, source_style: StyleName, target_style: StyleName
) -> str:
    """Returns a program that carries the weights of `old.py` to `new.py`.

    These hold the programs of `spec` in the source and the target style. Raises
    SpecError for an unknown style.
    """
    source, target = _outlines(spec, source_style, target_style)
    rows = [row for row in _rows(source, target) if row.target]
    if not rows:
        return "# There are no tensors to carry.\n"
    code = [
        f"import new  # the {target_style} style",
        f"import old  # the {source_style} style",
        "",
        *_statements(rows, _has_state(source), _has_state(target)),
    ]
    body = [Line(line) for line in code]
    text = "".join(f"{line.text}\n" for line in [*imports(body), *body])
    return text.lstrip("\n")


def _statements(rows: list[Key], from_state: bool, to_state: bool) -> list[str]:
    if from_state and to_state and all(row.source == row.target for row in rows):
        return ["new.model.load_state_dict(old.model.state_dict())"]
    values = [(row.target, _value(row.source, from_state)) for row in rows]
    state = ["state = old.model.state_dict()"] if from_state else []
    if not to_state:
        copies = [f"    new.{name}.copy_({value})" for name, value in values]
        return [*state, "with torch.no_grad():", *copies]
    entries = [f'    "{name}": {value},' for name, value in values]
    load = "new.model.load_state_dict(carried)"
    return [*state, "carried = {", *entries, "}", load]


def _value(name: str, from_state: bool) -> str:
    if not name:
        return "torch.tensor(0)"
    return f'state["{name}"]' if from_state else f"old.{name}"


def _outlines(
    spec: NetworkSpec, source_style: StyleName, target_style: StyleName
) -> tuple[Network, Network]:
    return outline(generate(spec, source_style)), outline(generate(spec, target_style))


def _has_state(network: Network) -> bool:
    return isinstance(network.model, nn.Module)


def _rows(source: Network, target: Network) -> tuple[Key, ...]:
    rows = []
    counts = counters(source), counters(target)
    tensors = zip(layer_tensors(source), layer_tensors(target))
    for stage, (old, new) in zip(source.source.spec.stages, tensors):
        for weight in stage.weights:
            rows.append(Key(stage.name, old[weight.name], new[weight.name]))
        count, new_count = (names.get(stage.index, "") for names in counts)
        if count or new_count:
            rows.append(Key(stage.name, count, new_count, _note(count, new_count)))
    return tuple(rows)


def _note(count: str, new_count: str) -> str:
    if count and new_count:
        return ""
    return f"{'left out' if count else '0'}: only modules count batches"


def _tensors(network: Network) -> dict[str, Tensor]:
    """Returns all tensors of a network in its own order."""
    if isinstance(network.model, nn.Module):
        return network.model.state_dict()
    return network.parameters | network.buffers


def _check_names(
    found: Collection[str], expected: Collection[str], style: StyleName
) -> None:
    where = f"weights of the {style} style"
    missing = ", ".join(name for name in expected if name not in found)
    surplus = ", ".join(name for name in found if name not in expected)
    if missing:
        rule = f"the names {shorten(missing)}"
        raise WeightsError(where, rule, surplus or "none of them")
    if surplus:
        names = shorten(", ".join(expected))
        rule = f"only the names {names}" if names else "no tensors"
        raise WeightsError(where, rule, surplus)


def _read(
    weights: Mapping[str, Tensor], network: Network, transposed: bool
) -> dict[str, Tensor]:
    """Returns copies of the weights, matrices as (out, in); raises WeightsError."""
    matrices = _matrices(network)
    read = {}
    for name, like in _tensors(network).items():
        flipped = transposed and name in matrices
        shape = tuple(like.T.shape if flipped else like.shape)
        _check_shape(name, weights[name], shape, name in matrices, transposed)
        value = weights[name].detach()
        read[name] = (value.T if flipped else value).clone(
            memory_format=torch.contiguous_format
        )
    return read


def _check_shape(
    name: str, value: object, shape: Shape, is_matrix: bool, transposed: bool
) -> None:
    found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
    if found == shape:
        return
    advice = ""
    if is_matrix and found == shape[::-1]:
        advice = (
            "It is stored as (out, in): leave transposed=True out."
            if transposed
            else "It is stored as (in, out): pass transposed=True."
        )
    raise WeightsError(name, f"a tensor of shape {shape}", str(found), advice)


def _matrices(network: Network) -> set[str]:
    """Returns the names of the tensors that may be stored as (in, out)."""
    paths, tensors = layer_paths(network), layer_tensors(network)
    return {
        tensors[stage.index][weight.name]
        for stage in network.source.spec.stages
        for weight in stage.weights
        if stage.layer.is_dense
        and len(weight.shape) == 2
        and paths[stage.index] is None
    }
