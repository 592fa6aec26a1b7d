"""The formats that leave the application, one row each; nothing here loads torch."""

from dataclasses import dataclass, replace
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from netlib.errors import ExportError, NetlibError
from netlib.exports.file import File, Progress, unwatched

if TYPE_CHECKING:
    from netlib.training.record import RunRecord

SECONDS = 120.0


@dataclass(frozen=True)
class Format:
    """What a format is called, what it is, and what makes it.

    `writer` and `checker` name functions of this package, loaded once they are used:
    `writer(record)` returns a File, and `checker(file, record, progress, seconds)` runs
    it and returns what was found. Without a checker the writer has checked its file, as
    has that of an archive, `writer(record, files, left_out)` of its `parts`, other formats
    by name. One that `retrains` trains the network anew, as the program of the run did.
    `run` says what is run before it is handed out; "" is what has run, or is plain data.
    """

    title: str
    filename: str
    text: str
    icon: str
    writer: str
    checker: str = ""
    run: str = ""
    needs_run: bool = True
    retrains: bool = False
    parts: tuple[str, ...] = ()

    def write(self, record: "RunRecord") -> File:
        """Returns the file of a record, not run yet; raises NetlibError."""
        file: File = _function(self.writer)(record)
        return file

    def check(
        self,
        file: File,
        record: "RunRecord",
        progress: Progress = unwatched,
        seconds: float = SECONDS,
    ) -> File:
        """Returns the file with what was found when it was run, if it is one to run.

        Raises ExportError if it fails, takes longer than `seconds` or gives other
        numbers than the record.
        """
        if not self.checker:
            return file
        found = _function(self.checker)(file, record, progress, seconds)
        return replace(file, check=found)


_FILES = {
    "notebook": Format(
        "Notebook",
        "train.ipynb",
        "The program cell by cell, with explanations and its curve.",
        "menu_book",
        writer="notebook:write_notebook",
        checker="check:run_notebook",
        run="Its cells are run in a clean process, those of a long plan for the first "
        "epochs, and their losses compared with yours.",
        retrains=True,
    ),
    "train": Format(
        "Training program",
        "train.py",
        "`train.py`: the program that made your run, to the byte.",
        "play_arrow",
        writer="plain:write_script",
        checker="check:run_script",
        retrains=True,
    ),
    "snippet": Format(
        "Definition",
        "model.py",
        "`model.py`: the network alone, in the chosen style.",
        "code",
        writer="plain:write_definition",
        checker="check:run_definition",
        needs_run=False,
    ),
    "weights": Format(
        "Weights",
        "model.safetensors",
        "safetensors, with the keys of the chosen style.",
        "grid_on",
        writer="models:write_weights",
    ),
    "onnx": Format(
        "ONNX",
        "model.onnx",
        "Raw rows in, texts too; probabilities or values out.",
        "hub",
        writer="models:write_onnx",
        run="onnxruntime answers for rows of the data, compared with `predict.py`.",
    ),
    "pt2": Format(
        "torch.export",
        "model.pt2",
        "`.pt2`: raw rows in, loads without the code.",
        "deployed_code",
        writer="models:write_pt2",
        run="It is loaded anew and answers for rows of the data, as `predict.py` does.",
    ),
    "ddp": Format(
        "Several processes",
        "train_ddp.py",
        "`train_ddp.py`: the same program under `torchrun`, with checkpoints.",
        "lan",
        writer="distributed:write_distributed",
        checker="check:run_distributed",
        run="Two processes train by it, and their losses are compared with yours.",
        retrains=True,
    ),
    "history": Format(
        "Run history",
        "history.csv",
        "The curve as CSV, to the last digit.",
        "show_chart",
        writer="plain:write_history",
    ),
    "design": Format(
        "Design",
        "design.json",
        "JSON that opens to the same experiment.",
        "data_object",
        writer="plain:write_design",
        needs_run=False,
    ),
    "predict": Format(
        "Prediction program",
        "predict.py",
        "`predict.py`: class names or values for rows of a CSV file.",
        "online_prediction",
        writer="prediction:write_program",
        checker="prediction:run_program",
        run="It answers for all rows of the data, in a clean process.",
    ),
    "preparation": Format(
        "Preparation",
        "preparation.json",
        "Means, scales, categories and class names as JSON.",
        "rule",
        writer="prediction:write_preparation",
        run="All rows of the data are prepared by it, as the program has prepared them.",
    ),
}
_ARCHIVES = {
    "prediction": Format(
        "Prediction",
        "prediction.zip",
        "A zip that answers for new rows: `predict.py`, preparation and weights.",
        "online_prediction",
        writer="project:write_prediction",
        run="`predict.py` answers for all rows of the data, in a clean process.",
        parts=("predict", "preparation", "weights"),
    ),
    "project": Format(
        "Whole project",
        "project.zip",
        "A zip with all files here, a README and pinned requirements.",
        "folder_zip",
        writer="project:write_project",
        run="All of them are run, one after the other.",
        retrains=True,
        parts=tuple(_FILES),
    ),
}
FORMATS = _FILES | _ARCHIVES


def export(
    format: str,
    record: "RunRecord",
    progress: Progress = unwatched,
    seconds: float = SECONDS,
) -> File:
    """Returns a file of FORMATS, run and compared with the record of the run.

    Raises NetlibError if it cannot be made, fails, gives other numbers than the run or
    takes longer than `seconds`.

    >>> from netlib import Experiment, TrainingPlan, train
    >>> file = export("weights", train(Experiment(plan=TrainingPlan(epochs=1))))
    >>> file.name, file.check
    ('model.safetensors', '6 tensors, loaded into the definition: outputs identical')
    """
    if format not in FORMATS:
        raise ExportError("format", f"one of {', '.join(FORMATS)}", format)
    row = FORMATS[format]
    if row.needs_run and not record.epochs:
        rule, advice = "a run with at least one epoch", "Train the network first."
        raise ExportError("export", rule, "none", advice)
    if row.parts:
        file = _archive(row, record, progress, seconds)
    else:
        file = row.check(row.write(record), record, progress, seconds)
    progress(1, file.check)
    return file


def _archive(
    row: Format, record: "RunRecord", progress: Progress, seconds: float
) -> File:
    files: list[File] = []
    left_out: list[NetlibError] = []
    for number, name in enumerate(row.parts):
        part = FORMATS[name]
        try:
            file = part.write(record)
        except ExportError as error:
            left_out.append(error)
            continue

        def tell(share: float, text: str, place: int = number, of: File = file) -> None:
            progress((place + share) / len(row.parts), f"{of.name}: {text}")

        files.append(part.check(file, record, tell, seconds))
    made: File = _function(row.writer)(record, files, left_out)
    return made


def _function(name: str):  # type: ignore[no-untyped-def]
    return resolve_name(f"netlib.exports.{name}")
