"""Exported files, run in clean processes and held against the run that they repeat."""

import hashlib
import math
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from netlib.data.table import safe_filename
from netlib.errors import ExportError
from netlib.exports.file import File, Progress
from netlib.exports.notebook import code_of
from netlib.exports.process import run_clean
from netlib.program.writer import write
from netlib.source.tasks import TASKS
from netlib.training.epoch import Epoch
from netlib.training.record import RunRecord, untrained

CHECKED_EPOCHS = 10
# Sums of several processes round otherwise, so that training drifts apart from this.
LARGEST_DIFFERENCE_AT_START = 1e-3

# Executes a program under another name, and drives its two functions.
DRIVER = """
import runpy
names = runpy.run_path({name!r}, run_name="checked")
for epoch in range(1, {n_epochs} + 1):
    loss = sum(names["train_epoch"]()) / len(names["X_train"])
    print(epoch, loss, *names["validate"](), sep=",", flush=True)
"""
AS_A_SCRIPT = """
runpy.run_path({name!r}, run_name="__main__")
"""
# Two processes that meet in a file; torchrun would have set RANK.
TWO_DRIVERS = """
import functools, os, pathlib, runpy, torch
import torch.distributed as dist
import torch.multiprocessing as mp

def work(rank):
    os.environ["RANK"] = str(rank)
    place = {{"init_method": pathlib.Path("meeting").absolute().as_uri()}}
    place |= {{"rank": rank, "world_size": 2}}
    dist.init_process_group = functools.partial(dist.init_process_group, **place)
    names = runpy.run_path({name!r}, run_name="checked")
    for epoch in range(1, {n_epochs} + 1):
        loss = sum(names["train_epoch"]()) / len(names["X_train"])
        loss = torch.tensor(loss, dtype=torch.float64)
        dist.all_reduce(loss)
        row = loss.item(), *names["validate"]()
        if rank == 0:
            print(epoch, *row, sep=",", flush=True)
    if rank == 0:
        names["save_checkpoint"]({n_epochs})
        assert names["load_checkpoint"]() == {n_epochs}
    dist.barrier()
    dist.destroy_process_group()
    os._exit(0)

if __name__ == "__main__":
    mp.spawn(work, nprocs=2)
"""
DEFINITION_DRIVER = """
import hashlib, runpy, torch
torch.manual_seed({seed})
names = runpy.run_path({name!r})
model = names["model"]
if isinstance(model, torch.nn.Module):
    tensors = [*model.parameters(), *model.buffers()]
else:
    found = [value for value in names.values() if isinstance(value, torch.Tensor)]
    tensors = sorted(found, key=lambda tensor: not tensor.requires_grad)
data = b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)
model(torch.zeros(2, *{shape}))
print(hashlib.sha256(data).hexdigest())
"""
PRINT_HISTORY = """
for row in history:
    print(*row, sep=",")
"""


def run_definition(
    file: File, record: RunRecord, progress: Progress, seconds: float
) -> str:
    """Draws the weights of `model.py` from the seed and compares them."""
    seed, shape = record.experiment.seed, record.experiment.spec.input_shape
    driver = DEFINITION_DRIVER.format(name=file.name, seed=seed, shape=shape)
    progress(0, f"Running {file.name} in a clean process.")
    with _folder(file, record) as folder:
        (found,) = run_clean(file.name, _program(folder, driver), seconds)
    network = untrained(record.experiment)
    tensors = [*network.parameters.values(), *network.buffers.values()]
    data = b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)
    if found != hashlib.sha256(data).hexdigest():
        rule = "the weights of the network it was written for"
        raise ExportError(file.name, rule, "other weights")
    return f"run: {len(tensors)} tensors identical to the last bit"


def run_script(
    file: File, record: RunRecord, progress: Progress, seconds: float
) -> str:
    """Drives `train.py` for its first epochs; runs it whole if there are no more."""
    driver = DRIVER.format(name=file.name, n_epochs=_n_epochs(record))
    if _is_whole(record):
        driver += AS_A_SCRIPT.format(name=file.name)
    progress(0, f"Running {file.name} in a clean process.")
    with _folder(file, record) as folder:
        lines = run_clean(file.name, _program(folder, driver), seconds)
        history, printed = _follow(lines, record, progress)
        found = _require_identical(file, history, record)
        if not _is_whole(record):
            return found
        if printed != _printed(record):
            rule = "to print the epochs of the run"
            raise ExportError(file.name, rule, printed[-1] if printed else "nothing")
        _require_weights(file, folder, record)
    return f"{found}, its weights too"


def run_notebook(
    file: File, record: RunRecord, progress: Progress, seconds: float
) -> str:
    """Runs the code of all cells in order, those of a long plan for fewer epochs."""
    end = "for epoch in range(1, {})".format
    whole, fewer = end(record.experiment.plan.epochs + 1), end(_n_epochs(record) + 1)
    code = f"{code_of(file).replace(whole, fewer, 1)}\n{PRINT_HISTORY}"
    progress(0, f"Running {file.name} in a clean process.")
    with _folder(file, record) as folder:
        lines = run_clean(file.name, _program(folder, code), seconds)
        history, _ = _follow(lines, record, progress)
        found = _require_identical(file, history, record)
        if not _is_whole(record):
            return found
        _require_weights(file, folder, record)
    return f"{found}, its weights too"


def run_distributed(
    file: File, record: RunRecord, progress: Progress, seconds: float
) -> str:
    """Drives two processes for the first epochs, with a checkpoint at the end."""
    driver = TWO_DRIVERS.format(name=file.name, n_epochs=_n_epochs(record))
    progress(0, f"Running {file.name} in two clean processes.")
    with _folder(file, record) as folder:
        lines = run_clean(file.name, _program(folder, driver), seconds)
        history, _ = _follow(lines, record, progress)
    if not any(layer.has_mode for layer in record.experiment.spec.layers):
        start = _largest_difference(history[:1], record.epochs)
        if not start <= LARGEST_DIFFERENCE_AT_START:
            rule = "the losses of one process in epoch 1"
            raise ExportError(file.name, rule, f"a difference of {start:.2g}")
    largest = _largest_difference(history, record.epochs)
    difference = f"largest difference from one process {largest:.2g}"
    return f"run by two processes, {_counted(history, record)}: {difference}"


@contextmanager
def _folder(file: File, record: RunRecord) -> Iterator[Path]:
    """Gives a folder with the file, and the table that it reads if it reads one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / file.name).write_bytes(file.content)
        if record.csv is not None:
            filename = safe_filename(record.experiment.data.filename)
            (folder / filename).write_bytes(record.csv)
        yield folder


def _program(folder: Path, text: str) -> Path:
    path = folder / "checked_program.py"
    path.write_text(text, encoding="utf-8")
    return path


def _n_epochs(record: RunRecord) -> int:
    return min(len(record.epochs), CHECKED_EPOCHS)


def _is_whole(record: RunRecord) -> bool:
    """Tells whether the record holds the plan to its end, and all of it is checked."""
    is_finished = record.state == "finished"
    return is_finished and _n_epochs(record) == record.experiment.plan.epochs


def _follow(
    lines: Generator[str, None, None], record: RunRecord, progress: Progress
) -> tuple[list[Epoch], list[str]]:
    """Returns the rows of epochs, of each of which it tells, and the other lines."""
    history: list[Epoch] = []
    others: list[str] = []
    with closing(lines):
        for line in lines:
            number, *values = line.split(",")
            if len(values) == 3 and number.isdigit():
                history.append(Epoch(int(number), *map(float, values)))
                progress(len(history) / (_n_epochs(record) + 2), f"Epoch {number}.")
            else:
                others.append(line)
    return history, others


def _require_identical(file: File, history: list[Epoch], record: RunRecord) -> str:
    expected = list(record.epochs[: _n_epochs(record)])
    if history != expected:
        rule = "the losses of the run, to the last bit"
        largest = _largest_difference(history, expected)
        raise ExportError(file.name, rule, f"a difference of {largest:.2g}")
    return f"run: {_counted(expected, record)} identical to the last bit"


def _require_weights(file: File, folder: Path, record: RunRecord) -> None:
    found = load_file(folder / "model.safetensors")
    for name, values in record.weights.items():
        # Counters of batches are not carried from a function, which has none.
        if values.dtype == np.float32 and (
            name not in found or found[name].tobytes() != values.tobytes()
        ):
            raise ExportError(file.name, "the weights of the run", f"another {name}")


def _printed(record: RunRecord) -> list[str]:
    """Returns what the program prints for the epochs of the record."""
    score = TASKS[write(record.experiment, record.csv).task].score_name
    width = len(str(record.experiment.plan.epochs))
    return [
        f"{epoch.number:{width}}  loss {epoch.loss:.4f}  "
        f"val {epoch.validation_loss:.4f}  {score} {epoch.score:.3f}"
        for epoch in record.epochs
    ]


def _counted(history: Sequence[Epoch], record: RunRecord) -> str:
    n_all = len(record.epochs)
    of = f" of {n_all}" if len(history) < n_all else ""
    return f"epochs 1 to {len(history)}{of}"


def _largest_difference(history: Sequence[Epoch], others: Sequence[Epoch]) -> float:
    differences = [
        abs(value - other)
        for row, expected in zip(history, others)
        for value, other in zip(row[1:3], expected[1:3])
    ]
    return max(differences, default=math.inf)
