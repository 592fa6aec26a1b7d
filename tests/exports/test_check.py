"""A file that does not do what it should is not handed out."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from exported import trained

from netlib.errors import ExportError
from netlib.exports import FORMATS, File, export

ROOT = Path(__file__).parent.parent.parent
RUN = trained("multiclass", "ordered_dict")
PROGRAM = FORMATS["train"].write(RUN)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder for temporary files, in which nothing is left."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


def refusal(format, file, record=RUN, seconds=60):
    with pytest.raises(ExportError) as caught:
        FORMATS[format].check(file, record, seconds=seconds)
    return str(caught.value)


def changed(old, new):
    text = PROGRAM.content.decode()
    assert old in text
    return File("train.py", text.replace(old, new).encode())


def test_other_losses_are_told_from_the_last_bit_on():
    first, second, *others = RUN.epochs
    wrong = second._replace(loss=second.loss + 2**-52)
    record = replace(RUN, epochs=(first, wrong, *others))
    assert refusal("train", PROGRAM, record) == (
        "train.py: expects the losses of the run, to the last bit, "
        "got a difference of 2.2e-16."
    )


def test_a_script_is_held_to_what_it_prints_and_saves():
    file = changed('f"{epoch', 'f"epoch {epoch')
    last = RUN.epochs[-1]
    assert refusal("train", file) == (
        "train.py: expects to print the epochs of the run, got epoch "
        f"{last.number} loss {last.loss:.4f} val {last.validation_loss:.4f} "
        f"accuracy {last.score:.3f}."
    )
    file = changed("    save_file(", "    model.fc1.bias.data += 1\n    save_file(")
    assert refusal("train", file) == (
        "train.py: expects the weights of the run, got another fc1.bias."
    )


def test_a_run_that_was_stopped_is_held_to_its_epochs():
    stopped = replace(RUN, epochs=RUN.epochs[:2], weights={}, state="stopped")
    found = "run: epochs 1 to 2 identical to the last bit"
    assert FORMATS["train"].check(PROGRAM, stopped).check == found
    notebook = FORMATS["notebook"].write(RUN)
    assert FORMATS["notebook"].check(notebook, stopped).check == found


def test_a_file_that_fails_says_what_it_said():
    fails = File("train.py", b"raise ValueError('no')")
    assert refusal("train", fails) == (
        "train.py: expects to run without an error, got ValueError: no."
    )
    exits = File("train.py", b"import os; os._exit(3)")
    assert refusal("train", exits) == (
        "train.py: expects to run without an error, got exit status 3."
    )
    other = File(
        "model.py", b"from torch import nn\nmodel = nn.Sequential(nn.Linear(4, 3))"
    )
    assert refusal("snippet", other) == (
        "model.py: expects the weights of the network it was written for, "
        "got other weights."
    )


def test_a_file_that_does_not_end_is_ended():
    endless = File("train.py", b"while True:\n    pass")
    assert refusal("train", endless, seconds=0.5) == (
        "train.py: expects to end within 0.5 s, got no end. "
        "Take a smaller network, fewer rows or larger batches."
    )


def test_a_file_is_run_without_a_path_to_this_project(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert refusal("train", File("train.py", b"import netlib")) == (
        "train.py: expects to run without an error, "
        "got ModuleNotFoundError: No module named 'netlib'."
    )


def test_who_stops_an_export_ends_its_process():
    before = psutil.Process().children()
    running = []

    def stop(share, text):
        if text == "Epoch 1.":
            running.extend(psutil.Process().children())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export("train", RUN, stop)
    assert len(running) == len(before) + 1
    assert psutil.Process().children() == before
