"""Exported files, run in a clean process and held against the run they repeat."""

import hashlib
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from netlib.errors import ExportError, shorten
from netlib.exports.notebook import CSV_PATH, code_of
from netlib.exports.texts import CHECKED_EPOCHS
from netlib.exports.trained import Epoch, File, Trained, initial

SECONDS = 120.0
# Before training, sums shared among processes differ by rounding only.
LARGEST_DIFFERENCE_AT_START = 1e-4
# Processes talk within this machine.
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


@dataclass(frozen=True)
class Progress:
    """How far a file is made, 0 to 1, what is being done, and the file at the end."""

    share: float
    text: str
    file: File | None = None


# Yields progress and returns what was found.
Run = Generator[Progress, None, str]


def proven(
    format: str, file: File, trained: Trained, seconds: float = SECONDS
) -> Iterator[Progress]:
    """Runs the file if its format is one that runs; the last progress holds it.

    Raises ExportError if it fails, takes longer than `seconds` or gives other numbers.
    """
    check = file.check
    if format in RUNS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if trained.csv is not None:
                (folder / CSV_PATH).write_bytes(trained.csv)
            yield Progress(0, f"Running {file.name} in a clean process.")
            check = yield from RUNS[format](file, trained, folder, seconds)
    yield Progress(1, check, replace(file, check=check))


def _run_snippet(file: File, trained: Trained, folder: Path, seconds: float) -> Run:
    (folder / file.name).write_bytes(file.content)
    seed, shape = trained.experiment.seed, trained.experiment.spec.input_shape
    program = _SNIPPET_RUN.format(name=file.name, seed=seed, shape=shape)
    (found,) = _lines(file.name, program, (), folder, seconds)
    yield Progress(0.9, "Comparing the weights that it draws.")
    network = initial(trained.experiment)
    tensors = [*network.parameters.values(), *network.buffers.values()]
    data = b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)
    if found != hashlib.sha256(data).hexdigest():
        rule = "the weights of the network it was written for"
        raise ExportError(file.name, rule, "other weights")
    return f"run: {len(tensors)} tensors identical to the last bit"


def _run_script(file: File, trained: Trained, folder: Path, seconds: float) -> Run:
    arguments = _arguments(trained)
    lines = _lines(file.name, file.content.decode(), arguments, folder, seconds)
    history = yield from _follow(lines, trained)
    return _require_identical(file, history, trained)


def _run_notebook(file: File, trained: Trained, folder: Path, seconds: float) -> Run:
    """Runs the code cells in order, those of a long plan for fewer epochs."""
    whole, fewer = (
        f"\nepochs = {n}\n"
        for n in (trained.experiment.plan.epochs, _n_epochs(trained))
    )
    program = f"{code_of(file).replace(whole, fewer, 1)}\n{_PRINT_HISTORY}"
    lines = _lines(file.name, program, (), folder, seconds)
    history = yield from _follow(lines, trained)
    return _require_identical(file, history, trained)


def _run_distributed(file: File, trained: Trained, folder: Path, seconds: float) -> Run:
    """Runs two processes that meet in a file."""
    arguments = [*_arguments(trained), "--processes", "2", "--backend", "gloo"]
    lines = _lines(file.name, file.content.decode(), arguments, folder, seconds)
    history = yield from _follow(lines, trained)
    at_start = _largest_difference(history[:1], trained)
    if not at_start <= LARGEST_DIFFERENCE_AT_START:
        rule = "the losses of one process before training"
        raise ExportError(file.name, rule, f"a difference of {at_start:.2g}")
    largest = _largest_difference(history, trained)
    difference = f"largest difference from one process {largest:.2g}"
    return f"run by two processes, {_counted(history)}: {difference}"


RUNS: dict[str, Callable[[File, Trained, Path, float], Run]] = {
    "snippet": _run_snippet,
    "train": _run_script,
    "notebook": _run_notebook,
    "ddp": _run_distributed,
}


def _n_epochs(trained: Trained) -> int:
    return min(trained.experiment.plan.epochs, CHECKED_EPOCHS)


def _arguments(trained: Trained) -> list[str]:
    path = [] if trained.csv is None else [CSV_PATH]
    return [*path, "--epochs", str(_n_epochs(trained))]


def _follow(
    lines: Iterator[str], trained: Trained
) -> Generator[Progress, None, list[Epoch]]:
    """Reads the rows of epochs among the lines, and tells of each."""
    history: list[Epoch] = []
    for line in lines:
        cells = line.split(",")
        if len(cells) == 4 and cells[0].isdigit():
            epoch, (loss, validation_loss, score) = int(cells[0]), map(float, cells[1:])
            history.append((epoch, loss, validation_loss, score))
            yield Progress(epoch / (_n_epochs(trained) + 1), f"Epoch {epoch}.")
    return history


def _require_identical(file: File, history: list[Epoch], trained: Trained) -> str:
    expected = list(trained.history[: _n_epochs(trained) + 1])
    if history[: len(expected)] != expected:
        rule = "the losses of the run, to the last bit"
        found = f"a difference of {_largest_difference(history, trained):.2g}"
        raise ExportError(file.name, rule, found)
    return f"run: {_counted(expected)} identical to the last bit"


def _counted(history: list[Epoch]) -> str:
    return f"epochs 0 to {history[-1][0]}"


def _largest_difference(history: Sequence[Epoch], trained: Trained) -> float:
    pairs = zip(history, trained.history)
    differences = [
        abs(value - other)
        for row, expected in pairs
        for value, other in zip(row, expected)
    ]
    return max(differences, default=math.inf)


def _lines(
    name: str, program: str, arguments: Sequence[str], folder: Path, seconds: float
) -> Iterator[str]:
    """Yields what the program prints, line by line; `name` is for its errors."""
    path = folder / f"run_{Path(name).stem}.py"
    path.write_text(program, encoding="utf-8")
    is_late = threading.Event()
    with (folder / "stderr").open("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            # Isolated: no path leads to this application.
            [sys.executable, "-I", path.name, *arguments],
            cwd=folder,
            env=os.environ | {"GLOO_SOCKET_IFNAME": LOOPBACK},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that it can be ended with all that it starts
        )

        def end_late() -> None:
            is_late.set()
            _end(process)

        timer = threading.Timer(seconds, end_late)
        timer.start()
        try:
            assert process.stdout
            for line in process.stdout:
                yield line.rstrip("\n")
            code = process.wait()
        finally:
            timer.cancel()
            _end(process)
        errors.seek(0)
        last_words = errors.read().strip().rpartition("\n")[2]
    if is_late.is_set():
        advice = "Take a smaller network, fewer rows or larger batches."
        raise ExportError(name, f"to end within {seconds:g} s", "no end", advice)
    if code:
        found = shorten(last_words or f"exit status {code}")
        raise ExportError(name, "to run without an error", found)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()


_SNIPPET_RUN = """
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
_PRINT_HISTORY = """
for row in history:
    print(*row, sep=",")
"""
