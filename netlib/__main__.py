"""`python -m netlib`: write, look at, train and export a network without a page."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from netlib.arguments import (
    Parser,
    add_force,
    add_network,
    add_table,
    add_training,
    choice_of,
    csv_of,
    experiment_of,
    refuse,
)
from netlib.data.choice import DataChoice
from netlib.data.loader import load
from netlib.data.summary import summary, summary_lines
from netlib.errors import ExportError, NetlibError
from netlib.experiment import TrainingPlan
from netlib.exports import FORMATS, export
from netlib.exports.destination import Destination
from netlib.program.writer import write
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES, generate

if TYPE_CHECKING:
    from netlib.model.network import Network
    from netlib.training.epoch import Epoch

Command = Callable[[argparse.Namespace], None]

BAR_WIDTH = 30
ALL = "all"  # each format by itself
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: list[str] | None = None) -> int:
    """Does what the arguments say and returns the exit status."""
    try:
        options = _parser().parse_args(arguments)
        options.command(options)
        sys.stdout.flush()
    except NetlibError as error:
        return refuse(str(error), 2)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return refuse(f"{error.filename}: {error.strerror}.", 2)
    except KeyboardInterrupt:
        return refuse("interrupted.", INTERRUPTED)
    return 0


def _parser() -> argparse.ArgumentParser:
    network, style, training = (Parser(add_help=False) for _ in range(3))
    add_network(network)
    add_training(training)
    style.add_argument("--style", choices=STYLES, help="how it is written")
    parser = Parser(prog="python -m netlib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Command, example: str, *parents: Parser) -> Parser:
        name, text = command.__name__.removeprefix("_"), command.__doc__ or ""
        added: Parser = commands.add_parser(
            name,
            parents=parents,
            help=f"{text[0].lower()}{text[1:-1]}",
            description=text,
            epilog=f"example: python -m netlib {name} {example}",
        )
        added.set_defaults(command=command)
        return added

    add(_generate, "16-12-10-1 --style manual > model.py", network, style)
    add(_write, "16-12-10-1 --data digits-odd > train.py", network, style, training)
    add(_tree, "4-8-3 --style mixed", network, style)
    data = add(_data, "--csv prices.csv --target price")
    add_table(data, required=True)
    data.add_argument("--json", action="store_true", help="print JSON")
    certify = add(_certify, "16-12-10-1 --steps 100 --optimizer sgd", network)
    for name, default in (("steps", 100), ("seed", 0)):
        text = "default: %(default)s"
        certify.add_argument(f"--{name}", type=int, default=default, help=text)
    certify.add_argument("--optimizer", choices=OPTIMIZERS, default="adam")
    example = "--data digits-odd --epochs 50 > history.csv"
    train = add(_train, example, network, style, training)
    text = "file that keeps the weights (default: %(default)s)"
    train.add_argument("-o", metavar="FILE", default="model.safetensors", help=text)
    add_force(train)
    example = "--style mixed --format ddp -o exported"
    export = add(_export, example, network, style, training)
    text = "what to write"
    formats = [*FORMATS, ALL]
    export.add_argument("--format", choices=formats, required=True, help=text)
    text = "folder to write to (default: this one)"
    export.add_argument("-o", metavar="DIR", default=".", help=text)
    add_force(export)
    return parser


def _generate(options: argparse.Namespace) -> None:
    """Print a definition."""
    experiment = experiment_of(options)
    print(generate(experiment.spec, experiment.style).text, end="")


def _write(options: argparse.Namespace) -> None:
    """Print the program that trains a network."""
    print(write(experiment_of(options), csv_of(options)).text, end="")


def _tree(options: argparse.Namespace) -> None:
    """Print what PyTorch prints of a network."""
    from netlib.model.builder import outline

    experiment = experiment_of(options)
    print(outline(generate(experiment.spec, experiment.style)).tree)


def _data(options: argparse.Namespace) -> None:
    """Print what is understood of a table."""
    choice, plan = choice_of(vars(options), DataChoice()), TrainingPlan()
    dataset = load(choice, options.csv.content)
    assert dataset.table
    found = summary(dataset, dataset.table, plan.validation_share, plan.seed)
    lines = [json.dumps(found, indent=2)] if options.json else summary_lines(found)
    print("\n".join(lines))


def _certify(options: argparse.Namespace) -> None:
    """Build and train a network in every style and compare all bits."""
    from netlib.proofs.certificate import QUANTITIES, certify

    spec = experiment_of(options).spec
    proof = certify(
        spec, seed=options.seed, steps=options.steps, optimizer=options.optimizer
    )
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["style", *QUANTITIES])
    for row in proof.rows:
        cells = [found or "identical" for found in row.differences.values()]
        table.writerow([row.label, *cells])
    terms = proof.terms
    found = "identical to the last bit" if proof.identical else "not identical"
    print(
        f"{found}: torch {terms.torch}; {terms.cpu}; threads: {terms.threads}; "
        f"{terms.dtype}",
        file=sys.stderr,
    )
    if not proof.identical:
        sys.exit(1)


def _train(options: argparse.Namespace) -> None:
    """Train a network, print its epochs as CSV and keep its weights, on Ctrl-C too."""
    from safetensors.numpy import save

    from netlib.model.weights import weights_of
    from netlib.training.record import train

    experiment, file = (
        experiment_of(options),
        Destination(Path(options.o), options.force),
    )
    advance, kept = _bar(experiment.plan.epochs), ""

    def keep(epoch: "Epoch", network: "Network") -> None:
        nonlocal kept
        if epoch.number == 1:
            print("epoch,loss,validation_loss,score")
        file.write(save(weights_of(network), {"epoch": str(epoch.number)}))
        kept = f"{options.o} keeps the weights after epoch {epoch.number}."
        print(*epoch, sep=",", flush=True)
        advance(epoch)

    try:
        with file:
            train(experiment, csv_of(options), keep)
    except KeyboardInterrupt:
        sys.exit(refuse(f"interrupted. {kept}", INTERRUPTED))


def _export(options: argparse.Namespace) -> None:
    """Train a network and write it in a format, run and checked."""
    from netlib.training.record import RunRecord, train

    experiment, table, folder = experiment_of(options), csv_of(options), Path(options.o)
    names = [*FORMATS] if options.format == ALL else [options.format]
    destinations = {  # refused before anything is trained
        name: Destination(folder / FORMATS[name].filename, options.force)
        for name in names
    }
    record = RunRecord(experiment, table)
    if any(FORMATS[name].needs_run for name in names):
        advance = _bar(experiment.plan.epochs)
        record = train(experiment, table, lambda epoch, network: advance(epoch))
    for name in names:
        try:
            file = export(name, record, lambda share, text: _remark(text))
        except ExportError as error:
            if options.format != ALL:
                raise
            _remark(f"left out: {error}")
            continue
        folder.mkdir(parents=True, exist_ok=True)
        with destinations[name] as destination:
            destination.write(file.content)
        print(folder / file.name)


def _remark(text: str) -> None:
    print(text.strip(), file=sys.stderr)


def _bar(n_epochs: int) -> Callable[["Epoch"], None]:
    """Returns what draws a bar on stderr: one line on a terminal, else a line a step."""
    end = "\r" if sys.stderr.isatty() else "\n"
    drawn = -1

    def advance(epoch: "Epoch") -> None:
        nonlocal drawn
        done = BAR_WIDTH * epoch.number // n_epochs
        is_last = epoch.number == n_epochs
        if done > drawn:
            drawn = done
            bar = f"[{'#' * done:{BAR_WIDTH}}] {epoch.number}/{n_epochs}"
            text = f"{bar} loss {epoch.loss:.4g} score {epoch.score:.4f}"
            print(text, end="\n" if is_last else end, file=sys.stderr, flush=True)

    return advance


if __name__ == "__main__":
    sys.exit(main())
