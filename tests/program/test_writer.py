"""Programs: short, clean, complete, of facts that know nothing of each other."""

import ast
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from experiments import DATA, csv_choice, experiment_of, fitted, table
from hypothesis import given
from hypothesis import strategies as st
from processes import lint
from specs import AWKWARD, specs

from netlib import STYLES, Experiment, NetlibError, NetworkSpec, write
from netlib.data.choice import DataChoice
from netlib.data.examples import EXAMPLES, Example
from netlib.data.features import FEATURES
from netlib.experiment import TrainingPlan
from netlib.model.builder import execute
from netlib.source.definitions import sequential
from netlib.source.optimizers import OPTIMIZERS, SCHEDULES, Optimizer
from netlib.source.styles import Style
from netlib.source.tasks import LOSSES, TASKS, Loss, Task
from netlib.training.run import epochs

GOLDEN = Path(__file__).parents[1] / "golden/programs"
SPELLED_OUT = {"manual", "parameters"}
BOUND = {
    "X_train", "X_val", "y_train", "y_val", "batch_size", "model", "optimizer",
    "train_epoch", "validate",
}  # fmt: skip
BUSY = TrainingPlan(
    optimizer="sgd", nesterov=True, schedule="one-cycle", clip=1.0, device="auto"
)


def n_lines(text):
    return text.count("\n")


def bound(text):
    """The names that a text binds at top level, and those of its functions."""
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found


@pytest.mark.parametrize("style", STYLES)
def test_the_articles_program_is_short(style):
    text = write(Experiment(style=style)).text
    assert n_lines(text) <= (95 if style in SPELLED_OUT else 80)
    assert not {"argparse", "device", "scheduler", "clip"} & set(text.split("_"))


def test_every_program_of_a_bundled_data_set_is_short_and_clean(tmp_path):
    plans = [
        TrainingPlan(),
        BUSY,
        *(TrainingPlan(optimizer=name) for name in OPTIMIZERS),
        *(TrainingPlan(schedule=name) for name in SCHEDULES),
        TrainingPlan(regression_loss="huber_loss", clip=0.5, momentum=0.0),
    ]
    cases = itertools.product(EXAMPLES, STYLES, enumerate(plans))
    for name, style, (number, plan) in cases:
        text = write(fitted(data=DataChoice(name=name), style=style, plan=plan)).text
        assert n_lines(text) <= 105, (name, style, plan)
        assert bound(text) >= BOUND
        (tmp_path / f"{name}_{style}_{number}.py").write_text(text)
    lint(tmp_path)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_program_of_a_table_is_short_and_clean(style, task, tmp_path):
    csv = table()
    experiment = fitted(csv, data=csv_choice(task), style=style)
    text = write(experiment, csv).text
    assert n_lines(text) <= 120
    (tmp_path / "train.py").write_text(text)
    lint(tmp_path)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("task", DATA)
def test_golden_programs(task, style, regenerate):
    experiment, csv = experiment_of(task, style=style)
    text = write(experiment, csv).text
    path = GOLDEN / task / f"{style}.py"
    if regenerate:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("task", DATA)
def test_golden_programs_train_alike_to_the_last_bit(task):
    """The audit: whatever stands in the files, all seven learn, and the same."""
    experiment, csv = experiment_of(task, plan=TrainingPlan(epochs=3))
    found = set()
    for style in STYLES:
        program = write(experiment.replace(style=style), csv)
        history = [e for e in epochs(execute(program, csv), 3) if e]
        assert history[-1].loss < history[0].loss
        found.add(tuple(history))
    assert len(found) == 1


def test_the_sections_are_where_the_program_says():
    program = write(Experiment(style="subclass"))
    lines = program.text.splitlines()
    parts = {
        name: lines[first - 1 : last]
        for name, (first, last) in program.sections.items()
    }
    assert parts["data"][0].startswith("# Data: 1,797 scans")
    assert parts["model"][0] == "class MyNetwork(nn.Module):"
    assert parts["model"][-1] == "model = MyNetwork()"
    assert parts["training"][0].startswith("optimizer = torch.optim.Adam(")
    assert parts["training"][-1].startswith("    return F.binary_cross_entropy(")
    assert parts["run"][0] == 'if __name__ == "__main__":'
    assert parts["run"][-1] == lines[-1]
    gaps = [lines[last : last + 2] for _, last in list(program.sections.values())[:-1]]
    assert all(gap[0] == "" for gap in gaps)


@pytest.mark.parametrize("style", STYLES)
def test_the_definitions_lines_keep_their_layers(style):
    program = write(Experiment(style=style))
    lines = dict(zip(program.text.splitlines(), program.line_layers))
    assert len(program.line_layers) == n_lines(program.text)
    first, last = program.sections["model"]
    body = program.source.lines[-(last - first + 1) :]
    assert {line.text: line.layers for line in body if line.layers}.items() <= (
        lines.items()
    )
    outside = [*program.line_layers[: first - 1], *program.line_layers[last:]]
    assert not any(outside)


def test_the_words_of_a_choice_stand_only_where_it_is_made():
    words = {
        "scheduler": TrainingPlan(schedule="cosine"),
        "clip_grad_norm_": TrainingPlan(clip=1.0),
        "device": TrainingPlan(device="auto"),
        "momentum": TrainingPlan(optimizer="sgd"),
        "nesterov=True": TrainingPlan(optimizer="sgd", nesterov=True),
        "weight_decay=0.1": TrainingPlan(optimizer="adamw", weight_decay=0.1),
    }
    plain = write(Experiment()).text
    for word, plan in words.items():
        assert word not in plain
        assert word in write(Experiment(plan=plan)).text
    schedule = write(Experiment(plan=TrainingPlan(schedule="step"))).text
    assert n_lines(schedule) == n_lines(plain) + 3  # its import as well


def test_writing_needs_neither_torch_nor_scikit_learn():
    program = (
        "import sys; from netlib import Experiment, write; write(Experiment());"
        "assert not {'torch', 'sklearn'} & set(sys.modules)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


OUTPUTS = {"binary": 1, "multiclass": 3, "regression": 1}
drawn_plans = st.builds(
    TrainingPlan,
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    schedule=st.sampled_from(list(SCHEDULES)),
    clip=st.sampled_from([0.0, 0.5, 123.456]),
    momentum=st.sampled_from([0.9, 0.123456]),
    nesterov=st.booleans(),
    weight_decay=st.sampled_from([0.0, 0.01, 1.23456e-05]),
    regression_loss=st.sampled_from(["mse_loss", "l1_loss", "huber_loss"]),
    learning_rate=st.sampled_from([0.01, 1.23456e-05]),
    batch_size=st.integers(2, 64),
    epochs=st.integers(1, 100_000),
    seed=st.integers(0, 3),
    validation_share=st.sampled_from([0.2, 0.123456, 0.8]),
    device=st.sampled_from(["cpu", "auto"]),
)


# They change the row's shape, or what its values are, and may not fit the data's.
NOT_INSIDE = ("Flatten", "Softmax", "LogSoftmax", "Softmin", "GLU", "GroupNorm")


@st.composite
def experiments(draw):
    """Experiments of any data set whose network, whatever it holds, fits the data."""
    name = draw(st.sampled_from([*EXAMPLES, "csv"]))
    task = draw(st.sampled_from(list(OUTPUTS)))
    data = csv_choice(task) if name == "csv" else DataChoice(name=name)
    csv = table() if name == "csv" else None
    if name != "csv" and EXAMPLES[name].n_features == 2:
        features = tuple(draw(st.sets(st.sampled_from([*FEATURES]))))
        without = draw(st.sampled_from([(), ("x1",), ("x2",)]))
        data = data.replace(features=features, without=without)
    fit = fitted(csv, data=data, plan=draw(drawn_plans))
    inner = [
        layer.model_dump()
        for layer in draw(specs()).layers
        if layer.kind not in NOT_INSIDE and not layer.name
    ]
    layers = [*inner, *fit.spec.layers[-2 if fit.spec.output != "values" else -1 :]]
    spec = NetworkSpec(input_shape=fit.spec.input_shape, layers=layers)
    return fit.replace(spec=spec, style=draw(st.sampled_from(list(STYLES)))), csv


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of the programs that the next test draws, linted together at its end."""
    folder = tmp_path_factory.mktemp("written")
    yield folder
    lint(folder)


@given(experiments())
def test_whatever_is_drawn_is_written_and_trains(written, drawn):
    experiment, csv = drawn
    try:
        program = write(experiment, csv)
    except NetlibError as error:
        assert error.advice
        return
    (written / f"{len(list(written.iterdir()))}.py").write_text(program.text)
    assert max(map(len, program.text.splitlines())) <= 88
    running = execute(program, csv)
    assert len(list(running.train_epoch())) > 0
    assert all(isinstance(value, float) for value in running.validate())


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_networks_are_refused_or_written(name, tmp_path):
    spec = AWKWARD[name]
    for style in STYLES:
        try:
            text = write(Experiment(spec=spec, style=style)).text
        except NetlibError as error:
            assert error.advice
        else:
            (tmp_path / f"{style}.py").write_text(text)
    lint(tmp_path)


def test_a_new_data_set_task_optimizer_and_style_need_a_row_each(monkeypatch):
    code = "X, y = make_low_rank_matrix(80, 5, random_state={seed}), np.arange(80.0)\n"
    row = Example(
        title="Ranks",
        purpose="Count rows",
        note="80 rows",
        task="counting",
        n_features=5,
        n_classes=0,
        imports=(("sklearn.datasets", "make_low_rank_matrix"),),
        code=code,
    )
    task = Task(
        choose=lambda width, n_classes, output, wish: "smooth_l1_loss",
        score_name="bias",
        score="(output - y_val).mean()",
        guess="always the mean",
        constant="the mean",
        has_classes=False,
    )
    monkeypatch.setitem(EXAMPLES, "ranks", row)
    monkeypatch.setitem(TASKS, "counting", task)
    monkeypatch.setitem(
        LOSSES, "smooth_l1_loss", Loss("smooth absolute error", "Near misses squared.")
    )
    monkeypatch.setitem(OPTIMIZERS, "nadam", Optimizer("NAdam", fused=False))
    twice = Style("Twice", lambda spec: [*sequential(spec)], "easy", "hard")
    monkeypatch.setitem(STYLES, "twice", twice)
    experiment = Experiment(
        spec=NetworkSpec.mlp([5, 4, 1]),
        style="twice",
        data=DataChoice(name="ranks", seed=3),
        plan=TrainingPlan(optimizer="nadam", epochs=2),
    )
    assert Experiment.from_link(experiment.to_link()) == experiment
    program = write(experiment)
    assert "make_low_rank_matrix(80, 5, random_state=3)" in program.text
    assert "torch.optim.NAdam(model.parameters(), lr=0.01)" in program.text
    assert "F.smooth_l1_loss(model(X_train[rows]), y_train[rows])" in program.text
    for data, style, optimizer in itertools.product(
        ["ranks", *EXAMPLES], ["twice", *STYLES], ["nadam", *OPTIMIZERS]
    ):
        plan = TrainingPlan(optimizer=optimizer)
        assert write(fitted(data=DataChoice(name=data), style=style, plan=plan)).text
    assert [e.number for e in epochs(execute(program), 2) if e] == [1, 2]


@pytest.mark.parametrize("style", STYLES)
def test_the_text_for_an_accelerator_trains_on_a_cpu(style):
    plan = TrainingPlan(device="auto", epochs=2)
    auto = write(Experiment(style=style, plan=plan))
    assert ".to(device)" in auto.text
    plain = write(Experiment(style=style, plan=plan.replace(device="cpu")))
    assert not torch.accelerator.is_available()
    losses = [[e for e in epochs(execute(p), 2) if e] for p in (auto, plain)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"spec": NetworkSpec.mlp([4, 1])},
            (
                "data: expects 4 features, one for each input of the network, got 16. "
                "Give the network 16 inputs and 1 output."
            ),
        ),
        (
            {"spec": NetworkSpec(input_shape=(16,), layers=[{"kind": "ReLU"}])},
            "network: expects weights to train, got none. Add a linear layer.",
        ),
        (
            {"plan": TrainingPlan(optimizer="sgd", momentum=0.0, nesterov=True)},
            (
                "plan: expects momentum above 0 with Nesterov, got 0.0. "
                "Raise the momentum."
            ),
        ),
        (
            {
                "spec": NetworkSpec(
                    input_shape=(16,),
                    layers=[{"kind": "BatchNorm1d"}, {"kind": "Linear"}],
                ),
                "plan": TrainingPlan(batch_size=1),
            },
            (
                "plan: expects at least 2 rows a batch, as batch statistics need, got 1. "
                "Raise the rows a batch in the training plan."
            ),
        ),
        (
            {"spec": NetworkSpec(input_shape=(4, 4), layers=[{"kind": "Linear"}])},
            (
                "network: expects a row of outputs for every row of data, got shape "
                "(4, 16). End with a flatten layer and a linear layer."
            ),
        ),
    ],
)
def test_what_does_not_fit_is_explained(fields, message):
    with pytest.raises(NetlibError) as caught:
        write(Experiment(**fields))
    assert str(caught.value) == message


def test_rows_of_several_dimensions_are_laid_out_as_the_network_takes_them():
    layers = [{"kind": "Flatten"}, {"kind": "Linear", "out_features": 1}]
    spec = NetworkSpec(input_shape=(4, 4), layers=layers)
    flat = execute(write(Experiment(spec=NetworkSpec.mlp([16, 1])))).data
    X = execute(write(Experiment(spec=spec))).data["X_train"]
    assert X.shape[1:] == (4, 4)
    assert np.array_equal(X.reshape(len(X), 16), flat["X_train"])
