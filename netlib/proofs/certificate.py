"""Are the styles the same network? Bits of weights, outputs, gradients and training."""

import platform
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from netlib.errors import Record, TrainingError
from netlib.model.threads import one_thread
from netlib.proofs.trace import Trace, Values, record
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES, Source, StyleName, generate
from netlib.spec.network import NetworkSpec

MOST_STEPS = 10_000
MISSING = "missing"

Progress = Callable[[float, str], None]


class Difference(Record):
    """Where two networks first differ in one quantity, and by how much.

    `layer` is a layer's name; `step` counts from 1; `largest` is the largest absolute
    difference, None where there is none to take, and then `reason` says why.
    """

    where: ClassVar[str] = "difference"

    place: str
    layer: str | None = None
    step: int | None = None
    largest: float | None = None
    reason: str = ""

    def __str__(self) -> str:
        size = "" if self.largest is None else f"differs by up to {self.largest:.3g}"
        return f"{self.place}: {', '.join(filter(None, [size, self.reason]))}"


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
    final = _first(reference.final_weights, trace.final_weights)
    found: dict[str, Difference | None] = {
        "initial_weights": _first(reference.initial_weights, trace.initial_weights),
        "outputs": _first(reference.outputs, trace.outputs),
        "gradients": _first(reference.gradients, trace.gradients),
        "losses": _first_loss(reference.losses, trace.losses),
        "final_weights": _first_step(reference, trace) or final,
        "random_number": _first(reference.random_number, trace.random_number),
    }
    if trace.error:
        for name, difference in found.items():
            if difference and difference.reason == MISSING:
                found[name] = difference.replace(reason=trace.error)
    return Row(label=label, **found)


def _first(reference: Values, values: Values) -> Difference | None:
    """Returns the first difference of named arrays, bytes against bytes."""
    for name in reference | values:
        layer = name.split(".")[0] if "." in name else None
        old, new = reference.get(name), values.get(name)
        if old is None or new is None:
            reason = MISSING if new is None else "not in the first"
            return Difference(place=name, layer=layer, reason=reason)
        if old.shape != new.shape:
            reason = f"shape {new.shape}, the first has {old.shape}"
            return Difference(place=name, layer=layer, reason=reason)
        if old.tobytes() != new.tobytes():
            return Difference(place=name, layer=layer, **_size(old, new))
    return None


def _size(old: NDArray[Any], new: NDArray[Any]) -> dict[str, Any]:
    with np.errstate(invalid="ignore"):
        sizes = np.abs(old.astype(np.float64) - new.astype(np.float64))
    finite = sizes[np.isfinite(sizes)]
    if not finite.size or np.isnan(old).sum() != np.isnan(new).sum():
        return {"reason": "not finite on one side"}
    sign = {} if finite.max() else {"reason": "the sign of zero, or of NaN"}
    return {"largest": float(finite.max()), **sign}


def _first_loss(
    reference: Sequence[float], losses: Sequence[float]
) -> Difference | None:
    for step, pair in enumerate(zip_longest(reference, losses), 1):
        place = f"step {step}"
        if None in pair:
            reason = MISSING if pair[1] is None else "not in the first"
            return Difference(place=place, step=step, reason=reason)
        old, new = (np.array(value, np.float64) for value in pair)
        if old.tobytes() != new.tobytes():
            return Difference(place=place, step=step, **_size(old, new))
    return None


def _first_step(reference: Trace, trace: Trace) -> Difference | None:
    """Returns the first step after which a weight differs, and by how much at the end."""
    for step, (old, new) in enumerate(zip(reference.digests, trace.digests), 1):
        for name in old:
            if name in new and old[name] != new[name]:
                at_end = _at_end(name, reference, trace)
                reason = at_end.reason or f"first after step {step}"
                return at_end.replace(step=step, reason=reason)
    return None


def _at_end(name: str, reference: Trace, trace: Trace) -> Difference:
    old = _only(name, reference.final_weights)
    new = _only(name, trace.final_weights)
    return _first(old, new) or Difference(place=name, largest=0.0)


def _only(name: str, values: Values) -> Values:
    return {key: value for key, value in values.items() if key == name}
