"""Data sets known by name: how each is loaded, its shape, and what is asked of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A data set that a program loads or makes.

    `code` binds `X` (n, n_features) and `y` (n,), by `imports` as (module, member), with
    `{noise}` and `{seed}` where points are made. `n_classes` is 0 for a regression.
    `purpose` begins the docstring of a program and `note` its data section.
    """

    title: str
    purpose: str
    note: str
    task: str
    n_features: int
    n_classes: int
    imports: tuple[tuple[str, str], ...]
    code: str
    is_made: bool = False


def _loaded(
    loader: str,
    title: str,
    purpose: str,
    note: str,
    task: str,
    n_features: int,
    n_classes: int,
    options: str = "",
) -> Example:
    code = f"X, y = {loader}(return_X_y=True{options})\n"
    imports = (("sklearn.datasets", loader),)
    return Example(title, purpose, note, task, n_features, n_classes, imports, code)


def _made(title: str, note: str, code: str, maker: str = "") -> Example:
    imports = (("sklearn.datasets", maker),) if maker else ()
    purpose = f"Tell the two classes of the {title} data apart"
    return Example(title, purpose, note, "binary", 2, 2, imports, code, is_made=True)


EXAMPLES = {
    "digits-odd": Example(
        "Digits, odd or even",
        "Tell odd from even digits",
        "1,797 scans of digits, in 4x4 blocks of pixels",
        "binary",
        n_features=16,
        n_classes=2,
        imports=(("sklearn.datasets", "load_digits"),),
        code=(
            "X, digit = load_digits(return_X_y=True)\n"
            "X = X.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)\n"
            "y = digit % 2\n"
        ),
    ),
    "digits": _loaded(
        "load_digits", "Digits", "Recognise handwritten digits",
        "1,797 scans of digits, 8x8 pixels", "multiclass", 64, 10,
    ),
    "iris": _loaded(
        "load_iris", "Iris", "Tell three species of iris apart",
        "150 flowers, four lengths each", "multiclass", 4, 3,
    ),
    "wine": _loaded(
        "load_wine", "Wine", "Tell the wines of three growers apart",
        "178 wines, 13 measurements each", "multiclass", 13, 3,
    ),
    "breast-cancer": _loaded(
        "load_breast_cancer", "Breast cancer", "Tell benign from malignant tumours",
        "569 biopsies, 30 measurements each", "binary", 30, 2,
    ),
    "diabetes": _loaded(
        "load_diabetes", "Diabetes", "Predict how diabetes progresses in a year",
        "442 patients, 10 measurements each", "regression", 10, 0, ", scaled=False",
    ),
    "circles": _made(
        "Circles",
        "400 points, a ring in a ring",
        "X, y = make_circles(400, noise={noise}, factor=0.5, random_state={seed})\n",
        "make_circles",
    ),
    "moons": _made(
        "Moons",
        "400 points, two interlocked crescents",
        "X, y = make_moons(400, noise={noise}, random_state={seed})\n",
        "make_moons",
    ),
    "xor": _made(
        "XOR",
        "400 points, opposite quadrants are of one class",
        "rng = np.random.default_rng({seed})\n"
        "X = rng.uniform(-1, 1, (400, 2))\n"
        "y = (X[:, 0] * X[:, 1] < 0).astype(int)\n"
        "X += rng.normal(0, {noise}, X.shape)\n",
    ),
    "gaussians": _made(
        "Gaussians",
        "400 points, two round clouds",
        "rng = np.random.default_rng({seed})\n"
        "y = np.arange(400) % 2\n"
        "X = rng.normal(2 * y[:, None] - 1, 0.4 + {noise}, (400, 2))\n",
    ),
    "spirals": _made(
        "Spirals",
        "400 points on the arms of two spirals",
        "rng = np.random.default_rng({seed})\n"
        "y = np.arange(400) % 2\n"
        "r = 4 * np.sqrt(rng.uniform(0.02, 1, 400))\n"
        "t = np.pi * (0.875 * r + y)  # the angle\n"
        "X = np.column_stack([r * np.cos(t), r * np.sin(t)]) + rng.normal(0, {noise}, (400, 2))\n",
    ),
}  # fmt: skip
