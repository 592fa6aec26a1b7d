"""What is handed out runs by itself and gives the numbers of the run."""

import ast
import json
import math
import zipfile
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from exported import TASKS, lint, module_styles, python, rows, trained
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from netlib.data.table import DATASETS
from netlib.data.table import load as load_table
from netlib.exports.carried import compare
from netlib.exports.program import listed, literal
from netlib.exports.running import proven
from netlib.exports.trained import File, arrays_of, initial
from safetensors.numpy import load, load_file
from specs import AWKWARD, specs

from netlib import STYLES, Experiment, NetworkSpec, build, generate
from netlib.errors import NetlibError
from netlib.experiment import DataChoice, TrainingPlan
from netlib.exports import EXPORTS, PROJECT, Trained, export, train_anew
from netlib.jobs.registry import HISTORY_KEYS, Runs
from netlib.spec.kinds import KINDS

ROOT = Path(__file__).parent.parent
# Runs the files it is given one after another, as each would run alone.
ONE_BY_ONE = """
import contextlib, io, os, pathlib, runpy, sys
for name in sys.argv[1:]:
    folder = pathlib.Path(name).resolve().parent
    with contextlib.chdir(folder):
        with open("out", "w") as out, open("err", "w") as err:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                sys.argv = [name]
                runpy.run_path(pathlib.Path(name).name, run_name="__main__")
"""
TENSORS = """
import pathlib, runpy, sys, torch
from safetensors.torch import save_file
for name in sys.argv[2:]:
    torch.manual_seed(int(sys.argv[1]))
    names = runpy.run_path(name)
    if isinstance(names["model"], torch.nn.Module):
        names = names["model"].state_dict()
    tensors = {k: v for k, v in names.items() if isinstance(v, torch.Tensor)}
    save_file(tensors, f"{name}.safetensors")
"""


def finished(format, run, seconds=120):
    """The file that an export ends with, and what it told on the way."""
    *steps, last = export(format, run, seconds)
    assert all(step.file is None and 0 <= step.share <= 1 for step in steps)
    assert last.share == 1
    return last.file


def same(arrays, others):
    assert arrays.keys() == others.keys()
    for name, values in arrays.items():
        assert values.tobytes() == others[name].tobytes()


@pytest.mark.parametrize("task", TASKS)
def test_scripts_and_definitions_in_every_style_repeat_the_run(task, tmp_path):
    for style in STYLES:
        folder = tmp_path / style
        folder.mkdir()
        for format in ("snippet", "train"):
            file = EXPORTS[format](trained(task, style))
            (folder / file.name).write_bytes(file.content)
    lint(tmp_path)
    scripts = [tmp_path / style / "train.py" for style in STYLES]
    result = python(tmp_path, "-c", ONE_BY_ONE, *scripts)
    assert (result.stdout, result.stderr) == ("", "")
    definitions = [tmp_path / style / "model.py" for style in STYLES]
    result = python(tmp_path, "-c", TENSORS, TASKS[task].seed, *definitions)
    assert (result.stdout, result.stderr) == ("", "")
    for style in STYLES:
        run, folder = trained(task, style), tmp_path / style
        assert rows((folder / "out").read_text()) == run.history
        same(load_file(folder / "model.safetensors"), run.arrays)
        said = f"identical to the last bit: the first {len(run.history)} epochs"
        assert said in (folder / "err").read_text()
        same(
            load_file(folder / "model.py.safetensors"),
            arrays_of(initial(run.experiment)),
        )


def turns():
    """Every format once a task, or with every style, which else take turns."""
    number = 0
    for format in EXPORTS:
        for task in TASKS:
            styles = module_styles() if format == "ddp" else list(STYLES)
            for place, style in enumerate(styles):
                always = place == number % len(styles)
                marks = () if always else pytest.mark.full
                name = f"{format}-{task}-{style}"
                yield pytest.param(format, task, style, id=name, marks=marks)
            number += 1


@pytest.mark.parametrize(("format", "task", "style"), list(turns()))
def test_every_format_of_every_task_holds_its_check(format, task, style, tmp_path):
    run = trained(task, style)
    file = finished(format, run)
    assert file == replace(EXPORTS[format](run), check=file.check) or format == "pt2"
    n = len(run.arrays)
    last = run.experiment.plan.epochs
    identical = f"run: epochs 0 to {last} identical to the last bit"
    checks = {
        "snippet": f"run: {n} tensors identical to the last bit",
        "train": identical,
        "notebook": identical,
        "ddp": f"run by two processes, epochs 0 to {last}: largest difference",
        "weights": f"{n} tensors, loaded into the definition: outputs identical",
        "onnx": "checked, run by onnxruntime with 1, 2 and 64 rows: largest difference",
        "pt2": "loaded and run with 1, 2 and 64 rows: outputs identical",
        "design": "opens to the same experiment",
        "history": f"{last + 1} epochs, counted from 0",
    }
    assert file.check.startswith(checks[format])
    for word in (b"netlib", b"layerwright", str(tmp_path.parent).encode()):
        assert word not in file.content.lower()
    if file.name.endswith((".py", ".ipynb")):
        (tmp_path / file.name).write_bytes(file.content)
        lint(tmp_path)


def test_a_run_of_the_page_is_exported_as_it_was():
    runs = Runs()
    try:
        run = runs.start(TASKS["multiclass"])
        assert run.wait(60)
        history = run.snapshot().history
        weights = run.weights()
    finally:
        runs.close()
    rows = tuple(zip(*(history[key] for key in HISTORY_KEYS)))
    page = Trained(run.experiment, None, rows, weights.arrays)
    assert page.history == trained("multiclass", "sequential").history
    same(load(finished("weights", page).content), weights.arrays)
    assert finished("train", page).check.endswith("identical to the last bit")


def test_a_notebook_runs_in_a_kernel(tmp_path):
    file = EXPORTS["notebook"](trained("binary", "manual"))
    book = nbformat.reads(file.content.decode(), as_version=4)
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(
        book, timeout=60, kernel_name="python3", resources=resources
    ).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    printed = "".join(output.get("text", "") for output in outputs)
    assert "identical to the last bit: the first 3 epochs, counted from 0" in printed
    drawn = [
        o for o in outputs if "application/vnd.plotly.v1+json" in o.get("data", {})
    ]
    assert len(drawn) == 2
    same(load_file(tmp_path / "model.safetensors"), trained("binary", "manual").arrays)


CSV = {
    "regression": (
        'größe;"a ""b"" \\ \'c\' 200";;text;preis\n'.encode("cp1252")
        + b"".join(
            f"{i % 7},5;{i};{'?' if i % 9 == 0 else i * 3};{'xyz'[i % 3]};{i / 3:.3f}\n"
            .replace(".", ",").encode() for i in range(40)
        ),
        DataChoice(name="csv", left_out=["column 3"]),
    ),
    "classes": (
        "\ufeffid,\u200bx,kind\r\n".encode()
        + b"".join(f"{i},{(i * 7) % 11},k{i % 3}\r\n".encode() for i in range(60)),
        DataChoice(name="csv", filename='"; import os', target="kind", left_out=["id"]),
    ),
    "numbers as classes": (
        "flag,a\n".encode("utf-16")
        + "".join(f"{i % 2},{i}\n" for i in range(30)).encode("utf-16-le"),
        DataChoice(name="csv", target="flag"),
    ),
}  # fmt: skip


def csv_run(name):
    content, choice = CSV[name]
    table = load_table(choice, content)
    plan = TrainingPlan(epochs=2, batch_size=8)
    spec = NetworkSpec.mlp([5 if name == "regression" else 1, 4, 3], "relu")
    if name != "classes":
        spec = spec.with_widths([*[int(x) for x in spec.title.split("-")[:2]], 1])
    assert table.task in ("regression", "multiclass", "binary")
    return train_anew(Experiment(spec=spec, data=choice, plan=plan), content)


@pytest.mark.parametrize("name", CSV)
def test_a_script_reads_ones_own_csv_file_as_the_page_does(name, tmp_path):
    run = csv_run(name)
    file = finished("train", run)
    assert file.check == "run: epochs 0 to 2 identical to the last bit"
    (tmp_path / "train.py").write_bytes(file.content)
    (tmp_path / "train.ipynb").write_bytes(EXPORTS["notebook"](run).content)
    lint(tmp_path)


def test_a_notebook_reads_ones_own_csv_file_as_the_page_does():
    check = finished("notebook", csv_run("regression")).check
    assert check == "run: epochs 0 to 2 identical to the last bit"


@pytest.mark.parametrize("name", DATASETS)
def test_a_script_makes_the_table_of_every_data_set(name, tmp_path):
    choice = DataChoice(name=name, noise=0.123456, seed=2**31 - 1)
    table = load_table(choice)
    n_outputs = table.target.nunique() if table.task == "multiclass" else 1
    spec = NetworkSpec.mlp([table.features.shape[1], n_outputs])
    run = Trained(Experiment(spec=spec, data=choice), None, ((0, 1e16, 1e-5, 0.0),), {})
    (tmp_path / "train.py").write_bytes(EXPORTS["train"](run).content)
    lint(tmp_path)
    source = (tmp_path / "train.py").read_text()
    names = {"__name__": "script"}
    exec(source, names)  # noqa: S102
    if DATASETS[name].synthetic:
        features, target = names["synthetic"](name, choice.noise, choice.seed)
    else:
        features, target = names["bundled"](name)
    assert features.equals(table.features)
    assert target.equals(table.target)


def test_awkward_networks_are_clean_in_scripts(tmp_path):
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
        content = "\n".join([header, *lines]).encode()
        for style in STYLES:
            experiment = Experiment(spec=spec, style=style, data=DataChoice(name="csv"))
            run = Trained(experiment, content, ((0, 1e16, 1e-5, 0.0),), {})
            for format in ("train", "notebook", "ddp"):
                with suppress(NetlibError):
                    file = EXPORTS[format](run)
                    name = f"{len(written)}_{file.name}"
                    (tmp_path / name).write_bytes(file.content)
                    written.add((label, style, format))
    assert len({label for label, _, _ in written}) >= 3
    assert {style for _, style, _ in written} == set(STYLES)
    lint(tmp_path)


@settings(max_examples=30)
@given(drawn=st.lists(st.text() | st.text("\"'\\\n{}%"), min_size=1))
def test_names_of_columns_are_written_as_a_formatter_would(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("names")
    text = listed("NAMES", map(literal, drawn))
    assert ast.literal_eval(text.removeprefix("NAMES = ")) == drawn
    (folder / "names.py").write_text(text, encoding="utf-8", errors="surrogatepass")
    lint(folder)


def test_a_long_plan_is_run_for_its_first_epochs():
    plan = TrainingPlan(epochs=100_000)
    spec = NetworkSpec.mlp([2, 1])
    data = DataChoice(name="moons")
    short = Experiment(spec=spec, data=data, plan=plan.replace(epochs=10))
    history = train_anew(short).history
    run = Trained(short.replace(plan=plan), None, history, {})
    for format in ("train", "notebook"):
        check = finished(format, run).check
        assert check == "run: epochs 0 to 10 identical to the last bit"


def test_options_of_a_script_change_the_plan(tmp_path):
    run = trained("regression", "mixed")
    (tmp_path / "train.py").write_bytes(EXPORTS["train"](run).content)
    options = ["--epochs", "1", "--learning-rate", "0.02", "--optimizer", "sgd"]
    options += ["--momentum", "0.5", "--batch-size", "9", "--validation-share", "0.4"]
    options += ["--seed", "8", "--weights", "w.safetensors"]
    result = python(tmp_path, "train.py", *options)
    changed = (
        "optimizer, learning_rate, momentum, batch_size, epochs, validation_share, seed"
    )
    assert result.stderr.splitlines()[-1] == f"not compared: other {changed}"
    plan = TrainingPlan(
        optimizer="sgd", learning_rate=0.02, momentum=0.5, batch_size=9, epochs=1,
        validation_share=0.4, seed=8,
    )  # fmt: skip
    other = train_anew(run.experiment.replace(plan=plan))
    assert rows(result.stdout) == other.history
    same(load_file(tmp_path / "w.safetensors"), other.arrays)


def test_a_script_says_when_the_loss_is_not_finite(tmp_path):
    run = trained("regression", "sequential")
    (tmp_path / "train.py").write_bytes(EXPORTS["train"](run).content)
    result = python(tmp_path, "train.py", "--optimizer=sgd", "--learning-rate=1e6")
    said = "The loss is not finite in epoch 1: lower the learning rate.\n"
    assert (result.returncode, result.stderr) == (1, said)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ((1, 0.5, 0.25, 1.0), "identical to the last bit: the first 2 epochs"),
        (
            (1, 0.5, 0.25 + 2**-54, 1.0),
            "close, largest difference 5.6e-17: the first 2",
        ),
        (
            (1, 0.5, 0.25, 0.875),
            "different, largest difference 0.12: the first 2 epochs",
        ),
    ],
)
def test_a_script_compares_to_the_last_bit(row, verdict):
    first = (0, 0.7, 0.7, 0.5)
    expected = [first, (1, 0.5, 0.25, 1.0)]
    assert compare([first, row, (2, 0.1, 0.1, 1.0)], expected).startswith(verdict)


def message(exported, *arguments):
    with pytest.raises(NetlibError) as caught:
        list(exported(*arguments))
    return f"{caught.value} {caught.value.advice}".strip()


def test_what_cannot_be_exported_says_why():
    run = trained("multiclass", "manual")
    assert message(export, "ddp", run) == (
        "train_ddp.py: expects an nn.Module, as DistributedDataParallel takes no other, "
        "got a plain function (style manual). "
        "Choose a style that defines an nn.Module, such as sequential."
    )
    assert message(export, "train", replace(run, history=())) == (
        "export: expects a run with at least one epoch, got none. "
        "Train the network first."
    )
    assert message(export, "onnx", replace(run, arrays={"W1": run.arrays["W1"]})) == (
        "weights: expects the tensors W1, b1, W2, b2, got W1. Train again."
    )
    assert message(export, "keras", run) == (
        "format: expects one of snippet, train, notebook, ddp, weights, onnx, pt2, "
        "design, history, project, got keras."
    )


@pytest.mark.parametrize("name", ["train", "prepare", "Any", "np", "main", "show"])
def test_a_class_named_as_something_in_the_script_is_refused(name):
    run = trained("multiclass", "subclass")
    spec = run.experiment.spec.replace(name=name)
    named = replace(run, experiment=run.experiment.replace(spec=spec))
    assert message(export, "train", named) == (
        "class name: expects a name that the exported file does not use itself, "
        f"got {name}. Give the class another name."
    )


def test_a_file_that_does_not_do_what_it_should_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run = trained("multiclass", "ordered_dict")
    first, second, *others = run.history
    wrong = (first, (1, second[1] + 0.25, *second[2:]), *others)
    assert message(export, "train", replace(run, history=wrong)) == (
        "train.py: expects the losses of the run, to the last bit, "
        "got a difference of 0.25."
    )
    fails = File("train.py", b"raise ValueError('no')")
    assert message(proven, "train", fails, run) == (
        "train.py: expects to run without an error, got ValueError: no."
    )
    silent = File("train.py", b"")
    assert message(proven, "train", silent, run) == (
        "train.py: expects the losses of the run, to the last bit, "
        "got a difference of inf."
    )
    other = File(
        "model.py", b"from torch import nn\nmodel = nn.Sequential(nn.Linear(4, 3))"
    )
    assert message(proven, "snippet", other, run) == (
        "model.py: expects the weights of the network it was written for, "
        "got other weights."
    )
    endless = File("train.py", b"while True:\n    pass")
    assert message(proven, "train", endless, run, 0.5) == (
        "train.py: expects to end within 0.5 s, got no end. "
        "Take a smaller network, fewer rows or larger batches."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_run_without_a_path_to_this_project(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    file = File("train.py", b"import netlib")
    assert message(proven, "train", file, trained("multiclass", "mixed")) == (
        "train.py: expects to run without an error, "
        "got ModuleNotFoundError: No module named 'netlib'."
    )


def test_an_export_that_is_left_ends_its_process(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = psutil.Process().children()
    steps = export("train", trained("multiclass", "mixed"))
    assert next(steps).text == "Running train.py in a clean process."
    assert next(steps).text == "Epoch 0."
    assert len(psutil.Process().children()) == len(before) + 1
    steps.close()
    assert len(psutil.Process().children()) == len(before)
    assert list(tmp_path.iterdir()) == []


def test_a_project_holds_every_file_and_not_the_table(tmp_path):
    run = csv_run("classes")
    run = train_anew(run.experiment.replace(style="manual"), run.csv)
    *steps, last = export(PROJECT, run)
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    archive = zipfile.ZipFile(BytesIO(last.file.content))
    names = ["README.md", "requirements.txt", "model.py", "train.py", "train.ipynb"]
    names += ["model.safetensors", "model.onnx", "model.pt2", "design.json"]
    assert archive.namelist() == [*names, "history.csv"]
    archive.extractall(tmp_path)
    readme = (tmp_path / "README.md").read_text()
    assert "Put your own table beside the files as `table.csv`." in readme
    assert "| `train.py` | run: epochs 0 to 2 identical to the last bit |" in readme
    assert "- train_ddp.py: expects an nn.Module" in readme
    pinned = (tmp_path / "requirements.txt").read_text()
    assert "torch==2.13.0\n" in pinned
    (tmp_path / "table.csv").write_bytes(run.csv)
    result = python(tmp_path, "train.py", "table.csv")
    assert result.stdout == (tmp_path / "history.csv").read_text()
    design = json.loads((tmp_path / "design.json").read_text())
    assert Experiment.model_validate(design) == run.experiment


def test_every_kind_of_layer_is_exported():
    layers = [{"kind": kind} for kind in KINDS if kind != "Flatten"]
    spec = NetworkSpec(input_shape=(2, 8), layers=[{"kind": "Flatten"}, *layers])
    experiment = Experiment(spec=spec)
    run = Trained(experiment, None, (), arrays_of(initial(experiment)))
    for format in ("weights", "onnx", "pt2"):
        assert finished(format, run).check


@settings(max_examples=4)
@given(drawn=st.lists(specs(), min_size=5, max_size=5))
def test_random_networks_draw_their_weights_anywhere(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("random")
    runs = {}
    for number, spec in enumerate(drawn):
        for style in STYLES:
            experiment = Experiment(spec=spec, style=style, seed=11)
            run = Trained(experiment, None, (), arrays_of(initial(experiment)))
            path = folder / f"{number}_{style}.py"
            path.write_bytes(EXPORTS["snippet"](run).content)
            runs[path] = run
    result = python(folder, "-c", TENSORS, 11, *runs)
    assert result.stderr == ""
    for path, run in runs.items():
        same(load_file(f"{path}.safetensors"), run.arrays)


@settings(max_examples=30)
@given(spec=specs())
def test_weights_of_random_networks_load_into_their_definition(spec):
    for style in STYLES:
        experiment = Experiment(spec=spec, style=style)
        noise = np.random.default_rng(0)
        arrays = {
            name: np.abs(noise.normal(size=values.shape)).astype(values.dtype)
            for name, values in arrays_of(build(generate(spec, style))).items()
        }
        file = EXPORTS["weights"](Trained(experiment, None, (), arrays))
        same(load(file.content), arrays)
