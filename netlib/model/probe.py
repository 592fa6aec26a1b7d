"""What a network does while it is trained: the answer and each unit, drawn on a plane.

A scene is what all pictures of a run have in common, a picture is one moment. Both are facts,
which JSON can hold, and bytes. A scene's bytes are points, each three floats: two places and
the target; the training rows come first; and then maps of the first inputs. A picture's bytes
are maps, those of the answers and then those of the units, and then the weights and biases,
layer by layer. Maps are side * side bytes from the top left, floats float32, little-endian.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netlib.model.builder import build
from netlib.model.given import Given, inputs_by_column
from netlib.model.network import RunningProgram
from netlib.model.plane import plane_through
from netlib.model.structure import layer_tensors
from netlib.source.styles import generate
from netlib.source.tasks import LOSSES, TASKS

SIDE = 50
MOST_INPUTS = 8  # maps of inputs
MOST_UNITS = 32  # maps of a layer
MOST_POINTS = 2000  # of the training rows, and of those kept back
MOST_WEIGHTS = 5000
FLAT = 128  # the byte for 0 in a map of values on both sides of it

Drawn = tuple[dict[str, Any], bytes]


@dataclass(frozen=True)
class Block:
    """A dense layer with what follows it up to the next: stages `first` to `last`."""

    first: int
    last: int
    name: str
    n_units: int
    n_inputs: int
    weight: str
    bias: str | None

    @property
    def n_shown(self) -> int:
        """How many of its units have a map."""
        return min(self.n_units, MOST_UNITS)


class Probe:
    """Draws a network of a running program, by a twin of its own in evaluation mode.

    It draws no random number, and leaves the program as it is. `data` are the program's
    rows and targets, on the CPU.
    """

    def __init__(self, running: RunningProgram) -> None:
        self.running = running
        twin = build(generate(running.program.source.spec, "sequential"))
        twin.set_training(False)
        assert isinstance(twin.model, nn.Sequential)
        self._stages = list(twin.model)
        own, names = layer_tensors(twin), layer_tensors(running.network)
        self._twins = {
            names[index][weight]: twin.tensors[name]
            for index, layer in enumerate(own)
            for weight, name in layer.items()
        }
        self.blocks = _blocks(running)
        self.data = {name: part.cpu() for name, part in running.data.items()}
        rows = self.data["X_train"]
        self._given = Given(running)
        self._plane = plane_through(self._given.training)
        grid, self._span = self._plane.grid(self._given.training, SIDE)
        inputs = self._given.inputs(self._plane.rows(grid))
        self._grid = inputs.reshape(-1, *rows.shape[1:])
        self._reach = max(self.data["y_train"].abs().max().item(), 1e-6)

    def scene(self) -> Drawn:
        """Returns the points, and what the pictures show."""
        titles = list(chain(*inputs_by_column(self.running).values()))[:MOST_INPUTS]
        parts = [
            self._points(self._given.training, self.data["y_train"]),
            self._points(self._given.held, self.data["y_val"]),
        ]
        facts = {
            "side": SIDE,
            "span": self._span,
            "share": self._plane.share,
            "n_features": self._plane.center.numel(),
            "inputs": titles,
            "has_classes": TASKS[self.running.program.task].has_classes,
            "reach": self._reach,
            "n_points": sum(map(len, parts)),
            "n_training": len(parts[0]),
            "blocks": [
                vars(block) | {"n_shown": block.n_shown} for block in self.blocks
            ],
            "has_weights": self._has_weights,
        }
        inputs = self._grid.flatten(1)[:, : len(titles)]
        peaks = inputs.abs().amax(0).clamp(min=1e-12)
        return facts, _floats(torch.cat(parts)) + _maps(_signed(inputs / peaks))

    @torch.no_grad()
    def picture(self, weights: Mapping[str, Tensor]) -> Drawn:
        """Returns what the network does with these weights, by their names in it."""
        self._take(weights)
        units, output = self._run(self._grid)
        shown = [v[:, : block.n_shown] for v, block in zip(units, self.blocks)]
        answers = self._answers(output)
        peaks = [values.abs().amax(0).clamp(min=1e-12) for values in shown]
        maps = [self._answer_map(answers)]
        maps += [_signed(values / peak) for values, peak in zip(shown, peaks)]
        facts = {
            "n_answers": answers.shape[1],
            "peaks": torch.cat(peaks).tolist() if peaks else [],
            "loss": self._loss(),
        }
        return facts, _maps(torch.cat(maps, 1)) + self._weights(weights)

    @torch.no_grad()
    def answers(self, weights: Mapping[str, Tensor], rows: Tensor) -> Tensor:
        """Returns for rows (n, *input_shape) probabilities or values, as a person reads them.

        Probabilities are (n, 1 or n_classes) and values (n, 1).
        """
        self._take(weights)
        return self._answers(self._run(rows)[1])

    @torch.no_grad()
    def units(self, weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Returns the values (n, n_units) of each hidden layer for training rows."""
        self._take(weights)
        return self._run(self.data["X_train"][:MOST_POINTS])[0]

    def _take(self, weights: Mapping[str, Tensor]) -> None:
        for name, twin in self._twins.items():
            twin.copy_(weights[name])

    def _run(self, rows: Tensor) -> tuple[list[Tensor], Tensor]:
        """Returns the values of each hidden layer, and the output."""
        ends = {block.last for block in self.blocks[:-1]}
        units = []
        for index, stage in enumerate(self._stages):
            rows = stage(rows)
            if index in ends:
                units.append(rows.flatten(1))
        return units, rows

    def _loss(self) -> float:
        _, output = self._run(self.data["X_val"])
        loss = getattr(F, self.running.program.loss)(output, self.data["y_val"])
        return loss.item()

    def _answers(self, output: Tensor) -> Tensor:
        """Returns probabilities (n, 1 or n_classes), or values (n, 1)."""
        name = self.running.program.loss
        if LOSSES[name].over_classes:
            return output.exp() if name == "nll_loss" else output.softmax(1)
        return output.sigmoid() if name.endswith("with_logits") else output

    def _answer_map(self, answers: Tensor) -> Tensor:
        if TASKS[self.running.program.task].has_classes:
            return (answers * 255).round().to(torch.uint8)
        return _signed(answers / self._reach)

    def _points(self, rows: Tensor, targets: Tensor) -> Tensor:
        rows, targets = rows[:MOST_POINTS], targets[:MOST_POINTS]
        points = self._plane.points(rows)
        return torch.cat((points, targets.reshape(-1, 1).float()), 1)

    @property
    def _has_weights(self) -> bool:
        return sum(b.n_units * (b.n_inputs + 1) for b in self.blocks) <= MOST_WEIGHTS

    def _weights(self, weights: Mapping[str, Tensor]) -> bytes:
        if not self._has_weights:
            return b""
        names = [name for b in self.blocks for name in (b.weight, b.bias) if name]
        return b"".join(_floats(weights[name]) for name in names)


def _blocks(running: RunningProgram) -> list[Block]:
    stages = running.program.source.spec.stages
    names = layer_tensors(running.network)
    dense = [stage for stage in stages if stage.layer.is_dense]
    firsts = [stage.index for stage in dense]
    return [
        Block(
            first,
            end - 1,
            stage.name,
            stage.output_shape[-1],
            stage.input_shape[-1],
            names[first]["weight"],
            names[first].get("bias"),
        )
        for stage, (first, end) in zip(dense, pairwise([*firsts, len(stages)]))
    ]


def _maps(values: Tensor) -> bytes:
    """Returns columns of bytes (side * side, n) one after another."""
    return values.T.contiguous().numpy().tobytes()


def _signed(values: Tensor) -> Tensor:
    """Returns values from -1 to 1 as bytes around that of 0."""
    return (FLAT + 127 * values.clamp(-1, 1)).round().to(torch.uint8)


def _floats(values: Tensor) -> bytes:
    return values.detach().cpu().contiguous().numpy().astype("<f4").tobytes()
