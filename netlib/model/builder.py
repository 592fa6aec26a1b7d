"""source -> model, program -> running program."""

import ast
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import psutil
import torch
from torch import Tensor, nn

from netlib.data.loader import Dataset
from netlib.data.table import safe_filename
from netlib.errors import SizeError
from netlib.experiment import Experiment
from netlib.model.execution import forget, kept, run
from netlib.program.writer import Program
from netlib.source.lines import imports, text_lines
from netlib.source.styles import Source, generate
from netlib.spec.network import NetworkSpec

# torch's random generator belongs to the process: seeding and drawing are one step.
_LOCK = threading.Lock()

CAP_VARIABLE = "LAYERWRIGHT_MAX_NETWORK_MB"
CAP_MEGABYTES = 1024
# Weights, gradients and Adam's two averages.
COPIES_IN_TRAINING = 4


@dataclass(frozen=True, eq=False)
class Network:
    """A built model with its tensors by name, in layer order.

    `model` is callable: (n, *input_shape) -> (n, *output_shape). `tree` is what PyTorch
    prints for a module, or a table of the tensors of a plain function. `random_state` is
    that of torch's generator after building. `update` is the program's own function of
    the learning rate that takes one step down the gradients, if it binds one.
    """

    source: Source
    model: Callable[[Tensor], Tensor]
    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]
    tree: str
    random_state: Tensor
    update: Callable[[float], object] | None

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The parameters and then the buffers, by name."""
        return self.parameters | self.buffers

    def set_training(self, training: bool) -> None:
        """Switches Dropout and batch statistics on (training) or off (evaluation)."""
        if isinstance(self.model, nn.Module):
            self.model.train(training)
        elif hasattr(self.model, "training"):
            self.model.training = training


@dataclass(frozen=True, eq=False)
class RunningProgram:
    """A program that was executed: its network and data, and what drives it.

    `data` holds X_train, X_val, y_train and y_val. `train_epoch()` yields each step's
    summed loss and `validate()` returns loss and score, as the program's text has them.
    `names` are all that its text binds.
    """

    program: Program
    network: Network
    data: Mapping[str, Tensor]
    optimizer: torch.optim.Optimizer
    train_epoch: Callable[[], Iterator[float]]
    validate: Callable[[], tuple[float, float]]
    names: dict[str, Any]

    @property
    def scheduler(self) -> torch.optim.lr_scheduler.LRScheduler | None:
        """What changes the learning rate over the run, if it has a schedule."""
        return self.names.get("scheduler")

    @property
    def batch_size(self) -> int:
        """The rows of a batch, which `train_epoch` reads when an epoch begins."""
        return self.names["batch_size"]

    def set_batch_size(self, n_rows: int) -> None:
        """Sets the rows of a batch of the epochs to come."""
        self.names["batch_size"] = n_rows


def build(what: Source | NetworkSpec | Experiment, seed: int | None = None) -> Network:
    """Executes a definition after seeding torch and returns its network.

    A network is written in the style of an experiment, or of the default one. The seed is
    the experiment's, or 0, where none is given. Raises SizeError before anything is
    allocated if the network is too large.

    >>> from netlib.source.styles import generate
    >>> network = build(generate(NetworkSpec.mlp([3, 2]), "mixed"), seed=7)
    >>> {name: tuple(tensor.shape) for name, tensor in network.parameters.items()}
    {'layers.0.weight': (2, 3), 'layers.0.bias': (2,)}
    >>> network.model(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """
    source = _source(what)
    check_size(source.spec)
    if seed is None:
        seed = what.seed if isinstance(what, Experiment) else 0
    with _LOCK, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _network(source, kept(run(source.text, source.spec.name)))


def _source(what: Source | NetworkSpec | Experiment) -> Source:
    if isinstance(what, NetworkSpec):
        what = Experiment(spec=what)
    return generate(what.spec, what.style) if isinstance(what, Experiment) else what


def outline(source: Source) -> Network:
    """Returns the network without allocating its tensors, on the meta device.

    >>> from netlib.source.styles import generate
    >>> print(outline(generate(NetworkSpec.mlp([65536, 65536]), "sequential")).tree)
    Sequential(
      (0): Linear(in_features=65536, out_features=65536, bias=True)
    )
    """
    with _LOCK, torch.device("meta"):
        names = run(source.text, source.spec.name)
    forget(names)
    return _network(source, names)


def execute(program: Program, csv: bytes | None = None) -> RunningProgram:
    """Executes `program.text` under another name than `__main__`: nothing trains yet.

    `csv` is the file that it reads, which is put into its working folder: the folder and
    torch's random generator are those of this process. Raises SizeError before anything
    is allocated if the network is too large.

    >>> from netlib.experiment import Experiment
    >>> from netlib.program.writer import write
    >>> running = execute(write(Experiment()))
    >>> running.data["X_train"].shape, len(list(running.train_epoch()))
    (torch.Size([1437, 16]), 45)
    """
    check_size(program.source.spec)
    with _working_folder(program, csv):
        names = kept(run(program.text, "program"))
    network = _network(program.source, _defined(program, names))
    return RunningProgram(
        program,
        network,
        {name: names[name] for name in ("X_train", "X_val", "y_train", "y_val")},
        names["optimizer"],
        names["train_epoch"],
        names["validate"],
        names,
    )


def execute_beside(text: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Executes a program in a folder with the files that it reads; returns what it binds.

    It binds `model`. Torch's random generator is left as it was.
    """
    with _LOCK, torch.random.fork_rng(devices=[]), TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return kept(run(text, "program", Path(folder, "program.py")))


def example_rows(dataset: Dataset) -> pd.DataFrame:
    """Executes the statements that load or make an example and returns its rows.

    The columns are the features, `x1` and on, and `target`.
    """
    lines = text_lines(dataset.code)
    body = [*imports(lines, dataset.imports), *lines]
    names = run("\n".join(line.text for line in body), "data")
    forget(names)
    features = pd.DataFrame(names["X"]).rename(columns=lambda number: f"x{number + 1}")
    return features.assign(target=names["y"])


@contextmanager
def _working_folder(program: Program, csv: bytes | None) -> Iterator[None]:
    """Works in a folder with the file that the program reads, if there is one."""
    if csv is None:
        yield
        return
    with TemporaryDirectory() as folder, chdir(folder):
        Path(safe_filename(program.experiment.data.filename)).write_bytes(csv)
        yield


def _defined(program: Program, names: dict[str, Any]) -> dict[str, Any]:
    """Returns what the model section binds: a plain function's tensors are among it."""
    first, last = program.sections["model"]
    bound = [
        target.id
        for node in ast.parse(program.text).body
        if isinstance(node, ast.Assign) and first <= node.lineno <= last
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return {name: names[name] for name in [*bound, "model"]}


def check_size(spec: NetworkSpec) -> None:
    """Raises SizeError if training `spec` would not fit this machine or its cap."""
    cap = int(os.environ.get(CAP_VARIABLE, CAP_MEGABYTES)) * 2**20
    available = psutil.virtual_memory().available // COPIES_IN_TRAINING
    if spec.n_bytes > min(cap, available):
        reason = (
            f"the cap of this server ({CAP_VARIABLE})"
            if cap < available
            else f"a {COPIES_IN_TRAINING}th of the free memory, for training"
        )
        raise SizeError(
            f"network {spec.title}",
            f"at most {min(cap, available) / 2**20:,.0f} MB of weights, {reason}",
            f"{spec.n_bytes / 2**20:,.0f} MB",
            "Its code and structure are shown; make a layer narrower to build it.",
        )


def _network(source: Source, names: dict[str, Any]) -> Network:
    model = names["model"]
    if isinstance(model, nn.Module):
        parameters: dict[str, Tensor] = dict(model.named_parameters())
        buffers = dict(model.named_buffers())
        tree = str(model)
    else:
        tensors = {k: value for k, value in names.items() if isinstance(value, Tensor)}
        parameters = {k: value for k, value in tensors.items() if value.requires_grad}
        buffers = {k: value for k, value in tensors.items() if k not in parameters}
        tree = _table(tensors)
    state, update = torch.get_rng_state(), names.get("update")
    return Network(source, model, parameters, buffers, tree, state, update)


def _table(tensors: dict[str, Tensor]) -> str:
    width = max(map(len, tensors), default=0)
    shapes = [str(tuple(tensor.shape)) for tensor in tensors.values()]
    rows = [
        f"{name:{width}}  {shape:{max(map(len, shapes))}}  "
        f"{'trained' if tensor.requires_grad else 'running statistic'}"
        for (name, tensor), shape in zip(tensors.items(), shapes)
    ]
    return "\n".join(rows) or "no tensors"
