"""The texts that a script and a notebook share: data, network, plan, first epochs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from netlib.data.table import (
    DATASETS,
    bundled,
    choose_columns,
    load,
    prepare,
    read_csv,
    read_frame,
    synthetic,
)
from netlib.errors import ExportError
from netlib.exports.program import bare, exploded, import_lines, listed, literal
from netlib.exports.trained import Trained, initial
from netlib.model.builder import Network
from netlib.training.run import fit

CHECKED_EPOCHS = 10
LONGEST_TITLE = 40


@dataclass(frozen=True)
class Texts:
    """The texts of one experiment; `csv` tells that it reads a file of one's own.

    `reading` are statements that bind `features`, `target` and `data`, with `{path}`
    for the file and `{plan}` before the names of the plan. `parameters`,
    `set_training` and `tensors` are expressions that reach into the model.
    """

    title: str
    csv: bool
    carried: Sequence[Callable[..., Any]]
    constants: Sequence[str]
    reading: str
    model: str
    parameters: str
    set_training: str
    tensors: str
    loss: str
    task: str
    first_epochs: str


def texts(trained: Trained) -> Texts:
    """Returns the texts of an experiment; raises NetlibError."""
    experiment = trained.experiment
    task = load(experiment.data, trained.csv).task
    _, loss = fit(experiment, trained.csv)
    carried, constants, table = _table(trained, task)
    network = initial(experiment)
    parameters, set_training, tensors = _handles(network)
    return Texts(
        title=f"{_title(experiment.spec.title)} network on {_data_title(trained)}",
        csv=experiment.data.name == "csv",
        carried=[*carried, prepare],
        constants=constants,
        reading=f"{table}\n{_preparation(trained, task)}",
        model=_model(trained, network),
        parameters=parameters,
        set_training=set_training,
        tensors=tensors,
        loss=loss,
        task=task,
        first_epochs=first_epochs(trained),
    )


def first_epochs(trained: Trained) -> str:
    """Returns the assignment of the epochs that a script has to reproduce."""
    if not trained.history:
        rule, advice = "a run with at least one epoch", "Train the network first."
        raise ExportError("export", rule, "none", advice)
    rows = [
        f"({', '.join(map(literal, epoch))})"
        for epoch in trained.history[: CHECKED_EPOCHS + 1]
    ]
    comment = "# Epoch, loss, validation loss and score of the run this file repeats.\n"
    return comment + listed("FIRST_EPOCHS", rows)


def plan_text(trained: Trained) -> str:
    """Returns the assignment of the plan."""
    items = [f'    "{name}": {value},' for name, value in plan_values(trained)]
    return "\n".join(["PLAN = {", *items, "}\n"])


def plan_values(trained: Trained) -> list[tuple[str, str]]:
    """Returns the fields of the plan and their values as text."""
    plan = trained.experiment.plan
    return [(name, literal(getattr(plan, name))) for name in type(plan).model_fields]


def training_call(texts: Texts, plan: str) -> str:
    """Returns the call of `train`, with `plan` before the names of the plan's fields."""
    names = ("optimizer", "learning_rate", "momentum", "batch_size", "epochs", "seed")
    arguments = [
        "model",
        texts.parameters,
        texts.set_training,
        "data",
        f'loss="{texts.loss}"',
        *(f"{name}={plan}{name}" for name in names),
    ]
    return exploded("train", arguments)


def _title(sizes: str) -> str:
    return sizes if len(sizes) <= LONGEST_TITLE else f"{sizes[: LONGEST_TITLE - 3]}..."


def _data_title(trained: Trained) -> str:
    name = trained.experiment.data.name
    return "a CSV file" if name == "csv" else f'"{DATASETS[name].title}"'


def _table(
    trained: Trained, task: str
) -> tuple[list[Callable[..., Any]], list[str], str]:
    """Returns the functions that make the table, constants, and the statements."""
    choice = trained.experiment.data
    if choice.name == "csv":
        assert trained.csv is not None
        file = read_csv(trained.csv)
        target = choice.target or file.frame.columns[-1]
        names = [literal(str(name)) for name in (target, *choice.left_out)]
        columns = "# The target, and the columns left out.\n" + listed(
            "TARGET, *LEFT_OUT", names
        )
        form = f"{literal(file.encoding)}, {literal(file.separator)}"
        statements = (
            f"frame = read_frame(Path({{path}}).read_bytes(), {form})\n"
            f'features, target = choose_columns(frame, TARGET, LEFT_OUT, "{task}")'
        )
        return [read_frame, choose_columns], [columns], statements
    if DATASETS[choice.name].synthetic:
        arguments = f'"{choice.name}", {literal(choice.noise)}, {choice.seed}'
        return [synthetic], [], f"features, target = synthetic({arguments})"
    return [bundled], [], f'features, target = bundled("{choice.name}")'


def _preparation(trained: Trained, task: str) -> str:
    split = ["{plan}validation_share", "{plan}seed"]
    call = exploded("prepare", ["features", "target", f'"{task}"', *split])
    lines = [f"data = {call}"]
    shape = trained.experiment.spec.input_shape
    if len(shape) > 1:
        sizes = ", ".join(map(str, shape))
        lines += [
            'for part in ("train_features", "validation_features"):',
            f"    data[part] = data[part].reshape(-1, {sizes})",
        ]
    return "\n".join(lines) + "\n"


def _model(trained: Trained, network: Network) -> str:
    """Returns the seeded definition, with what a plain function needs beside it."""
    definition = bare(network.source.text)
    gap = "\n\n" if definition.startswith(("class ", "def ")) else ""
    seed = trained.experiment.seed
    text = (
        f"import torch\n{import_lines(network.source.text)}"
        f"torch.manual_seed({seed})  # draws the initial weights\n{gap}{definition}"
    )
    if isinstance(network.model, nn.Module):
        return text
    names = network.parameters | network.buffers
    tensors = [f'    "{name}": {name},' for name in names]
    return "\n".join(
        [
            text,
            "",
            "def set_training(training):",
            "    model.training = training",
            "",
            "",
            "tensors = {",
            *tensors,
            "}",
        ]
    )


def _handles(network: Network) -> tuple[str, str, str]:
    if isinstance(network.model, nn.Module):
        return "model.parameters()", "model.train", "model.state_dict()"
    return "parameters", "set_training", "tensors"
