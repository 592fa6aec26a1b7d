"""The command line, as a shell calls it."""

import csv
import json
import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import load, load_file

from netlib import (
    STYLES,
    Experiment,
    NetworkSpec,
    TrainingPlan,
    build,
    generate,
    train,
    write,
)
from netlib.__main__ import main
from netlib.data.choice import DataChoice
from netlib.exports import FORMATS

ROOT = Path(__file__).parent.parent


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "netlib", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def netlib(folder, *arguments):
    """Status, stdout and stderr of a command."""
    process = start(folder, *arguments)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


def rows(text):
    """The epochs that training has printed."""
    header, *rows = csv.reader(text.splitlines())
    assert header == ["epoch", "loss", "validation_loss", "score"]
    return tuple((int(epoch), *map(float, rest)) for epoch, *rest in rows)


def test_a_definition_and_its_tree_are_printed(tmp_path):
    spec = NetworkSpec.mlp([16, 12, 10, 1], "tanh", "sigmoid")
    options = ["16-12-10-1", "--activation", "tanh", "--output-activation", "sigmoid"]
    source = generate(spec, "manual")
    printed = netlib(tmp_path, "generate", *options, "--style", "manual")
    assert printed == (0, source.text, "")
    source = generate(spec, "mixed")
    printed = netlib(tmp_path, "tree", *options, "--style", "mixed")
    assert printed == (0, f"{build(source).tree}\n", "")


def test_a_program_is_printed(tmp_path):
    printed = netlib(tmp_path, "write", "16-12-10-1", "--data", "digits-odd")
    spec = NetworkSpec.mlp([16, 12, 10, 1])
    assert printed == (0, write(Experiment(spec=spec)).text, "")
    table = b"a,b,c\n" + b"".join(
        b"%d,%d,k%d\n" % (i * i, i % 3, i % 2) for i in range(30)
    )
    (tmp_path / "t.csv").write_bytes(table)
    options = ["2-4-1", "--csv", "t.csv", "--style", "manual", "--optimizer", "sgd"]
    options += ["--nesterov", "--schedule", "cosine", "--clip", "0.5", "--device=auto"]
    experiment = Experiment(
        spec=NetworkSpec.mlp([2, 4, 1]),
        style="manual",
        data=DataChoice(name="csv", filename="t.csv"),
        plan=TrainingPlan(
            optimizer="sgd", nesterov=True, schedule="cosine", clip=0.5, device="auto"
        ),
    )
    printed = netlib(tmp_path, "write", *options)
    assert printed == (0, write(experiment, table).text, "")


def test_what_is_understood_of_a_table_is_printed(tmp_path):
    lines = [f"{i + 1};{i * 7 % 30},5;{'ab'[i % 2]}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["nr;size;kind", *lines]))
    status, printed, told = netlib(tmp_path, "data", "--csv", "t.csv", "--target=size")
    assert (status, told) == (0, "")
    assert printed.splitlines() == [
        "rows        30",
        "rows_used   30",
        "task        regression",
        "n_features  2",
        "classes     -",
        "columns:",
        "  nr    row number  left out  counts the rows from 1",
        "  size  number      target    numbers",
        "  kind  category    category  2 different texts",
        "notes:",
        "  Read as utf-8 text between semicolons: 30 rows, 3 columns.",
        "  Rows dropped, without a target: 0.",
        "  The target 'size' holds 30 different numbers: regression.",
        "  Left out, 1: nr (row number).",
        (
            "  Features: 0 of numbers, standardised (0 missing: the training part's "
            "median); 1 of text, one-hot (0 missing: a category of their own)."
        ),
        "warnings:",
        "  A score on 6 rows kept back means little; 20 tell more.",
    ]


def test_help_shows_examples_and_all_formats(tmp_path):
    status, help_text, _ = netlib(tmp_path, "export", "--help")
    assert status == 0
    example = "python -m netlib export --style mixed --format ddp -o exported"
    assert example in " ".join(help_text.split())
    assert all(name in help_text for name in [*FORMATS, *STYLES])
    plan = [name.replace("_", "-") for name in TrainingPlan.model_fields]
    assert all(f"--{name}" in help_text for name in plan)


def test_help_needs_no_torch(tmp_path):
    program = (
        "import sys, contextlib; from netlib.__main__ import main\n"
        "with contextlib.suppress(SystemExit): main(['export', '--help'])\n"
        "sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["generate", "16-x"],
            (
                "widths: expects whole numbers joined by hyphens, commas, spaces or "
                "arrows, such as 16-12-10-1, got 16-x."
            ),
        ),
        (
            ["generate", "--activation", "tanh"],
            "widths: expects sizes beside an activation, got none.",
        ),
        (["tree", "--design", "none.json"], "none.json: No such file or directory."),
        (
            ["tree", "--design", __file__],
            f"design file: expects JSON as an export writes it, got {__file__}.",
        ),
        (
            ["train", "--epochs", "ten"],
            "argument --epochs: invalid int value: 'ten'.",
        ),
        (
            ["train", "--schedule", "linear"],
            (
                "argument --schedule: invalid choice: 'linear' "
                "(choose from 'constant', 'step', 'cosine', 'one-cycle')."
            ),
        ),
        (
            ["write", "--csv", "none.csv"],
            "none.csv: No such file or directory.",
        ),
        (
            ["data", "--csv", "/dev/zero"],
            "CSV file: expects at most 20 MB, got more. Keep fewer rows or columns.",
        ),
        (
            ["data", "--csv", __file__.replace("test_main.py", "golden/build.png")],
            (
                "CSV file: expects a table as text, got a PNG picture. "
                "Save the table as CSV (UTF-8)."
            ),
        ),
        (["data"], "the following arguments are required: --csv."),
        (
            ["write", "4-2-1"],
            (
                "data: expects 4 features, one for each input of the network, got 16. "
                "Give the network 16 inputs and 1 output."
            ),
        ),
        (
            ["train", "--data", "iris", "--epochs", "1"],
            (
                "data: expects 16 features, one for each input of the network, got 4. "
                "Give the network 4 inputs and 3 outputs."
            ),
        ),
        (
            ["train", "--epochs", "0"],
            "plan: expects 1 to 100000 epochs, got 0.",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_status_2(
    arguments, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)
    except SystemExit as exit:
        status = exit.code
    assert (status, *capsys.readouterr()) == (2, "", f"netlib: {said}\n")
    assert list(tmp_path.iterdir()) == []


def test_training_prints_its_epochs_and_keeps_the_weights(tmp_path):
    table = "a;b;c\n" + "\n".join(f"{i * i};{i % 3};{i * 0.5}" for i in range(30))
    (tmp_path / "t.csv").write_text(table.replace(".", ","))
    options = ["2-4-1", "--csv", "t.csv", "--target", "c", "--epochs", "3", "--seed=4"]
    options += ["--style", "ordered_dict", "-o", "w.safetensors"]
    status, printed, bar = netlib(tmp_path, "train", *options)
    choice = DataChoice(name="csv", target="c", filename="t.csv")
    run = train(
        Experiment(
            spec=NetworkSpec.mlp([2, 4, 1]),
            style="ordered_dict",
            seed=4,
            data=choice,
            plan=TrainingPlan(epochs=3, seed=4),
        ),
        (tmp_path / "t.csv").read_bytes(),
    )
    assert status == 0
    assert rows(printed) == run.epochs
    weights = load_file(tmp_path / "w.safetensors")
    assert {k: v.tobytes() for k, v in weights.items()} == {
        k: v.tobytes() for k, v in run.weights.items()
    }
    loss, score = run.epochs[0].loss, run.epochs[0].score
    assert bar.splitlines()[0] == (
        f"[{'#' * 10}{' ' * 20}] 1/3 loss {loss:.4g} score {score:.4f}"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.csv", "w.safetensors"]


def test_ctrl_c_keeps_the_last_checkpoint(tmp_path):
    # A job in the background of a shell ignores Ctrl-C, and so do those it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start(tmp_path, "train", "--epochs", "100000")
    told = list(islice(process.stdout, 4))
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    *_, last = rows("".join(told) + stdout)
    with safe_open(tmp_path / "model.safetensors", "numpy") as file:
        epoch = int(file.metadata()["epoch"])
    assert epoch in (last[0], last[0] + 1)
    said = (
        f"netlib: interrupted. model.safetensors keeps the weights after epoch {epoch}."
    )
    assert (process.returncode, stderr.splitlines()[-1]) == (130, said)
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_reader_may_leave_a_pipe(tmp_path):
    process = start(tmp_path, "train", "--epochs", "100000")
    assert process.stdout.readline().startswith("epoch,")
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


def test_an_export_is_run_and_written_whole(tmp_path, monkeypatch, capsys):
    design = {"style": "mixed", "plan": {"epochs": 2}}
    (tmp_path / "design.json").write_text(json.dumps(design))
    options = ["--design", "design.json", "--format", "train", "-o", "out/deep"]
    status, printed, told = netlib(tmp_path, "export", *options)
    path = Path("out", "deep", "train.py")
    assert (status, printed) == (0, f"{path}\n")
    found = "run: epochs 1 to 2 identical to the last bit, its weights too"
    assert told.splitlines()[-1] == found
    experiment = Experiment(style="mixed", plan=TrainingPlan(epochs=2))
    assert (tmp_path / path).read_text() == write(experiment).text
    monkeypatch.chdir(tmp_path)  # refused before it trains:
    options = ["--format", "all", "--epochs=100000", "-o", "out/deep"]
    assert main(["export", *options]) == 2
    refusal = "expects a name that is free, or --force to replace the file, got"
    said = f"netlib: -o: {refusal} out/deep/train.py, which is there.\n"
    assert capsys.readouterr() == ("", said)
    options = ["4-1", "--style", "manual", "--format", "ddp", "--data", "xor"]
    assert main(["export", *options, "--epochs=1", "-o", str(tmp_path / "no")]) == 2
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "no").exists()


def test_a_network_is_fitted_and_no_file_is_replaced_unasked(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    there, link = Path("there.safetensors"), Path("link")
    there.write_text("mine")
    link.symlink_to(there)
    options = [
        "train",
        "16-12-10-1",
        "--data",
        "iris",
        "--fit",
        "--epochs=1",
        "-o",
        "link",
    ]
    assert main(options) == 2
    assert capsys.readouterr().err == (
        "netlib: -o: expects a name that is free, or --force to replace the file, "
        "got link, which is there.\n"
    )
    assert there.read_text() == "mine"
    assert main([*options, "--force"]) == 0
    assert link.is_symlink()
    assert [*load_file(there).values()][-1].shape == (3, 10)
    assert main(["write", "--data", "diabetes", "--fit"]) == 0  # no sigmoid is left
    assert "nn.Linear(10, 1)" in (text := capsys.readouterr().out)
    assert "Sigmoid" not in text


def test_a_device_and_a_pipe_are_written_to(tmp_path):
    # What is named as a file is not replaced by one.
    device, pipe = tmp_path / "null", tmp_path / "pipe"
    device.symlink_to("/dev/null")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for path in (device, pipe):
        assert main(["train", "--epochs", "2", "-o", str(path)]) == 0
    with open(reader, "rb") as file:
        weights = load(file.read())
    assert len(weights) == 6
    assert device.is_char_device() and pipe.is_fifo()


def test_all_formats_are_written_but_for_those_that_cannot_be(
    tmp_path, monkeypatch, capsys
):
    for slow in ("notebook", "train", "project", "onnx", "pt2"):
        monkeypatch.delitem(FORMATS, slow)
    options = ["--format", "all", "--epochs", "1", "--style", "manual", "-o"]
    assert main(["export", *options, str(tmp_path)]) == 0
    printed, said = capsys.readouterr()
    written = {Path(line).name for line in printed.splitlines()}
    assert written == {path.name for path in tmp_path.iterdir()}
    assert {"design.json", "history.csv", "model.safetensors"} < written
    assert "left out: " in said
