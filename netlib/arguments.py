"""What a command line says: its options, and the experiment they make."""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from netlib.data.choice import CSV, DataChoice
from netlib.data.csv_lines import MAX_BYTES
from netlib.data.examples import EXAMPLES
from netlib.data.loader import load
from netlib.errors import SpecError, choices
from netlib.experiment import Experiment, TrainingPlan
from netlib.program.fit import fitted
from netlib.spec.network import NetworkSpec, parse_widths


class CsvContent(NamedTuple):
    """A CSV file that was named on the command line."""

    name: str
    content: bytes


def refuse(reason: str, status: int) -> int:
    """Prints why nothing is done, in one line, and returns the exit status."""
    print(f"netlib: {reason.strip()}", file=sys.stderr)
    return status


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line."""

    def error(self, message: str) -> NoReturn:
        sys.exit(refuse(f"{message}.", 2))


def add_force(parser: Parser) -> None:
    """Adds the leave to replace files."""
    text = "replace files that are there"
    parser.add_argument("--force", action="store_true", help=text)


def add_network(parser: Parser) -> None:
    """Adds what makes a network: widths and activations, or a design to begin with."""
    text = "sizes of the layers, such as 16-12-10-1, the default with a sigmoid"
    parser.add_argument("widths", nargs="?", help=text)
    parser.add_argument("--activation", help="between the layers (default: relu)")
    parser.add_argument("--output-activation", help="after the last (default: none)")
    text = "a design.json to begin with; other options change it"
    parser.add_argument("--design", metavar="FILE", help=text)


def add_training(parser: Parser) -> None:
    """Adds the data and every field of the plan."""
    parser.add_argument("--data", choices=EXAMPLES, help="a data set known by name")
    add_table(parser)
    text = "give the network the inputs and outputs of the data"
    parser.add_argument("--fit", action="store_true", help=text)
    for name, field in TrainingPlan.model_fields.items():
        flag, text = f"--{name.replace('_', '-')}", f"default: {field.default}"
        if isinstance(field.default, bool):
            action = argparse.BooleanOptionalAction
            parser.add_argument(flag, action=action, help=text)
        else:
            kind, values = type(field.default), choices(field) or None
            parser.add_argument(flag, type=kind, choices=values, help=text)


def add_table(parser: Parser, required: bool = False) -> None:
    """Adds a CSV file and its target."""
    parser.add_argument(
        "--csv",
        metavar="FILE",
        type=_csv_file,
        required=required,
        help="a table of your own",
    )
    parser.add_argument("--target", help="its column to predict (default: the last)")


def _csv_file(path: str) -> CsvContent:
    """Reads a file as far as one may be long."""
    with open(path, "rb") as file:
        return CsvContent(Path(path).name, file.read(MAX_BYTES + 1))


def experiment_of(options: argparse.Namespace) -> Experiment:
    """Returns the design, or the default one, with what the options change."""
    experiment = _design(options.design) if options.design else Experiment()
    given = {name: value for name, value in vars(options).items() if value is not None}
    plan = {name: given[name] for name in TrainingPlan.model_fields if name in given}
    experiment = experiment.replace(
        spec=_spec(options, experiment.spec),
        style=given.get("style", experiment.style),
        seed=given.get("seed", experiment.seed),
        data=choice_of(given, experiment.data),
        plan=experiment.plan.replace(**plan),
    )
    if not given.get("fit"):
        return experiment
    return fitted(experiment, load(experiment.data, csv_of(options)))


def _spec(options: argparse.Namespace, spec: NetworkSpec) -> NetworkSpec:
    if options.widths:
        widths = parse_widths(options.widths)
        activation = options.activation or "relu"
        return NetworkSpec.mlp(widths, activation, options.output_activation)
    if options.activation or options.output_activation:
        raise SpecError("widths", "sizes beside an activation", "none")
    return spec


def choice_of(given: dict[str, Any], choice: DataChoice) -> DataChoice:
    """Returns the data that the options name, or else `choice`."""
    if "csv" in given:
        file: CsvContent = given["csv"]
        own = choice if choice.name == CSV else DataChoice(name=CSV)
        return own.replace(
            sha256=hashlib.sha256(file.content).hexdigest(),
            filename=file.name,
            target=given.get("target") or own.target,
        )
    return DataChoice(name=given["data"]) if "data" in given else choice


def csv_of(options: argparse.Namespace) -> bytes | None:
    """Returns the contents of the table that was named, None without one."""
    return options.csv.content if options.csv else None


def _design(path: str) -> Experiment:
    try:
        return Experiment.model_validate(json.loads(Path(path).read_bytes()))
    except (ValueError, RecursionError):
        raise SpecError("design file", "JSON as an export writes it", path) from None
