"""Data sets known by name: how each is loaded, its shape, and what is asked of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A data set that a program loads or makes.

    `code` binds `X` (n, n_features) and `y` (n,), by `imports` as (module, member), with
    a hole for each of the `options` that a person chooses where points are made: fields
    of the choice, `n_rows` among them. `n_classes` is 0 for a regression, and `classes`
    are names where `y` has numbers that say little. `purpose` begins the docstring of a
    program and `note`, after the number of rows, its data section.
    """

    title: str
    purpose: str
    note: str
    task: str
    n_features: int
    n_classes: int
    imports: tuple[tuple[str, str], ...]
    code: str
    n_rows: int = 0
    image_side: int = 0
    options: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def is_made(self) -> bool:
        """Whether its points are made, as a person chooses."""
        return bool(self.options)


def _loaded(
    loader: str,
    title: str,
    purpose: str,
    n_rows: int,
    note: str,
    task: str,
    n_features: int,
    n_classes: int,
    options: str = "",
    **facts: Any,
) -> Example:
    code = f"X, y = {loader}(return_X_y=True{options})\n"
    return Example(
        title,
        purpose,
        note,
        task,
        n_features,
        n_classes,
        (("sklearn.datasets", loader),),
        code,
        n_rows,
        **facts,
    )


def _made(title: str, note: str, code: str, maker: str = "", **facts: Any) -> Example:
    """Returns a row of two classes of points in a plane, but for the facts given."""
    usual: dict[str, Any] = {
        "purpose": f"Tell the classes of the {title} data apart",
        "task": "binary",
        "n_features": 2,
        "n_classes": 2,
        "options": ("n_rows", "noise", "seed"),
    }
    imports = (("sklearn.datasets", maker),) if maker else ()
    return Example(title=title, note=note, imports=imports, code=code, **usual | facts)


def _curve(
    title: str, purpose: str, note: str, n_features: int, function: str
) -> Example:
    """Returns a row of a number that is a function of the features, and noise."""
    code = (
        "rng = np.random.default_rng({seed})\n"
        f"X = rng.uniform(-1, 1, ({{n_rows}}, {n_features}))\n"
        f"y = {function} + rng.normal(0, {{noise}}, {{n_rows}})\n"
    )
    return _made(
        title,
        note,
        code,
        purpose=purpose,
        task="regression",
        n_features=n_features,
        n_classes=0,
    )


EXAMPLES = {
    "digits-odd": Example(
        "Digits, odd or even",
        "Tell odd from even digits",
        "scans of digits, in 4x4 blocks of pixels",
        "binary",
        n_rows=1797,
        image_side=4,
        n_features=16,
        n_classes=2,
        classes=("even", "odd"),
        imports=(("sklearn.datasets", "load_digits"),),
        code=(
            "X, digit = load_digits(return_X_y=True)\n"
            "X = X.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)\n"
            "y = digit % 2\n"
        ),
    ),
    "digits": _loaded(
        "load_digits", "Digits", "Recognise handwritten digits",
        1797, "scans of digits, 8x8 pixels", "multiclass", 64, 10, image_side=8,
    ),
    "iris": _loaded(
        "load_iris", "Iris", "Tell three species of iris apart",
        150, "flowers, four lengths each", "multiclass", 4, 3,
        classes=("setosa", "versicolor", "virginica"),
    ),
    "wine": _loaded(
        "load_wine", "Wine", "Tell the wines of three growers apart",
        178, "wines, 13 measurements each", "multiclass", 13, 3,
    ),
    "breast-cancer": _loaded(
        "load_breast_cancer", "Breast cancer", "Tell benign from malignant tumours",
        569, "biopsies, 30 measurements each", "binary", 30, 2,
        classes=("malignant", "benign"),
    ),
    "diabetes": _loaded(
        "load_diabetes", "Diabetes", "Predict how diabetes progresses in a year",
        442, "patients, 10 measurements each", "regression", 10, 0, ", scaled=False",
    ),
    "circles": _made(
        "Circles",
        "points, a ring in a ring",
        "X, y = make_circles({n_rows}, noise={noise}, factor=0.5, random_state={seed})\n",
        "make_circles",
    ),
    "moons": _made(
        "Moons",
        "points, two interlocked crescents",
        "X, y = make_moons({n_rows}, noise={noise}, random_state={seed})\n",
        "make_moons",
    ),
    "xor": _made(
        "XOR",
        "points, opposite quadrants are of one class",
        "rng = np.random.default_rng({seed})\n"
        "X = rng.uniform(-1, 1, ({n_rows}, 2))\n"
        "y = (X[:, 0] * X[:, 1] < 0).astype(int)\n"
        "X += rng.normal(0, {noise}, X.shape)\n",
    ),
    "gaussians": _made(
        "Gaussians",
        "points, two round clouds",
        "rng = np.random.default_rng({seed})\n"
        "y = np.arange({n_rows}) % 2\n"
        "X = rng.normal(2 * y[:, None] - 1, 0.4 + {noise}, ({n_rows}, 2))\n",
    ),
    "spirals": _made(
        "Spirals",
        "points on the arms of two spirals",
        "rng = np.random.default_rng({seed})\n"
        "y = np.arange({n_rows}) % 2\n"
        "r = 4 * np.sqrt(rng.uniform(0.02, 1, {n_rows}))\n"
        "t = np.pi * (0.875 * r + y)  # the angle\n"
        "X = np.column_stack([r * np.cos(t), r * np.sin(t)])\n"
        "X += rng.normal(0, {noise}, X.shape)\n",
    ),
    "blobs": _made(
        "Blobs",
        "points, a cloud a class",
        "spread = 0.5 + 5 * {noise}\n"
        "X, y = make_blobs({n_rows}, centers={n_classes}, cluster_std=spread, random_state={seed})\n",
        "make_blobs",
        task="multiclass",
        options=("n_rows", "n_classes", "noise", "seed"),
    ),
    "swiss-roll": _made(
        "Swiss roll",
        "points on a sheet that is rolled up",
        "X, y = make_swiss_roll({n_rows}, noise={noise}, random_state={seed})\n",
        "make_swiss_roll",
        purpose="Predict the place on a rolled up sheet",
        task="regression",
        n_features=3,
        n_classes=0,
    ),
    "line": _curve(
        "Line", "Find a straight line", "points about a straight line",
        1, "2 * X[:, 0] + 1",
    ),
    "plane": _curve(
        "Plane", "Find a plane", "points about a plane over two features",
        2, "2 * X[:, 0] - X[:, 1] + 1",
    ),
    "wave": _curve(
        "Wave", "Find a wave", "points about a wave", 1, "np.sin(5 * X[:, 0])",
    ),
    "ripples": _curve(
        "Ripples", "Find a wavy sheet", "points about waves over two features",
        2, "np.sin(4 * X[:, 0]) * np.cos(4 * X[:, 1])",
    ),
}  # fmt: skip
