"""The inputs that a network has of two features: these, and what can be made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Feature:
    """A number made of the features x1 and x2: an expression of a program, and a function.

    The function takes both as columns (n,), of NumPy or torch.
    """

    title: str
    code: str
    of: Callable[[Any, Any], Any]


def _sin(x: Any) -> Any:
    return x.sin() if hasattr(x, "sin") else np.sin(x)


GIVEN = {
    "x1": Feature("x1", "x1", lambda x1, x2: x1),
    "x2": Feature("x2", "x2", lambda x1, x2: x2),
}
FEATURES = {
    "x1^2": Feature("x1²", "x1**2", lambda x1, x2: x1**2),
    "x2^2": Feature("x2²", "x2**2", lambda x1, x2: x2**2),
    "x1*x2": Feature("x1·x2", "x1 * x2", lambda x1, x2: x1 * x2),
    "sin x1": Feature("sin x1", "np.sin(x1)", lambda x1, x2: _sin(x1)),
    "sin x2": Feature("sin x2", "np.sin(x2)", lambda x1, x2: _sin(x2)),
}
INPUTS = {**GIVEN, **FEATURES}


def input_names(n_inputs: int, inputs: Sequence[str]) -> list[str]:
    """Returns what `n_inputs` are called: as `inputs` where any were chosen."""
    if inputs:
        return [INPUTS[name].title for name in inputs]
    return [f"x{number}" for number in range(1, n_inputs + 1)]


def inputs_of(rows: NDArray[Any], inputs: Sequence[str]) -> NDArray[Any]:
    """Returns the inputs (n, n_inputs) that are made of rows of two features (n, 2)."""
    x1, x2 = rows.T
    return np.column_stack([INPUTS[name].of(x1, x2) for name in inputs])
