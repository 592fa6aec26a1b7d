"""experiment -> program: the short text that trains a network, and nothing beside it.

A program is arranged from facts: a data set's, a task's and its loss's, an optimizer's
and a style's. Its text is what a page shows, a worker executes and an export hands out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from netlib.data.loader import Dataset, load
from netlib.experiment import Experiment
from netlib.program.data_section import data_section
from netlib.program.fit import check_fit
from netlib.program.training_section import run_section, training_section
from netlib.source.lines import WIDTH, Body, Line, assign_list, imports, text_lines
from netlib.source.styles import STYLES, Source, generate

LONGEST_TITLE = 30

SETTINGS = """
torch.set_num_threads(1)  # faster for a small network, and sums in one order
torch.manual_seed({seed})
batch_size = {batch_size}
"""
ACCELERATOR = """
device = torch.accelerator.current_accelerator(check_available=True) or "cpu"
"""
MOVED_TENSORS = """
for tensor in tensors:
    tensor.data = tensor.data.to(device)
"""


@dataclass(frozen=True, eq=False)
class Program:
    """A program that binds `model`, `optimizer`, `train_epoch`, `validate` and its data.

    `sections` holds the first and the last line, from 1, of "data", "model", "training"
    and "run"; `line_layers` the indices of the layers that each line serves. `source` is
    the definition alone; `task` and `loss` are names of TASKS and LOSSES.
    """

    text: str
    line_layers: tuple[tuple[int, ...], ...]
    sections: Mapping[str, tuple[int, int]]
    experiment: Experiment
    dataset: Dataset
    source: Source
    task: str
    loss: str


def write(experiment: Experiment, csv: bytes | None = None) -> Program:
    """Returns the program of an experiment; `csv` is the file of a table of one's own.

    Raises NetlibError, with an advice, where network, data and plan do not fit.

    >>> program = write(Experiment())
    >>> first, last = program.sections["training"]
    >>> print(program.text.splitlines()[first - 1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    """
    return arrange(experiment, load(experiment.data, csv))


def arrange(experiment: Experiment, dataset: Dataset) -> Program:
    """Returns the program of an experiment whose data set is loaded; see `write`."""
    loss = check_fit(experiment, dataset)
    sections = {
        "data": data_section(experiment, dataset, loss),
        "model": _model_section(experiment),
        "training": training_section(experiment, dataset.task, loss),
        "run": run_section(experiment, dataset.task),
    }
    body, places = _settings(experiment), {}
    for name, lines in sections.items():
        body += gap(body[-1], lines[0])
        places[name] = (len(body) + 1, len(body) + len(lines))
        body += lines
    head = [Line(_docstring(experiment, dataset)), Line()]
    head += imports(body, dataset.imports)
    return Program(
        text="".join(f"{line.text}\n" for line in [*head, *body]),
        line_layers=tuple(line.layers for line in [*head, *body]),
        sections={
            name: (len(head) + first, len(head) + last)
            for name, (first, last) in places.items()
        },
        experiment=experiment,
        dataset=dataset,
        source=generate(experiment.spec, experiment.style),
        task=dataset.task,
        loss=loss,
    )


def _settings(experiment: Experiment) -> Body:
    batch_size, seed = experiment.plan.batch_size, experiment.seed
    body = text_lines(SETTINGS.format(seed=seed, batch_size=batch_size))
    return body + text_lines(ACCELERATOR if experiment.plan.device == "auto" else "")


def _model_section(experiment: Experiment) -> Body:
    style = STYLES[experiment.style]
    body = style.write(experiment.spec)
    if experiment.plan.device != "auto":
        return body
    if style.tensors is None:
        return [*body, Line("model.to(device)")]
    tensors = assign_list("tensors", style.tensors(experiment.spec))
    return [*body, *gap(body[-1], tensors[0]), *tensors, *text_lines(MOVED_TENSORS)]


def gap(above: Line, below: Line) -> Body:
    """Returns the blank lines that a formatter has between two statements."""
    is_block = below.text.startswith(("class ", "def ", "if "))
    return [Line()] * (2 if is_block or above.text.startswith(" ") else 1)


def _docstring(experiment: Experiment, dataset: Dataset) -> str:
    title = experiment.spec.title
    network = f"{title} network" if len(title) <= LONGEST_TITLE else "deep network"
    whole = f'"""{dataset.purpose} with a {network}."""'
    return whole if len(whole) <= WIDTH else f'"""{dataset.purpose}."""'
