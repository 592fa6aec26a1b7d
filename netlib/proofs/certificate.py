"""Are the styles the same network? Bits of weights, outputs, gradients and training."""

import platform
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import ClassVar

import pandas as pd
import torch

from netlib.errors import Record, TrainingError
from netlib.model.threads import one_thread
from netlib.proofs.difference import (
    MISSING,
    Difference,
    first_difference,
    first_loss,
    first_step,
)
from netlib.proofs.trace import Trace, record
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES, Source, StyleName, generate
from netlib.spec.network import NetworkSpec

MOST_STEPS = 10_000

Progress = Callable[[float, str], None]


class Row(Record):
    """What certifying found of one style: None where identical to the first style."""

    where: ClassVar[str] = "row"

    label: str
    initial_weights: Difference | None = None
    outputs: Difference | None = None
    gradients: Difference | None = None
    losses: Difference | None = None
    final_weights: Difference | None = None
    random_number: Difference | None = None

    @property
    def differences(self) -> dict[str, Difference | None]:
        """The quantities in the order in which they are compared."""
        return {name: getattr(self, name) for name in QUANTITIES}

    @property
    def identical(self) -> bool:
        """Whether every quantity is, to the last bit."""
        return not any(self.differences.values())


QUANTITIES = {
    "initial_weights": "initial weights",
    "outputs": "outputs",
    "gradients": "first gradients",
    "losses": "losses",
    "final_weights": "final weights",
    "random_number": "next random number",
}


class Terms(Record):
    """On what the comparison was made: another machine or build may give other bits."""

    where: ClassVar[str] = "terms"

    torch: str
    cpu: str
    threads: int
    dtype: str


class Certificate(Record):
    """The rows, one a style, against the first; their losses by label; the terms."""

    where: ClassVar[str] = "certificate"

    title: str
    n_parameters: int
    seed: int
    steps: int
    optimizer: str
    rows: tuple[Row, ...]
    losses: dict[str, tuple[float, ...]]
    terms: Terms

    @property
    def identical(self) -> bool:
        """Whether all rows are, to the last bit."""
        return all(row.identical for row in self.rows)

    @property
    def table(self) -> pd.DataFrame:
        """A row a style, a column a quantity: "identical", or what differs."""
        cells = {
            row.label: [str(found or "identical") for found in row.differences.values()]
            for row in self.rows
        }
        return pd.DataFrame.from_dict(
            cells, orient="index", columns=list(QUANTITIES.values())
        )

    @property
    def verdict(self) -> str:
        """What was found, and on which terms."""
        found = "Identical to the last bit" if self.identical else "Not identical"
        return (
            f"{found}: {self.title}, {self.steps} steps of {self.optimizer} from seed "
            f"{self.seed}; torch {self.terms.torch}, {self.terms.cpu}, "
            f"threads: {self.terms.threads}, {self.terms.dtype}."
        )

    def __str__(self) -> str:
        return f"{self.table.to_string()}\n{self.verdict}"

    def _repr_html_(self) -> str:
        return f"{self.table.to_html()}<p>{escape(self.verdict)}</p>"


def certify(
    spec: NetworkSpec,
    styles: Sequence[StyleName] | Mapping[str, Source] | None = None,
    seed: int = 0,
    steps: int = 100,
    optimizer: str = "adam",
    progress: Progress | None = None,
) -> Certificate:
    """Builds and trains `spec` in each style from the same seed and compares all bits.

    `styles` are names (None for all), or sources by label; each is compared to the
    first. The batches are standard normal, 32 rows, the loss is the mean squared error
    to standard normal targets. `progress` hears the share done and the label at work.
    Raises NetlibError.

    >>> certificate = certify(NetworkSpec.mlp([4, 3, 1]), steps=5)
    >>> certificate.identical, len(certificate.rows), len(certificate.losses["manual"])
    (True, 7, 5)
    """
    if not 1 <= steps <= MOST_STEPS:
        raise TrainingError("certificate", f"1 to {MOST_STEPS} steps", steps)
    if optimizer not in OPTIMIZERS:
        rule = f"an optimizer of {', '.join(OPTIMIZERS)}"
        raise TrainingError("certificate", rule, optimizer)
    sources = _sources(spec, styles)
    traces: dict[str, Trace] = {}
    with one_thread(), torch.random.fork_rng(devices=[]):
        terms = _terms()
        for number, (label, source) in enumerate(sources.items()):
            trace = traces[label] = Trace()
            for step in record(source, seed, steps, optimizer, trace):
                if progress:
                    progress((number + step / steps) / len(sources), label)
    first, reference = next(iter(traces.items()))
    if reference.error:
        raise TrainingError(f"style {first}", "a network that runs", reference.error)
    return Certificate(
        title=spec.title,
        n_parameters=spec.n_parameters,
        seed=seed,
        steps=steps,
        optimizer=optimizer,
        rows=tuple(_compare(label, reference, traces[label]) for label in traces),
        losses={label: tuple(trace.losses) for label, trace in traces.items()},
        terms=terms,
    )


def _sources(
    spec: NetworkSpec, styles: Sequence[StyleName] | Mapping[str, Source] | None
) -> dict[str, Source]:
    if isinstance(styles, Mapping):
        sources = dict(styles)
    else:
        sources = {style: generate(spec, style) for style in styles or STYLES}
    if not sources:
        raise TrainingError("certificate", "at least one style", "none")
    return sources


def _terms() -> Terms:
    return Terms(
        torch=torch.__version__,
        cpu=f"{_cpu()}, {torch.backends.cpu.get_cpu_capability()}",
        threads=torch.get_num_threads(),
        dtype=str(torch.get_default_dtype()).removeprefix("torch."),
    )


def _cpu() -> str:
    """Returns the name of the processor; Linux tells it in a file alone."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _compare(label: str, reference: Trace, trace: Trace) -> Row:
    final = first_difference(reference.final_weights, trace.final_weights)
    found: dict[str, Difference | None] = {
        "initial_weights": first_difference(
            reference.initial_weights, trace.initial_weights
        ),
        "outputs": first_difference(reference.outputs, trace.outputs),
        "gradients": first_difference(reference.gradients, trace.gradients),
        "losses": first_loss(reference.losses, trace.losses),
        "final_weights": first_step(reference, trace) or final,
        "random_number": first_difference(reference.random_number, trace.random_number),
    }
    if trace.error:
        for name, difference in found.items():
            if difference and difference.reason == MISSING:
                found[name] = difference.replace(reason=trace.error)
    return Row(label=label, **found)
