"""`python -m netlib`: write, look at, train and export a network without a page."""

import argparse
import csv
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from netlib.data.choice import CSV, DataChoice
from netlib.data.csv_lines import MAX_BYTES
from netlib.data.examples import EXAMPLES
from netlib.data.loader import load
from netlib.data.summary import summary, summary_lines
from netlib.errors import ExportError, NetlibError, SpecError, choices
from netlib.experiment import Experiment, TrainingPlan
from netlib.exports import FORMATS, export
from netlib.exports.destination import Destination
from netlib.program.writer import write
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES, generate
from netlib.spec.network import NetworkSpec, parse_widths

if TYPE_CHECKING:
    from netlib.model.network import Network
    from netlib.training.epoch import Epoch

Command = Callable[[argparse.Namespace], None]


class CsvContent(NamedTuple):
    """A CSV file that was named on the command line."""

    name: str
    content: bytes


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
        return _refuse(str(error), 2)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}.", 2)
    except KeyboardInterrupt:
        return _refuse("interrupted.", INTERRUPTED)
    return 0


def _refuse(reason: str, status: int) -> int:
    print(f"netlib: {reason.strip()}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """A parser that refuses in one line."""

    def error(self, message: str) -> NoReturn:
        sys.exit(_refuse(f"{message}.", 2))


def _parser() -> argparse.ArgumentParser:
    network, style, training = (_Parser(add_help=False) for _ in range(3))
    _add_network(network)
    _add_training(training)
    style.add_argument("--style", choices=STYLES, help="how it is written")
    parser = _Parser(prog="python -m netlib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Command, example: str, *parents: _Parser) -> _Parser:
        name, text = command.__name__.removeprefix("_"), command.__doc__ or ""
        added: _Parser = commands.add_parser(
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
    _add_table(data, required=True)
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
    _add_force(train)
    example = "--style mixed --format ddp -o exported"
    export = add(_export, example, network, style, training)
    text = "what to write"
    formats = [*FORMATS, ALL]
    export.add_argument("--format", choices=formats, required=True, help=text)
    text = "folder to write to (default: this one)"
    export.add_argument("-o", metavar="DIR", default=".", help=text)
    _add_force(export)
    return parser


def _add_force(parser: _Parser) -> None:
    text = "replace files that are there"
    parser.add_argument("--force", action="store_true", help=text)


def _add_network(parser: _Parser) -> None:
    text = "sizes of the layers, such as 16-12-10-1, the default with a sigmoid"
    parser.add_argument("widths", nargs="?", help=text)
    parser.add_argument("--activation", help="between the layers (default: relu)")
    parser.add_argument("--output-activation", help="after the last (default: none)")
    text = "a design.json to begin with; other options change it"
    parser.add_argument("--design", metavar="FILE", help=text)


def _add_training(parser: _Parser) -> None:
    parser.add_argument("--data", choices=EXAMPLES, help="a data set known by name")
    _add_table(parser)
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


def _add_table(parser: _Parser, required: bool = False) -> None:
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


def _generate(options: argparse.Namespace) -> None:
    """Print a definition."""
    experiment = _experiment(options)
    print(generate(experiment.spec, experiment.style).text, end="")


def _write(options: argparse.Namespace) -> None:
    """Print the program that trains a network."""
    print(write(_experiment(options), _csv(options)).text, end="")


def _tree(options: argparse.Namespace) -> None:
    """Print what PyTorch prints of a network."""
    from netlib.model.builder import outline

    experiment = _experiment(options)
    print(outline(generate(experiment.spec, experiment.style)).tree)


def _data(options: argparse.Namespace) -> None:
    """Print what is understood of a table."""
    choice, plan = _choice(vars(options), DataChoice()), TrainingPlan()
    dataset = load(choice, options.csv.content)
    assert dataset.table
    found = summary(dataset, dataset.table, plan.validation_share, plan.seed)
    lines = [json.dumps(found, indent=2)] if options.json else summary_lines(found)
    print("\n".join(lines))


def _certify(options: argparse.Namespace) -> None:
    """Build and train a network in every style and compare all bits."""
    from netlib.proofs.certificate import QUANTITIES, certify

    spec = _experiment(options).spec
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

    experiment, file = _experiment(options), Destination(Path(options.o), options.force)
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
            train(experiment, _csv(options), keep)
    except KeyboardInterrupt:
        sys.exit(_refuse(f"interrupted. {kept}", INTERRUPTED))


def _export(options: argparse.Namespace) -> None:
    """Train a network and write it in a format, run and checked."""
    from netlib.training.record import RunRecord, train

    experiment, table, folder = _experiment(options), _csv(options), Path(options.o)
    names = [*FORMATS] if options.format == ALL else [options.format]
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
        with Destination(folder / file.name, options.force) as destination:
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


def _experiment(options: argparse.Namespace) -> Experiment:
    """Returns the design, or the default one, with what the options change."""
    experiment = _design(options.design) if options.design else Experiment()
    given = {name: value for name, value in vars(options).items() if value is not None}
    plan = {name: given[name] for name in TrainingPlan.model_fields if name in given}
    experiment = experiment.replace(
        spec=_spec(options, experiment.spec),
        style=given.get("style", experiment.style),
        seed=given.get("seed", experiment.seed),
        data=_choice(given, experiment.data),
        plan=experiment.plan.replace(**plan),
    )
    return _fitted(experiment, _csv(options)) if given.get("fit") else experiment


def _fitted(experiment: Experiment, csv: bytes | None) -> Experiment:
    plan, dataset = experiment.plan, load(experiment.data, csv)
    n_features = dataset.count_features(plan.validation_share, plan.seed)
    return experiment.replace(
        spec=experiment.spec.fitted(n_features, dataset.n_outputs)
    )


def _spec(options: argparse.Namespace, spec: NetworkSpec) -> NetworkSpec:
    if options.widths:
        widths = parse_widths(options.widths)
        activation = options.activation or "relu"
        return NetworkSpec.mlp(widths, activation, options.output_activation)
    if options.activation or options.output_activation:
        raise SpecError("widths", "sizes beside an activation", "none")
    return spec


def _choice(given: dict[str, Any], choice: DataChoice) -> DataChoice:
    if "csv" in given:
        file: CsvContent = given["csv"]
        own = choice if choice.name == CSV else DataChoice(name=CSV)
        return own.replace(
            sha256=hashlib.sha256(file.content).hexdigest(),
            filename=file.name,
            target=given.get("target") or own.target,
        )
    return DataChoice(name=given["data"]) if "data" in given else choice


def _csv(options: argparse.Namespace) -> bytes | None:
    return options.csv.content if options.csv else None


def _design(path: str) -> Experiment:
    try:
        return Experiment.model_validate(json.loads(Path(path).read_bytes()))
    except (ValueError, RecursionError):
        raise SpecError("design file", "JSON as an export writes it", path) from None


if __name__ == "__main__":
    sys.exit(main())
