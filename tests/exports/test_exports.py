"""What is handed out is the program, runs by itself and gives the numbers of the run."""

import csv
import json
import math
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from experiments import HOMES, fitted
from exported import (
    CSV,
    MODULE_STYLES,
    TASKS,
    code_lines,
    python,
    same,
    trained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from processes import lint
from safetensors.numpy import load, load_file
from specs import AWKWARD, specs

from netlib import STYLES, Experiment, NetlibError, NetworkSpec, TrainingPlan, train
from netlib.data.choice import DataChoice
from netlib.exports import FORMATS, export
from netlib.exports.notebook import code_of
from netlib.exports.prediction import raw_rows
from netlib.model.weights import weights_of
from netlib.program.writer import write
from netlib.spec.kinds import KINDS
from netlib.training.record import RunRecord, untrained
from netlib.training.run import Epoch

ROOT = Path(__file__).parent.parent.parent
MOST_OWN_LINES = 20  # of a notebook, beside the program's
DEFAULT = RunRecord(Experiment())
LAST = {"kind": "Linear", "out_features": 1}

PREDICTING = ("manual", "sequential", "mixed")
# Drives the programs in the folders it is given, one after another, as the worker does;
# predicts, and runs the cells of the notebook, where there are such.
DRIVE = """
import contextlib, json, os, pathlib, runpy, sys, torch
from safetensors.torch import save_file
for folder in sys.argv[1:]:
    with contextlib.chdir(folder), open("epochs", "w") as epochs:
        names = runpy.run_path("train.py", run_name="driven")
        for _ in range(int(open("n_epochs").read())):
            loss = sum(names["train_epoch"]()) / len(names["X_train"])
            print(loss, *names["validate"](), sep=",", file=epochs)
        tensors = {name: names[name] for name in open("tensors").read().split()}
        save_file(tensors or names["model"].state_dict(), "driven.safetensors")
        if os.path.exists("predict.py"):
            names = runpy.run_path("predict.py", run_name="driven")
            answers = names["predict"](names["read"]("rows.csv"))
            answers.to_json("answers.json", double_precision=15)
            os.remove("model.safetensors")
            with open("printed", "w") as file, contextlib.redirect_stdout(file):
                names = runpy.run_path("notebook.py")
            pathlib.Path("history").write_text(json.dumps(names["history"]))
"""
TENSORS = """
import runpy, sys, torch
from safetensors.torch import save_file
for name in sys.argv[2:]:
    torch.manual_seed(int(sys.argv[1]))
    names = runpy.run_path(name)
    if isinstance(names["model"], torch.nn.Module):
        names = names["model"].state_dict()
    tensors = {k: v for k, v in names.items() if isinstance(v, torch.Tensor)}
    save_file(tensors, f"{name}.safetensors")
"""


def content(format, record):
    return FORMATS[format].write(record).content


def code_cells(record):
    return code_of(FORMATS["notebook"].write(record))


def test_every_program_in_every_style_repeats_its_run_to_the_last_bit(tmp_path):
    runs = {
        tmp_path / f"{task}-{style}": trained(task, style)
        for task in TASKS
        for style in STYLES
    }
    plan, features = TrainingPlan(epochs=2), ("x1*x2", "sin x1")
    homes = DataChoice(name="csv", filename="homes.csv", features=features)
    made = fitted(HOMES, data=homes, plan=plan)
    runs[tmp_path / "made of two columns"] = train(made, HOMES)
    for folder, run in runs.items():
        experiment = run.experiment
        folder.mkdir()
        (folder / "train.py").write_bytes(content("train", run))
        (folder / "my _table_.csv").write_bytes(CSV)
        (folder / "homes.csv").write_bytes(HOMES)
        (folder / "n_epochs").write_text(str(experiment.plan.epochs))
        tensors = STYLES[experiment.style].tensors
        names = tensors(experiment.spec) if tensors else []
        (folder / "tensors").write_text(" ".join(names))
        if experiment.style in PREDICTING:
            (folder / "rows.csv").write_bytes(raw_rows(run))
            (folder / "predict.py").write_bytes(content("predict", run))
            (folder / "notebook.py").write_text(code_cells(run))
            for name, file in run.files().items():
                (folder / name).write_bytes(file)
    result = python(tmp_path, "-c", DRIVE, *runs)
    assert (result.stdout, result.stderr) == ("", "")
    for folder, run in runs.items():
        rows = csv.reader((folder / "epochs").read_text().splitlines())
        history = [Epoch(n, *map(float, row)) for n, row in enumerate(rows, start=1)]
        assert tuple(history) == run.epochs
        same(load_file(folder / "driven.safetensors"), run.weights)
        if run.experiment.style in PREDICTING:
            expected = run.predict(folder / "rows.csv")
            answers = pd.read_json(folder / "answers.json", dtype=False)
            assert expected.round(9).equals(answers.round(9))
            rows = json.loads((folder / "history").read_text())
            assert tuple(Epoch(*row) for row in rows) == run.epochs
            same(load_file(folder / "model.safetensors"), run.weights)


@pytest.mark.parametrize("task", TASKS)
def test_texts_are_the_program_and_a_few_lines_of_their_own(task, tmp_path):
    for style in STYLES:
        run = trained(task, style)
        program = write(run.experiment, run.csv).text
        assert content("train", run).decode() == program
        for format in ("train", "notebook", "predict"):
            file = FORMATS[format].write(run)
            (tmp_path / f"{style}_{file.name}").write_bytes(file.content)
        assert_own_lines_are_few(code_cells(run), program)
        if style in MODULE_STYLES:
            (tmp_path / f"{style}_ddp.py").write_bytes(content("ddp", run))
    lint(tmp_path)


def assert_own_lines_are_few(code, program):
    """Lines count however they are indented, and a statement however it is wrapped."""
    code, program = (
        Counter(line.strip() for line in code_lines(text)) for text in (code, program)
    )
    own, left_out = code - program, program - code
    assert own.total() <= MOST_OWN_LINES
    # The docstring is the heading, and the cell that trains is no block and may wrap
    # otherwise.
    kinds = ('"""', "if __name__", "print(", ")", 'f"{epoch')
    assert all(line.startswith(kinds) for line in left_out)


def test_the_files_of_the_default_experiment_are_short():
    program = code_lines(write(Experiment()).text)
    assert len(code_lines(code_cells(DEFAULT))) - len(program) <= 10
    distributed = code_lines(content("ddp", DEFAULT).decode())
    assert len(distributed) - len(program) <= 50


def turns():
    """Formats that are run once and the others with every task; with --full, each style."""
    for number, (format, row) in enumerate(FORMATS.items()):
        if row.parts:
            continue
        for turn, task in enumerate(TASKS):
            styles = MODULE_STYLES if format == "ddp" else list(STYLES)
            for place, style in enumerate(styles):
                is_turn = place == (number + turn) % len(styles)
                always = is_turn and (not row.checker or turn == number % len(TASKS))
                marks = () if always else pytest.mark.full
                name = f"{format}-{task}-{style}"
                yield pytest.param(format, task, style, id=name, marks=marks)


@pytest.mark.parametrize(("format", "task", "style"), list(turns()))
def test_every_format_of_every_task_holds_its_check(format, task, style, tmp_path):
    run, told = trained(task, style), []
    file = export(format, run, lambda share, text: told.append((share, text)), 120)
    assert file.name == FORMATS[format].filename
    assert file.content == content(format, run) or format == "pt2"
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (1, file.check)
    n, last = len(run.weights), run.experiment.plan.epochs
    identical = f"run: epochs 1 to {last} identical to the last bit, its weights too"
    checks = {
        "snippet": f"run: {len(weights_of(untrained(run.experiment)))} tensors identical",
        "train": identical,
        "notebook": identical,
        "ddp": f"run by two processes, epochs 1 to {last}: largest difference",
        "weights": f"{n} tensors, loaded into the definition: outputs identical",
        "onnx": "checked, run by onnxruntime with 1, 2 and 64 raw rows: largest difference",
        "pt2": "loaded and run with 1, 2 and 64 raw rows: answers identical",
        "design": "opens to the same experiment",
        "history": f"{last} epochs",
        "predict": "run: ",
        "preparation": f"{run.dataset.n_rows:,} rows prepared as in training, identical",
    }
    assert file.check.startswith(checks[format])
    for word in (b"netlib", b"layerwright", str(tmp_path.parent).encode()):
        assert word not in file.content.lower()


def test_the_history_begins_at_epoch_1_and_has_every_digit():
    run = trained("multiclass", "sequential")
    header, *rows = csv.reader(content("history", run).decode().splitlines())
    assert header == ["epoch", "loss", "validation_loss", "score"]
    assert [(int(row[0]), *map(float, row[1:])) for row in rows] == list(run.epochs)
    assert rows[0][0] == "1"


def test_a_notebook_runs_in_a_kernel(tmp_path):
    run = trained("binary", "manual")
    file = FORMATS["notebook"].write(run)
    book = nbformat.reads(file.content.decode(), as_version=4)
    packages = "plotly, safetensors, scikit-learn, torch"
    assert book.cells[0].source == (
        "# Tell odd from even digits with a 16-8-1 network\n\n"
        f"The cells need nbformat, pandas, {packages}."
    )
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(book, timeout=60, resources=resources).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    printed = "".join(output.get("text", "") for output in outputs).splitlines()
    assert len(printed) == len(run.epochs)
    assert f"loss {run.epochs[-1].loss:.4f}" in printed[-1]
    drawn = [output for output in outputs if "data" in output]
    assert ["application/vnd.plotly.v1+json" in each["data"] for each in drawn] == [
        True
    ]
    same(load_file(tmp_path / "model.safetensors"), run.weights)


def test_awkward_networks_are_clean_in_every_text(tmp_path):
    written = set()
    for label, spec in AWKWARD.items():
        n_inputs, n_outputs = math.prod(spec.input_shape), spec.output_shape[-1]
        if n_inputs > 200 or n_outputs > 20:
            continue
        header = ",".join([*(f"f{i}" for i in range(n_inputs)), "kind"])
        cells = [[f"{(i + j) % 7}" for j in range(n_inputs)] for i in range(60)]
        lines = [
            ",".join([*c, f"k{i % max(2, n_outputs)}"]) for i, c in enumerate(cells)
        ]
        table = "\n".join([header, *lines]).encode()
        for number, style in enumerate(STYLES):
            experiment = Experiment(spec=spec, style=style, data=DataChoice(name="csv"))
            schedule = ["constant", "step", "cosine", "one-cycle"][number % 4]
            plan = TrainingPlan(schedule=schedule, device=["cpu", "auto"][number % 2])
            run = RunRecord(experiment.replace(plan=plan), table)
            for format in ("train", "notebook", "ddp"):
                with suppress(NetlibError):
                    file = FORMATS[format].write(run)
                    name = f"{len(written)}_{file.name}"
                    (tmp_path / name).write_bytes(file.content)
                    written.add((label, style, format))
    assert len({label for label, _, _ in written}) >= 3
    assert {style for _, style, _ in written} == set(STYLES)
    lint(tmp_path)


def message(do, *arguments):
    with pytest.raises(NetlibError) as caught:
        do(*arguments)
    return str(caught.value)


def test_what_cannot_be_exported_says_why():
    run = trained("multiclass", "manual")
    assert message(export, "ddp", run) == (
        "train_ddp.py: expects an nn.Module, as DistributedDataParallel takes no other, "
        "got a plain function (style manual). "
        "Choose a style that defines an nn.Module, such as sequential."
    )
    assert message(export, "train", RunRecord(run.experiment)) == (
        "export: expects a run with at least one epoch, got none. "
        "Train the network first."
    )
    other = RunRecord(run.experiment, None, run.epochs, {"W1": run.weights["W1"]})
    assert message(export, "onnx", other) == (
        "weights: expects the tensors W1, b1, W2, b2, got W1. Train again."
    )
    assert message(export, "keras", run) == (
        "format: expects one of notebook, train, snippet, weights, onnx, pt2, ddp, "
        "history, design, predict, preparation, prediction, project, got keras."
    )


def test_names_that_the_texts_bind_are_refused_in_a_network():
    for name in ("hashlib", "os", "dist", "has_cuda", "pd"):
        with pytest.raises(NetlibError):
            NetworkSpec.mlp([2, 1], name=name)


def test_a_project_holds_its_files_and_not_the_table(tmp_path, monkeypatch):
    project = FORMATS["project"]
    assert {*project.parts} == {*FORMATS} - {"project", "prediction"}
    few = replace(project, parts=("train", "ddp", "preparation", "design"))
    monkeypatch.setitem(FORMATS, "project", few)
    run = train(TASKS["csv"].replace(style="manual"), CSV)
    shares = []
    file = export("project", run, lambda share, text: shares.append(share))
    assert shares == sorted(shares)
    archive = zipfile.ZipFile(BytesIO(file.content))
    names = ["README.md", "requirements.txt", "train.py", "preparation.json"]
    assert archive.namelist() == [*names, "design.json"]
    archive.extractall(tmp_path)
    readme = (tmp_path / "README.md").read_text()
    assert "Put your own table beside the files as `my _table_.csv`." in readme
    found = "run: epochs 1 to 2 identical to the last bit, its weights too"
    assert f"| `train.py` | {found} |" in readme
    assert "- train_ddp.py: expects an nn.Module" in readme
    cpu = "torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"
    assert cpu in readme and "predict.py rows.csv" in readme
    assert "torch==2.13.0\n" in (tmp_path / "requirements.txt").read_text()
    assert (tmp_path / "train.py").read_text() == write(run.experiment, CSV).text
    design = json.loads((tmp_path / "design.json").read_text())
    assert Experiment.model_validate(design) == run.experiment


def test_every_kind_of_layer_is_exported():
    layers = [{"kind": kind} for kind in KINDS if kind not in ("Flatten", "RReLU")]
    spec = NetworkSpec(input_shape=(2, 8), layers=[{"kind": "Flatten"}, *layers, LAST])
    for format in ("weights", "onnx", "pt2"):
        assert FORMATS[format].write(RunRecord(Experiment(spec=spec))).check


def test_a_layer_that_onnx_lacks_is_told():
    spec = NetworkSpec(input_shape=(16,), layers=[{"kind": "RReLU"}, LAST])
    with pytest.raises(NetlibError) as raised:
        FORMATS["onnx"].write(RunRecord(Experiment(spec=spec)))
    told = "model.onnx: expects layers that torch can write as ONNX, got RReLU, Linear."
    assert raised.value.message == told


@settings(max_examples=2)
@given(drawn=st.lists(specs(), min_size=5, max_size=5))
def test_random_networks_draw_their_weights_anywhere(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("random")
    experiments = {}
    for number, spec in enumerate(drawn):
        for style in STYLES:
            experiment = Experiment(spec=spec, style=style, seed=11)
            path = folder / f"{number}_{style}.py"
            path.write_bytes(content("snippet", RunRecord(experiment)))
            experiments[path] = experiment
    result = python(folder, "-c", TENSORS, 11, *experiments)
    assert result.stderr == ""
    for path, experiment in experiments.items():
        expected = weights_of(untrained(experiment))
        same(load_file(f"{path}.safetensors"), expected)


@settings(max_examples=15)
@given(spec=specs())
def test_weights_of_random_networks_load_into_their_definition(spec):
    for style in STYLES:
        experiment = Experiment(spec=spec, style=style)
        noise = np.random.default_rng(0)
        weights = {
            name: np.abs(noise.normal(size=values.shape)).astype(values.dtype)
            for name, values in weights_of(untrained(experiment)).items()
        }
        file = FORMATS["weights"].write(RunRecord(experiment, weights=weights))
        same(load(file.content), weights)


def test_the_table_of_formats_is_read_without_torch(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import netlib.exports;"
        "print([n for n in ('torch', 'onnx', 'nbformat') if n in sys.modules])"
    )
    assert python(tmp_path, "-c", program).stdout == "[]\n"
