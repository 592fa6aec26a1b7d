"""The data section of a program: load, split, prepare, as a scikit-learn user writes it."""

from collections.abc import Sequence

from netlib.data.features import GIVEN, INPUTS
from netlib.data.loader import Dataset
from netlib.data.table import Table
from netlib.experiment import Experiment
from netlib.program.table_section import clean, read_call, settings
from netlib.source.lines import (
    Body,
    Line,
    assign_list,
    fits,
    literal,
    shape_comment,
    text_lines,
    wrap,
)
from netlib.source.tasks import LOSSES, TASKS

SCALED = """
scaler = StandardScaler().fit(X_train)
X_train, X_val = scaler.transform(X_train), scaler.transform(X_val)
"""
TRANSFORMED = (
    "X_train, X_val = columns.fit_transform(X_train), columns.transform(X_val)"
)
TENSORS = "X_train, X_val = (torch.tensor(X).float() for X in (X_train, X_val))"
SCALED_TARGETS = """
y_scaler = StandardScaler().fit(y_train[:, None])
y_train, y_val = (y_scaler.transform(y[:, None]) for y in (y_train, y_val))
y_train, y_val = (torch.tensor(y).float() for y in (y_train, y_val))  # (n, 1)
"""
COLUMN_TARGETS = """
y_train, y_val = (torch.tensor(y[:, None]).float() for y in (y_train, y_val))  # (n, 1)
"""
CLASS_NUMBERS = "y_train, y_val = torch.tensor(y_train), torch.tensor(y_val)  # (n,)"
MOVED = """
X_train, X_val, y_train, y_val = (
    part.to(device) for part in (X_train, X_val, y_train, y_val)
)
"""


def data_section(experiment: Experiment, dataset: Dataset, loss: str) -> Body:
    """Returns the lines that bind X_train, X_val, y_train and y_val as tensors.

    Features are (n, *input_shape) float32. Targets are (n, 1) float32, or class numbers
    (n,) where the loss named `loss` is one over classes.
    """
    plan, table = experiment.plan, dataset.table
    is_stratified = dataset.stratifies(plan.validation_share)
    stratify = "stratify=y, " if is_stratified else ""
    share, seed = plan.validation_share, plan.seed
    arguments = f"X, y, test_size={share}, {stratify}random_state={seed}"
    return [
        Line(f"# Data: {dataset.note}"),
        *(_table(table, dataset.inputs) if table else text_lines(dataset.code)),
        *_made(dataset.inputs),
        *wrap("X_train, X_val, y_train, y_val = ", f"train_test_split({arguments})"),
        *_features(table, experiment.spec.input_shape),
        *text_lines(_targets(dataset.task, loss)),
        *text_lines(MOVED if plan.device == "auto" else ""),
    ]


def _made(inputs: Sequence[str]) -> Body:
    """Returns the lines that make the chosen inputs of two features."""
    if not inputs:
        return []
    n_given = len(GIVEN) if inputs[: len(GIVEN)] == tuple(GIVEN) else 0
    codes = ["X"] * bool(n_given) + [INPUTS[name].code for name in inputs[n_given:]]
    made = f"X = np.column_stack([{', '.join(codes)}])\n"
    return text_lines(f"x1, x2 = X.T\n{made}")


def _table(table: Table, inputs: Sequence[str]) -> Body:
    target = literal(str(table.target.name))
    body = [*_read(table), *clean(table.used_columns)]
    if table.has_gaps:
        body.append(Line(f"table = table.dropna(subset=[{target}])"))
    lists = {"numbers": table.numbers, "categories": table.categories}
    for name, columns in lists.items():
        if columns:
            body += assign_list(name, [literal(column) for column in columns])
    chosen = " + ".join(name for name, columns in lists.items() if columns)
    answers = (
        f"LabelEncoder().fit_transform(table[{target}])"
        if table.has_classes
        else f"table[{target}].to_numpy()"
    )
    cells = f"table[{chosen}]" + (".to_numpy(float)" if inputs else "")
    return [*body, Line(f"X = {cells}"), Line(f"y = {answers}")]


def _read(table: Table) -> Body:
    """Returns the lines that bind `table`, the file as pandas reads it."""
    texts = table.file.options.get("dtype", {})
    call = read_call(table, literal(table.filename), texts)
    body = [*settings(table, texts), *wrap("table = ", call)]
    if table.file.is_padded:
        body.append(Line("table = table.rename(columns=str.strip)"))
    return body


def _features(table: Table | None, shape: tuple[int, ...]) -> Body:
    prepared = _columns(table) if table and not table.is_plain else text_lines(SCALED)
    if len(shape) == 1:
        whole = f"{TENSORS}{shape_comment(shape)}"
        return [*prepared, Line(whole if fits(whole) else TENSORS)]
    sizes = ", ".join(map(str, (-1, *shape)))
    parts = f"X_train.reshape({sizes}), X_val.reshape({sizes})"
    return [*prepared, Line(TENSORS), Line(f"X_train, X_val = {parts}")]


def _columns(table: Table) -> Body:
    """Returns the lines that bind `columns`, the preparation of a table."""
    body, pairs = [], []
    if table.has_empty_cells:
        call = 'SimpleImputer(strategy="median", keep_empty_features=True)'
        body.append(Line(f"median = {call}"))
    if table.numbers and table.has_empty_cells:
        pairs.append("(make_pipeline(median, StandardScaler()), numbers)")
    elif table.numbers:
        pairs.append("(StandardScaler(), numbers)")
    if table.categories:
        call = 'OneHotEncoder(handle_unknown="ignore", sparse_output=False)'
        body.append(Line(f"one_hot = {call}"))
        pairs.append("(one_hot, categories)")
    call = f"make_column_transformer({', '.join(pairs)})"
    return [*body, *wrap("columns = ", call), Line(TRANSFORMED)]


def _targets(task: str, loss: str) -> str:
    if not TASKS[task].has_classes:
        return SCALED_TARGETS
    return CLASS_NUMBERS if LOSSES[loss].over_classes else COLUMN_TARGETS
