"""Files that are a text as it stands: the program, the definition, the design, the curve."""

import csv
import io

from netlib.errors import ExportError
from netlib.experiment import Experiment
from netlib.exports.file import File
from netlib.program.writer import write
from netlib.source.styles import generate
from netlib.training.epoch import Epoch
from netlib.training.record import RunRecord


def write_script(record: RunRecord) -> File:
    """Returns `train.py`: the program of the experiment, and nothing beside it."""
    text = write(record.experiment, record.csv).text
    return File("train.py", text.encode())


def write_definition(record: RunRecord) -> File:
    """Returns `model.py`: the definition in the style of the experiment."""
    source = generate(record.experiment.spec, record.experiment.style)
    return File("model.py", source.text.encode())


def write_design(record: RunRecord) -> File:
    """Returns `design.json`, which opens to the same experiment."""
    content = record.experiment.to_json()
    if Experiment.model_validate_json(content) != record.experiment:
        raise ExportError("design.json", "the same experiment", "another")
    return File("design.json", content, "opens to the same experiment")


def write_history(record: RunRecord) -> File:
    """Returns `history.csv`: the epochs of the run from 1, to the last digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["epoch", *Epoch._fields[1:]])
    writer.writerows(record.epochs)
    content = buffer.getvalue().encode()
    return File("history.csv", content, f"{len(record.epochs)} epochs")
