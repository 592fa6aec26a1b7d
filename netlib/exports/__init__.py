"""An experiment -> files to take away, one function a format; EXPORTS at the foot."""

import csv
import io
from collections.abc import Callable, Iterator

from netlib.errors import ExportError, NetlibError
from netlib.experiment import Experiment
from netlib.exports.distributed import distributed_script
from netlib.exports.models import exported_program, onnx_model, weights
from netlib.exports.notebook import notebook
from netlib.exports.project import project
from netlib.exports.running import SECONDS, Progress, proven
from netlib.exports.script import script, snippet
from netlib.exports.trained import Epoch, File, Trained, arrays_of, train_anew

PROJECT = "project"

__all__ = [
    "EXPORTS", "PROJECT", "Epoch", "File", "Progress", "Trained", "arrays_of", "export",
    "history", "train_anew",
]  # fmt: skip


def design(trained: Trained) -> File:
    """Returns `design.json`, which opens to the same experiment."""
    content = trained.experiment.model_dump_json(indent=2)
    same = Experiment.model_validate_json(content) == trained.experiment
    if not same:
        raise ExportError("design.json", "the same experiment", "another")
    return File("design.json", f"{content}\n".encode(), "opens to the same experiment")


def history(trained: Trained) -> File:
    """Returns `history.csv`, the epochs of the run to the last digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["epoch", "loss", "validation_loss", "score"])
    writer.writerows(trained.history)
    check = f"{len(trained.history)} epochs, counted from 0"
    return File("history.csv", buffer.getvalue().encode(), check)


def export(
    format: str, trained: Trained, seconds: float = SECONDS
) -> Iterator[Progress]:
    """Writes a file of EXPORTS, or the project of all, and runs it.

    The last progress holds the file. Raises NetlibError if it cannot be made, fails,
    gives other numbers than the run or takes longer than `seconds`.

    >>> from netlib.experiment import TrainingPlan
    >>> trained = train_anew(Experiment(plan=TrainingPlan(epochs=1)))
    >>> *steps, last = export("weights", trained)
    >>> last.file.name, last.file.check
    ('model.safetensors', '6 tensors, loaded into the definition: outputs identical')
    """
    if format == PROJECT:
        yield from _make_project(trained, seconds)
    elif format in EXPORTS:
        yield from proven(format, EXPORTS[format](trained), trained, seconds)
    else:
        rule = f"one of {', '.join([*EXPORTS, PROJECT])}"
        raise ExportError("format", rule, format)


def _make_project(trained: Trained, seconds: float) -> Iterator[Progress]:
    files: list[File] = []
    left_out: list[NetlibError] = []
    for number, (format, write) in enumerate(EXPORTS.items()):
        try:
            file = write(trained)
        except ExportError as error:
            left_out.append(error)
            continue
        for progress in proven(format, file, trained, seconds):
            share = (number + progress.share) / len(EXPORTS)
            yield Progress(share, f"{file.name}: {progress.text}")
            if progress.file:
                files.append(progress.file)
    made = project(trained, files, left_out)
    yield Progress(1, made.check, made)


EXPORTS: dict[str, Callable[[Trained], File]] = {
    "snippet": snippet,
    "train": script,
    "notebook": notebook,
    "ddp": distributed_script,
    "weights": weights,
    "onnx": onnx_model,
    "pt2": exported_program,
    "design": design,
    "history": history,
}
