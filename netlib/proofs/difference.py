"""Where two networks first differ, bytes against bytes, and by how much."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netlib.errors import Record
from netlib.proofs.trace import Trace, Values

MISSING = "missing"


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


def first_difference(reference: Values, values: Values) -> Difference | None:
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


def first_loss(
    reference: Sequence[float], losses: Sequence[float]
) -> Difference | None:
    """Returns the first step whose losses differ."""
    for step, pair in enumerate(zip_longest(reference, losses), 1):
        place = f"step {step}"
        if None in pair:
            reason = MISSING if pair[1] is None else "not in the first"
            return Difference(place=place, step=step, reason=reason)
        old, new = (np.array(value, np.float64) for value in pair)
        if old.tobytes() != new.tobytes():
            return Difference(place=place, step=step, **_size(old, new))
    return None


def first_step(reference: Trace, trace: Trace) -> Difference | None:
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
    return first_difference(old, new) or Difference(place=name, largest=0.0)


def _only(name: str, values: Values) -> Values:
    return {key: value for key, value in values.items() if key == name}
