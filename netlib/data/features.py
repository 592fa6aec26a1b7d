"""What can be made of two features, as further inputs of a network."""

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


FEATURES = {
    "x1^2": Feature("x1²", "x1**2", lambda x1, x2: x1**2),
    "x2^2": Feature("x2²", "x2**2", lambda x1, x2: x2**2),
    "x1*x2": Feature("x1·x2", "x1 * x2", lambda x1, x2: x1 * x2),
    "sin x1": Feature("sin x1", "np.sin(x1)", lambda x1, x2: _sin(x1)),
    "sin x2": Feature("sin x2", "np.sin(x2)", lambda x1, x2: _sin(x2)),
}


def input_names(n_inputs: int, features: Sequence[str]) -> list[str]:
    """Returns what `n_inputs` are called, the last of which are `features`."""
    given = range(1, n_inputs - len(features) + 1)
    return [f"x{number}" for number in given] + [FEATURES[n].title for n in features]


def with_features(rows: NDArray[Any], features: Sequence[str]) -> NDArray[Any]:
    """Returns rows of two features (n, 2) with those made of them beside them."""
    x1, x2 = rows.T
    return np.column_stack([rows, *(FEATURES[name].of(x1, x2) for name in features)])
