"""source -> model, program -> running program: the only place that executes text."""

import ast
import itertools
import linecache
import os
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pandas as pd
import psutil
import torch

from netlib.data.loader import Dataset
from netlib.data.table import safe_filename
from netlib.errors import SizeError
from netlib.experiment import Experiment
from netlib.model.network import Names, Network, RunningProgram, network_of
from netlib.program.writer import Program
from netlib.source.lines import imports, text_lines
from netlib.source.styles import Source, generate
from netlib.spec.network import NetworkSpec

_NUMBERS = itertools.count(1)

# torch's random generator belongs to the process: seeding and drawing are one step.
_LOCK = threading.Lock()

CAP_VARIABLE = "LAYERWRIGHT_MAX_NETWORK_MB"
CAP_MEGABYTES = 1024
# Weights, gradients and Adam's two averages.
COPIES_IN_TRAINING = 4


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
        return network_of(source, _kept(_run(source.text, source.spec.name)))


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
        names = _run(source.text, source.spec.name)
    _forget(names["__name__"])
    return network_of(source, names)


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
        names = _kept(_run(program.text, "program"))
    network = network_of(program.source, _defined(program, names))
    return RunningProgram(
        program,
        network,
        {name: names[name] for name in ("X_train", "X_val", "y_train", "y_val")},
        names["optimizer"],
        names["train_epoch"],
        names["validate"],
        names,
    )


def execute_beside(text: str, files: Mapping[str, bytes]) -> Names:
    """Executes a program in a folder with the files that it reads; returns what it binds.

    It binds `model`. Torch's random generator is left as it was.
    """
    with _LOCK, torch.random.fork_rng(devices=[]), TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return _kept(_run(text, "program", Path(folder, "program.py")))


def example_rows(dataset: Dataset) -> pd.DataFrame:
    """Executes the statements that load or make an example and returns its rows.

    The columns are the features, `x1` and on, and `target`.
    """
    lines = text_lines(dataset.code)
    body = [*imports(lines, dataset.imports), *lines]
    names = _run("\n".join(line.text for line in body), "data")
    _forget(names["__name__"])
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


def _defined(program: Program, names: Names) -> Names:
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


def _run(text: str, title: str, path: Path | None = None) -> Names:
    """Executes a text, under another name than `__main__`, and returns what it binds.

    `path` is where it takes itself to stand. Its lines are kept until `_forget`.
    """
    name = f"{title}_{next(_NUMBERS)}"
    filename = f"<{name}>"
    module = ModuleType(name)  # it stays empty, so that it keeps no network alive
    module.__file__ = filename
    sys.modules[name] = module
    lines = text.splitlines(keepends=True)
    linecache.cache[filename] = (len(text), None, lines, filename)
    names: Names = {"__name__": name, "__file__": str(path)}
    exec(compile(text, filename, "exec"), names)  # noqa: S102
    return names


def _kept(names: Names) -> Names:
    """Returns the names of a text whose lines are forgotten with its network's class."""
    model, name = names["model"], names["__name__"]
    is_own = type(model).__module__ == name
    weakref.finalize(type(model) if is_own else model, _forget, name)
    return names


def _forget(name: str) -> None:
    sys.modules.pop(name, None)
    linecache.cache.pop(f"<{name}>", None)
