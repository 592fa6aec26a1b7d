"""What answers for new rows is handed out only if it answers as the run does."""

import io
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
from exported import CSV, trained

from netlib.errors import ExportError
from netlib.exports import FORMATS, File
from netlib.exports.project import write_prediction

RUN = trained("multiclass", "ordered_dict")


def refused(do, *arguments):
    with pytest.raises(ExportError) as caught:
        do(*arguments)
    return str(caught.value)


def test_another_preparation_is_refused():
    run = replace(RUN)
    numbers = dict(RUN.preparation["numbers"])
    numbers["x2"] = numbers["x2"] | {"mean": numbers["x2"]["mean"] + 2**-20}
    vars(run)["preparation"] = RUN.preparation | {"numbers": numbers}
    told = refused(FORMATS["preparation"].write, run)
    assert told.startswith(
        "preparation.json: expects rows prepared as in training, to the last bit, "
        "got a difference of "
    )


def test_other_answers_are_refused():
    file = FORMATS["predict"].write(RUN)
    text = file.content.decode().replace("argmax", "argmin")
    changed = File(file.name, text.encode())
    assert refused(FORMATS["predict"].check, changed, RUN) == (
        "predict.py: expects the answers of the network of the run, got other classes."
    )


def test_the_archive_answers_for_rows_on_standard_input(tmp_path):
    run = trained("csv", "subclass")
    files = [FORMATS[name].write(run) for name in FORMATS["prediction"].parts]
    archive = zipfile.ZipFile(io.BytesIO(write_prediction(run, files, []).content))
    assert archive.namelist() == ["predict.py", "preparation.json", "model.safetensors"]
    archive.extractall(tmp_path)
    rows = b"".join(CSV.splitlines(keepends=True)[:4])
    command = [sys.executable, "-I", tmp_path / "predict.py"]
    printed = subprocess.run(command, input=rows, capture_output=True, check=True)
    answers = run.predict(io.BytesIO(rows))["prediction"]
    lines = ["prediction", *(f"{answer:.6g}" for answer in answers)]
    assert printed.stdout.decode().splitlines() == lines
