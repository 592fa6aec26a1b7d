"""A definition, and a script that trains it: data, network, the very loop, evaluation."""

from collections.abc import Callable
from textwrap import indent
from typing import Any

from netlib.exports.carried import compare, epoch_rows, plan_parser, show
from netlib.exports.program import carry, program
from netlib.exports.texts import Texts, plan_text, texts, training_call
from netlib.exports.trained import File, Trained
from netlib.source.styles import generate
from netlib.training.run import train

ONE_THREAD = (
    "import torch\ntorch.set_num_threads(1)  # more threads may sum in another order\n"
)


def snippet(trained: Trained) -> File:
    """Returns the definition in the style of the experiment, `model.py`."""
    source = generate(trained.experiment.spec, trained.experiment.style)
    return File("model.py", source.text.encode())


def script(trained: Trained) -> File:
    """Returns `train.py`, which repeats the run; raises NetlibError."""
    parts = texts(trained)
    functions: list[Callable[..., Any]]
    functions = [*parts.carried, train, plan_parser, epoch_rows, show, compare]
    text = program(
        _docstring(parts),
        [
            ONE_THREAD,
            plan_text(trained),
            parts.first_epochs,
            *parts.constants,
            parts.model,
            *map(carry, functions),
            _main(parts),
            'if __name__ == "__main__":\n    main()\n',
        ],
    )
    return File("train.py", text.encode())


def csv_argument(texts: Texts) -> str:
    """Returns the statement that asks for the file, if there is one to ask for."""
    call = 'parser.add_argument("csv", help="the table to train on")\n'
    return call if texts.csv else ""


def _docstring(texts: Texts) -> str:
    path = " table.csv" if texts.csv else ""
    return (
        f"Trains a {texts.title}.\n\n"
        f"    python train.py{path} --epochs 20 > history.csv\n\n"
        "Prints the epochs as CSV, then says on stderr how close they are to the run that\n"
        "this file repeats. With the options as they are and the versions of the run, one\n"
        "machine gives the same numbers to the last bit.\n"
    )


def _main(texts: Texts) -> str:
    body = (
        "parser = plan_parser(PLAN)\n"
        f"{csv_argument(texts)}"
        'parser.add_argument("--weights", default="model.safetensors", '
        'help="file to save")\n'
        "options = parser.parse_args()\n"
        f"{texts.reading.format(path='options.csv', plan='options.')}"
        f"events = {training_call(texts, 'options.')}\n"
        "history = show(epoch_rows(events))\n"
        f"save_file({texts.tensors}, options.weights)\n"
        f"{closing(texts)}"
    )
    return (
        "import sys\n"
        "from pathlib import Path\n"
        "from safetensors.torch import save_file\n"
        f"def main():\n{indent(body, '    ')}"
    )


def closing(texts: Texts) -> str:
    """Returns the statements that report on `history`."""
    score = "R2" if texts.task == "regression" else "accuracy"
    return (
        'n_rows, baseline = len(data["validation_targets"]), data["baseline"]\n'
        f'found = f"{score} {{history[-1][3]:.4f}} on {{n_rows}} rows kept back"\n'
        'print(f"{found}; without a network {baseline:.4f}", file=sys.stderr)\n'
        "changed = [name for name in PLAN if getattr(options, name) != PLAN[name]]\n"
        'if set(changed) <= {"epochs"}:\n'
        "    print(compare(history, FIRST_EPOCHS), file=sys.stderr)\n"
        "else:\n"
        "    print(f\"not compared: other {', '.join(changed)}\", file=sys.stderr)\n"
    )
