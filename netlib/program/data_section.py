"""The data section of a program: load, split, prepare, as a scikit-learn user writes it."""

from collections.abc import Sequence

from netlib.data.columns import Column, WordFormat
from netlib.data.dates import PARTS, DateFormat
from netlib.data.features import FEATURES
from netlib.data.loader import Dataset
from netlib.data.numbers import NumberFormat
from netlib.data.table import Table
from netlib.experiment import Experiment
from netlib.source.lines import (
    Body,
    Line,
    assign_dict,
    assign_list,
    fits,
    listed,
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
        *(_table(table) if table else text_lines(dataset.code)),
        *_made(dataset.features),
        *wrap("X_train, X_val, y_train, y_val = ", f"train_test_split({arguments})"),
        *_features(table, experiment.spec.input_shape),
        *text_lines(_targets(dataset.task, loss)),
        *text_lines(MOVED if plan.device == "auto" else ""),
    ]


def _made(features: Sequence[str]) -> Body:
    """Returns the lines that put features made of two beside them."""
    if not features:
        return []
    columns = ", ".join(["X", *(FEATURES[name].code for name in features)])
    return text_lines(f"x1, x2 = X.T\nX = np.column_stack([{columns}])\n")


def _table(table: Table) -> Body:
    body = [*_read(table), *_cleaned(table)]
    target = literal(str(table.target.name))
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
    return [*body, Line(f"X = table[{chosen}]"), Line(f"y = {answers}")]


def _read(table: Table) -> Body:
    """Returns the lines that bind `table`, the file as pandas reads it."""
    options, body = dict(table.file.options), []
    if missing := options.pop("na_values", None):
        body += assign_list("missing", [literal(text) for text in missing])
    if texts := options.pop("dtype", None):
        items = [f"{literal(name)}: {literal(kind)}" for name, kind in texts.items()]
        body += assign_dict("texts", items)
    arguments = [f"{name}={literal(value)}" for name, value in options.items()]
    arguments += ["na_values=missing"] if missing else []
    arguments += ["dtype=texts"] if texts else []
    call = f"pd.read_csv({', '.join([literal(table.filename), *arguments])})"
    body += wrap("table = ", call)
    if table.file.is_padded:
        body.append(Line("table = table.rename(columns=str.strip)"))
    return body


def _cleaned(table: Table) -> Body:
    """Returns the lines that read the columns whose cells pandas leaves as texts."""
    groups: dict[tuple[Line, ...], list[Column]] = {}
    for column in table.columns.values():
        if column.reading or column.name == table.target.name:
            steps = _steps(column, "name", indent=4)
            groups.setdefault(tuple(steps), []).append(column)
    return [line for steps, columns in groups.items() for line in _each(columns, steps)]


def _each(columns: list[Column], steps: Sequence[Line]) -> Body:
    """Returns the steps of one column, or in a loop those that several have in common."""
    names = [literal(column.name) for column in columns]
    alone = _steps(columns[0], names[0])
    if not steps or (len(columns) == 1 and all(fits(line.text) for line in alone)):
        return alone
    return [*listed("for name in ", names, ":"), *steps]


def _steps(column: Column, name: str, indent: int = 0) -> Body:
    """Returns the statements that read the column of that name, an expression."""
    cells, errors = f"table[{name}]", ', errors="coerce"' if column.n_strays else ""
    match column.format:
        case NumberFormat() as numbers:
            steps = _number_steps(numbers, cells, errors)
        case WordFormat():
            steps = [(f"{cells} = ", f"{cells}.str.strip().str.lower()")]
        case DateFormat() as dates:
            times = f"pd.to_datetime({cells}, format={literal(dates.format)}{errors})"
            steps = [("date = ", times)]
            for part, new in dates.columns.items():
                key = f'f"{{name}}: {part}"' if name == "name" else literal(new)
                steps.append((f"table[{key}] = ", PARTS[part]))
        case None:
            steps = []
    return [
        line for before, call in steps for line in wrap(before, call, indent=indent)
    ]


def _number_steps(
    numbers: NumberFormat, cells: str, errors: str
) -> list[tuple[str, str]]:
    steps, texts = [], cells
    if numbers.signs:
        regex = ", regex=True" if numbers.is_regex else ""
        call = f'{texts}.str.replace({literal(numbers.pattern)}, ""{regex})'
        steps, texts = [("text = ", call)], "text"
    if numbers.decimal == ",":
        steps.append(("text = ", f'{texts}.str.replace(",", ".")'))
        texts = "text"
    return [*steps, (f"{cells} = ", f"pd.to_numeric({texts}{errors})")]


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
