"""`python -m netlib`: write, look at, train and export a network without a page."""

import argparse
import csv
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from netlib.errors import NetlibError, SpecError
from netlib.experiment import DataChoice, DataName, Experiment, TrainingPlan
from netlib.source.styles import STYLES, generate
from netlib.spec.network import NetworkSpec, parse_widths

if TYPE_CHECKING:
    from netlib.exports import Epoch
    from netlib.model.builder import Network

Command = Callable[[argparse.Namespace], None]

# Named here and not by netlib.exports, so that help needs no torch.
FORMATS = (
    "snippet", "train", "notebook", "ddp", "weights", "onnx", "pt2", "design",
    "history", "project",
)  # fmt: skip
UNTRAINED_FORMATS = {"snippet", "design"}
BAR_WIDTH = 30
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: list[str] | None = None) -> int:
    """Does what the arguments say and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
        sys.stdout.flush()
    except NetlibError as error:
        return _refuse(f"{error} {error.advice}", 2)
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
    parser = _Parser(prog="python -m netlib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Command, text: str, example: str) -> argparse.ArgumentParser:
        name = command.__name__.removeprefix("_")
        added: argparse.ArgumentParser = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=f"example: python -m netlib {name} {example}",
        )
        added.set_defaults(command=command)
        _add_network(added)
        return added

    written = add(
        _generate, "print a definition", "16-12-10-1 --style manual > model.py"
    )
    tree = add(_tree, "print what PyTorch prints of a network", "4-8-3 --style mixed")
    certify = add(
        _certify,
        "build and train a network in every style and compare all bits",
        "16-12-10-1 --steps 100 --optimizer sgd",
    )
    for name, default in (("steps", 100), ("seed", 0)):
        text = "default: %(default)s"
        certify.add_argument(f"--{name}", type=int, default=default, help=text)
    choices = ("adam", "sgd")
    certify.add_argument("--optimizer", choices=choices, default="adam")
    train = add(
        _train,
        "train a network, print its epochs as CSV and keep its weights, on Ctrl-C too",
        "--data digits-odd --epochs 50 > history.csv",
    )
    text = "file that keeps the weights (default: %(default)s)"
    train.add_argument("-o", metavar="FILE", default="model.safetensors", help=text)
    export = add(
        _export,
        "train a network and write it in a format, run and checked",
        "--style mixed --format ddp -o exported",
    )
    export.add_argument(
        "--format", choices=FORMATS, required=True, help="what to write"
    )
    text = "folder to write to (default: this one)"
    export.add_argument("-o", metavar="DIR", default=".", help=text)
    for command in (written, tree, train, export):
        command.add_argument("--style", choices=STYLES, help="how it is written")
    for command in (train, export):
        _add_training(command)
    return parser


def _add_network(parser: argparse.ArgumentParser) -> None:
    text = (
        "sizes of the layers, such as 16-12-10-1, which is the default with a sigmoid"
    )
    parser.add_argument("widths", nargs="?", help=text)
    parser.add_argument("--activation", help="between the layers (default: relu)")
    parser.add_argument("--output-activation", help="after the last (default: none)")
    text = "a design.json to begin with; other options change it"
    parser.add_argument("--design", metavar="FILE", help=text)


def _add_training(parser: argparse.ArgumentParser) -> None:
    names = [name for name in get_args(DataName) if name != "csv"]
    parser.add_argument("--data", choices=names, help="a data set known by name")
    parser.add_argument("--csv", metavar="FILE", help="a table of your own")
    parser.add_argument("--target", help="its column to predict (default: the last)")
    for name, field in TrainingPlan.model_fields.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(field.default),
            help=f"default: {field.default}",
        )


def _generate(options: argparse.Namespace) -> None:
    experiment = _experiment(options)
    print(generate(experiment.spec, experiment.style).text, end="")


def _tree(options: argparse.Namespace) -> None:
    from netlib.model.builder import outline

    experiment = _experiment(options)
    print(outline(generate(experiment.spec, experiment.style)).tree)


def _certify(options: argparse.Namespace) -> None:
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
    from safetensors.numpy import save

    from netlib.exports import arrays_of, train_anew

    experiment, path = _experiment(options), Path(options.o)
    advance, kept = _bar(experiment.plan.epochs), ""

    def keep(epoch: "Epoch", network: "Network") -> None:
        nonlocal kept
        if epoch[0] == 0:
            print("epoch,loss,validation_loss,score")
        _write(path, save(arrays_of(network), {"epoch": str(epoch[0])}))
        kept = f"{path} keeps the weights after epoch {epoch[0]}."
        print(*epoch, sep=",", flush=True)
        advance(epoch)

    try:
        train_anew(experiment, _csv(options), keep)
    except KeyboardInterrupt:
        sys.exit(_refuse(f"interrupted. {kept}", INTERRUPTED))


def _export(options: argparse.Namespace) -> None:
    from netlib.exports import Trained, export, train_anew

    experiment, table = _experiment(options), _csv(options)
    if options.format in UNTRAINED_FORMATS:
        trained = Trained(experiment, table, (), {})
    else:
        advance = _bar(experiment.plan.epochs)
        trained = train_anew(experiment, table, lambda epoch, network: advance(epoch))
    for progress in export(options.format, trained):
        print(progress.text, file=sys.stderr)
        if progress.file:
            path = Path(options.o, progress.file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, progress.file.content)
            print(path)


def _bar(n_epochs: int) -> Callable[["Epoch"], None]:
    """Returns what draws a bar on stderr: one line on a terminal, else a line a step."""
    end = "\r" if sys.stderr.isatty() else "\n"
    drawn = -1

    def advance(epoch: "Epoch") -> None:
        nonlocal drawn
        done = BAR_WIDTH * epoch[0] // n_epochs
        is_last = epoch[0] == n_epochs
        if done > drawn:
            drawn = done
            bar = f"[{'#' * done:{BAR_WIDTH}}] {epoch[0]}/{n_epochs}"
            text = f"{bar} loss {epoch[1]:.4g} score {epoch[3]:.4f}"
            print(text, end="\n" if is_last else end, file=sys.stderr, flush=True)

    return advance


def _write(path: Path, content: bytes) -> None:
    """Writes the whole file or none."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _experiment(options: argparse.Namespace) -> Experiment:
    """Returns the design, or the default one, with what the options change."""
    experiment = _design(options.design) if options.design else Experiment()
    given = {name: value for name, value in vars(options).items() if value is not None}
    plan = {name: given[name] for name in TrainingPlan.model_fields if name in given}
    return experiment.replace(
        spec=_spec(options, experiment.spec),
        style=given.get("style", experiment.style),
        seed=given.get("seed", experiment.seed),
        data=_data(given, experiment.data),
        plan=experiment.plan.replace(**plan),
    )


def _spec(options: argparse.Namespace, spec: NetworkSpec) -> NetworkSpec:
    if options.widths:
        widths = parse_widths(options.widths)
        activation = options.activation or "relu"
        return NetworkSpec.mlp(widths, activation, options.output_activation)
    if options.activation or options.output_activation:
        raise SpecError("widths", "sizes beside an activation", "none")
    return spec


def _data(given: dict[str, Any], choice: DataChoice) -> DataChoice:
    if "csv" in given:
        path = Path(given["csv"])
        own = choice if choice.name == "csv" else DataChoice(name="csv")
        return own.replace(
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            filename=path.name,
            target=given.get("target", own.target),
        )
    return DataChoice(name=given["data"]) if "data" in given else choice


def _csv(options: argparse.Namespace) -> bytes | None:
    return Path(options.csv).read_bytes() if options.csv else None


def _design(path: str) -> Experiment:
    try:
        return Experiment.model_validate(json.loads(Path(path).read_bytes()))
    except (ValueError, RecursionError):
        raise SpecError("design file", "JSON as an export writes it", path) from None


if __name__ == "__main__":
    sys.exit(main())
