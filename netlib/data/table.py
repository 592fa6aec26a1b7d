"""Tables to train on: bundled, synthetic or from a CSV file; their split."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from netlib.errors import DataError, shorten
from netlib.experiment import DataChoice

MAX_BYTES = 20_000_000
MAX_COLUMNS = 2_000
MAX_CATEGORIES = 100
MAX_WHOLE_NUMBER_CLASSES = 20
MAX_PREPARED_VALUES = 10_000_000
MAX_MAGNITUDE = 1e30
MIN_ROWS = 4

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_OTHER_COLUMN = "Leave this column out; if it is the target, choose another."


@dataclass(frozen=True)
class Dataset:
    """A data set known by name; of a synthetic one noise and seed can be chosen."""

    title: str
    note: str
    task: str
    synthetic: bool = False


DATASETS = {
    "digits-odd": Dataset("Digits, odd or even", "1,797 scans, 4x4 pixels", "binary"),
    "digits": Dataset("Digits", "1,797 scans, 8x8 pixels", "multiclass"),
    "iris": Dataset("Iris", "150 flowers, 3 species", "multiclass"),
    "wine": Dataset("Wine", "178 wines, 3 growers", "multiclass"),
    "breast-cancer": Dataset("Breast cancer", "569 biopsies", "binary"),
    "diabetes": Dataset("Diabetes", "442 patients a year later", "regression"),
    "circles": Dataset("Circles", "A ring in a ring", "binary", synthetic=True),
    "moons": Dataset("Moons", "Interlocked crescents", "binary", synthetic=True),
    "xor": Dataset("XOR", "Opposite quadrants", "binary", synthetic=True),
    "gaussians": Dataset("Gaussians", "Two round clouds", "binary", synthetic=True),
    "spirals": Dataset("Spirals", "Two spiral arms", "binary", synthetic=True),
}


@dataclass(frozen=True)
class Table:
    """Features (n rows, one column each) and a target (n values, none missing)."""

    title: str
    features: pd.DataFrame
    target: pd.Series
    task: str
    report: tuple[str, ...]


@dataclass(frozen=True)
class CsvFile:
    """A CSV file as read; the frame's index is each row's line in the file."""

    frame: pd.DataFrame
    separator: str
    encoding: str


def load(choice: DataChoice, content: bytes | None = None) -> Table:
    """Returns the chosen table; `content` is the CSV file's bytes. Raises DataError.

    >>> table = load(DataChoice(name="iris"))
    >>> table.task, table.features.shape
    ('multiclass', (150, 4))
    """
    if choice.name == "csv":
        return _load_csv(choice, content)
    dataset = DATASETS[choice.name]
    if dataset.synthetic:
        features, target = synthetic(choice.name, choice.noise, choice.seed)
    else:
        features, target = bundled(choice.name)
    size = f"{len(features):,} rows, {features.shape[1]} feature columns of numbers"
    return Table(dataset.title, features, target, dataset.task, (f"{size}.",))


def bundled(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Returns the features and the target of a table that scikit-learn brings along."""
    from sklearn import datasets  # half a second that nothing else here needs

    if name == "diabetes":
        return datasets.load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    if name == "digits-odd":
        images, digit = datasets.load_digits(return_X_y=True)
        blocks = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
        columns = [f"block_{row}_{column}" for row in range(4) for column in range(4)]
        target = pd.Series(np.where(digit % 2, "odd", "even"))
        return pd.DataFrame(blocks, columns=columns), target
    bunch = getattr(datasets, f"load_{name.replace('-', '_')}")(as_frame=True)
    return bunch.data, pd.Series(bunch.target_names[bunch.target])


def synthetic(name: str, noise: float, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Puts 200 points of each class in the plane, then moves them by the noise."""
    generator = np.random.default_rng(seed)
    label = np.repeat([0, 1], 200)
    u, v = generator.uniform(0.02, 1, (2, 400))
    side = generator.choice([-1, 1], 400)
    blur, cloud = generator.normal(size=(2, 400, 2)) @ [1, 1j]
    places = {  # complex numbers: x + iy
        "circles": (1 - label / 2) * np.exp(2j * np.pi * u),
        "moons": np.exp(1j * np.pi * (u + label)) + label * (1 + 0.5j),
        "xor": side * (u + 1j * v * (1 - 2 * label)),
        "gaussians": (2 * label - 1) * (1 + 1j) + 0.4 * cloud,
        "spirals": 4 * np.sqrt(u) * np.exp(1j * np.pi * (3.5 * np.sqrt(u) + label)),
    }
    points = places[name] + noise * blur
    return pd.DataFrame({"x": points.real, "y": points.imag}), pd.Series(label)


def prepare(
    features: pd.DataFrame,
    target: pd.Series,
    task: str,
    validation_share: float,
    seed: int,
) -> dict:
    """Splits a table, classes in proportion; fits its preparation on the training part.

    Numbers are standardised (missing: the median), text one-hot (missing: a category;
    unseen: zeros). Features are (n, d) and targets (n, 1) float32, classes int64 (n,).
    """
    codes, classes = pd.factorize(target, sort=True)
    order = np.random.default_rng(seed).permutation(len(target))
    by_class = order[np.argsort(codes[order], kind="stable")]
    n_held = min(max(round(len(order) * validation_share), 1), len(order) - 2)
    spaced = ((np.arange(n_held) + 0.5) * len(order) / n_held).astype(int)
    held = np.isin(order, (order if task == "regression" else by_class)[spaced])
    training, validation = order[~held], order[held]

    def standardise(values: np.ndarray) -> np.ndarray:
        fitted = values[training]
        deviation = np.where(np.ptp(fitted, axis=0) > 0, fitted.std(axis=0), 1)
        return ((values - fitted.mean(axis=0)) / deviation).astype(np.float32)

    numbers = features.select_dtypes(["number", "bool"]).astype(float)
    text = features.drop(columns=numbers.columns)
    if text.shape[1]:
        text = pd.get_dummies(text, prefix_sep=" = ", dummy_na=True, dtype=np.float32)
        text = text.loc[:, text.iloc[training].any()]
    numbers = numbers.fillna(numbers.iloc[training].median()).fillna(0.0)
    inputs = np.hstack([standardise(numbers.to_numpy()), text.to_numpy(np.float32)])
    if task == "regression":
        targets = standardise(target.to_numpy(float)[:, None])
        true = targets[validation]
        baseline = 1 - np.mean(true**2) / np.var(true) if np.ptp(true) else 0.0
    else:
        targets = codes if task == "multiclass" else codes[:, None].astype(np.float32)
        baseline = np.mean(codes[validation] == np.bincount(codes[training]).argmax())
    return {
        "train_features": inputs[training],
        "train_targets": targets[training],
        "validation_features": inputs[validation],
        "validation_targets": targets[validation],
        "feature_names": [str(name) for name in [*numbers.columns, *text.columns]],
        "class_names": [] if task == "regression" else [str(name) for name in classes],
        "baseline": float(baseline),
    }


def read_csv(content: bytes) -> CsvFile:
    """Reads a CSV file, its encoding and separator found out; raises DataError.

    >>> file = read_csv(b"size;price\\n1,5;20\\n2,5;30\\n")
    >>> file.separator, file.frame["size"].tolist()
    (';', [1.5, 2.5])
    """
    decoded, encoding = _decode(content)
    decoded = decoded.replace("\r\n", "\n").replace("\r", "\n")
    lines = io.StringIO(decoded, newline="").readlines()
    separator = max(_SEPARATORS, key=lambda candidate: _fit(lines, candidate))
    numbers = _check_lines(lines, separator)
    frame = read_frame(content, encoding, separator)
    return CsvFile(frame.set_axis(pd.Index(numbers, name="line")), separator, encoding)


def read_frame(content: bytes, encoding: str, separator: str) -> pd.DataFrame:
    """Reads a CSV file of known form; a column without a name is named by its place.

    Columns in which every text is a number become numbers.
    """
    decoded = content.decode(encoding).removeprefix("\ufeff")
    lines = io.StringIO(decoded.replace("\r\n", "\n").replace("\r", "\n"))
    records = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    header = next(cells for cells in records if len(cells) > 1)
    lines.seek(0)
    frame = pd.read_csv(
        lines,
        sep=separator,
        decimal="," if separator == ";" else ".",
        header=0,
        names=[name.strip() or f"column {i}" for i, name in enumerate(header, start=1)],
        skipinitialspace=True,
        na_values=["?"],
        low_memory=False,
    )
    for name in frame.select_dtypes(exclude=["number", "bool"]):
        text = frame[name].astype("str")
        values = pd.to_numeric(text, errors="coerce")
        frame[name] = values if values.count() == text.count() else text
    return frame


def choose_columns(
    frame: pd.DataFrame, target: str, left_out: Sequence[str], task: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Returns the columns that tell rows apart, and the target, where it has a value."""
    rows = frame.dropna(subset=[target])
    chosen = rows[target]
    if task == "regression":
        chosen = chosen.astype(float)
    elif pd.api.types.is_any_real_numeric_dtype(chosen):
        chosen = chosen.astype("int64")
    features = rows.drop(columns=[target, *left_out])
    distinct = features.nunique()
    constant = (distinct == 1) & ((features.dtypes != "str") | features.notna().all())
    return features.loc[:, (distinct > 0) & ~constant], chosen


def _decode(content: bytes) -> tuple[str, str]:
    if len(content) > MAX_BYTES:
        rule, size = f"at most {MAX_BYTES / 1e6:g} MB", f"{len(content) / 1e6:,.1f} MB"
        raise DataError("CSV file", rule, size, "Keep fewer rows or columns.")
    utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ["utf-16"] if utf_16 else ["utf-8", "cp1252"]:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding).removeprefix("\ufeff")
            if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
                return text, encoding
    rule = "text in UTF-8, UTF-16 or Windows-1252"
    advice = "Open the table in a spreadsheet and save it as CSV (UTF-8)."
    raise DataError("CSV file", rule, "bytes that are no such text", advice)


def _records(lines: list[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the first line's number and the cells of every record not blank."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    number = 1
    try:
        for cells in reader:
            if len(cells) > 1 or lines[number - 1].strip(" \t\r\n"):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error:
        where, rule = f"CSV line {number}", "quotes around whole cells or none"
        raise DataError(where, rule, "others", "Correct the quotes.") from None


def _fit(lines: list[str], separator: str) -> tuple[bool, float]:
    """Rates a separator by how evenly it splits the first lines; more is better."""
    widths = []
    with suppress(DataError):
        for _, (_, cells) in zip(range(20), _records(lines, separator)):
            widths.append(len(cells))
    splits = bool(widths) and widths[0] > 1
    return splits, splits and widths.count(widths[0]) / len(widths)


def _check_lines(lines: list[str], separator: str) -> list[int]:
    """Returns the line number of each row; all are as wide as a header that can be."""
    records = _records(lines, separator)
    header = next(records, (1, []))[1]
    names = [name.strip() or f"column {i}" for i, name in enumerate(header, start=1)]
    if not 2 <= len(names) <= MAX_COLUMNS:
        rule = f"2 to {MAX_COLUMNS:,} columns, between commas, semicolons, tabs or |"
        advice = "Upload a table with a header line, feature columns and a target."
        raise DataError("CSV header", rule, f"{len(names):,}", advice)
    if len(twice := pd.Series(names)[pd.Series(names).duplicated()]):
        rule, found = "names that differ", f"{_quoted(twice.iloc[0])} twice"
        raise DataError("CSV header", rule, found, "Rename one, or add a header line.")
    numbers = []
    for number, cells in records:
        if len(cells) != len(names):
            rule = f"{len(names)} cells, as in the header"
            advice = "Correct this line; put a cell that holds a separator in quotes."
            raise DataError(f"CSV line {number}", rule, str(len(cells)), advice)
        numbers.append(number)
    return numbers


def _quoted(value: object) -> str:
    return repr(shorten(str(value), 40))


def _load_csv(choice: DataChoice, content: bytes | None) -> Table:
    if content is None:
        raise DataError("CSV file", "an uploaded file", "none", "Upload it again.")
    file = read_csv(content)
    frame, name = file.frame, choice.target or file.frame.columns[-1]
    for chosen in (name, *choice.left_out):
        if chosen not in frame:
            rule = f"one of {shorten(', '.join(frame.columns))}"
            raise DataError("chosen column", rule, _quoted(chosen), "Choose again.")
    task, task_note = _find_task(frame[name].dropna())
    features, target = choose_columns(frame, name, choice.left_out, task)
    others = frame.loc[target.index].drop(columns=[name, *choice.left_out, *features])
    if features.empty:
        rule = "a feature column with at least 2 different values"
        raise DataError("CSV file", rule, "none", "Leave fewer out, or add one.")
    kind = f"{file.encoding} text between {_SEPARATORS[file.separator]}"
    report = [f"Read as {kind}: {len(frame):,} rows, {frame.shape[1]:,} columns."]
    if pd.to_numeric(pd.Series(frame.columns), errors="coerce").notna().any():
        report.append("The first line was taken for the header, yet holds numbers.")
    report.append(f"Rows dropped, without a target: {len(frame) - len(target):,}.")
    report += [task_note, *_left_out_notes(others), _preparation_note(features)]
    return Table(choice.filename or "CSV file", features, target, task, tuple(report))


def _find_task(target: pd.Series) -> tuple[str, str]:
    """Returns the task and a sentence on why; raises DataError for no such target."""
    where, n_distinct = f"target {_quoted(target.name)}", target.nunique()
    if len(target) < MIN_ROWS:
        rule = f"at least {MIN_ROWS} rows with a value"
        raise DataError(where, rule, str(len(target)), "Add rows, or values.")
    if n_distinct < 2:
        found = f"{_quoted(target.iloc[0])} in every row"
        raise DataError(where, "different values", found, "Choose another target.")
    holds = f"The {where} holds {n_distinct:,} different"
    numbers = pd.to_numeric(target, errors="coerce").astype(float)
    whole = numbers.isna() | ((numbers % 1 == 0) & (numbers.abs() < 2**53))
    few = numbers.nunique() <= min(MAX_WHOLE_NUMBER_CLASSES, len(target) // 2)
    if numbers.count() > len(target) / 2 and not (few and whole.all()):
        _check_numbers(target)
        return "regression", f"{holds} numbers: regression."
    _check_categories(target)
    return "binary" if n_distinct == 2 else "multiclass", f"{holds} values: classes."


def _left_out_notes(others: pd.DataFrame) -> list[str]:
    """Says why these columns do not tell rows apart."""
    has_value = others.notna().any()
    notes = []
    for why, left in ("no value", ~has_value), ("one value only", has_value):
        if left.any():
            names = shorten(", ".join(others.columns[left]), 200)
            notes.append(f"Left out, because of {why}: {names} ({left.sum():,}).")
    return notes


def _preparation_note(features: pd.DataFrame) -> str:
    """Says how the columns are prepared; raises DataError for one that can't be."""
    text: pd.DataFrame = features.select_dtypes("str")
    numbers = features.drop(columns=text.columns)
    beyond = np.abs(numbers.to_numpy(float)) > MAX_MAGNITUDE
    for name in numbers.columns[beyond.any(axis=0)]:
        _check_numbers(numbers[name])
    for name in text.columns:
        _check_categories(text[name])
    n_inputs = numbers.shape[1] + text.nunique().sum()
    if len(features) * n_inputs > MAX_PREPARED_VALUES:
        rule = f"at most {MAX_PREPARED_VALUES:,} prepared values"
        found = f"{len(features):,} rows of {n_inputs:,}"
        raise DataError("CSV file", rule, found, "Keep fewer rows or columns.")
    gaps = f"{numbers.isna().sum().sum():,.0f} missing: the training part's median"
    text_gaps = f"{text.isna().sum().sum():,.0f} missing: a category of their own"
    kinds = f"{numbers.shape[1]:,} of numbers, standardised ({gaps})"
    return f"Features: {kinds}; {text.shape[1]:,} of text, one-hot ({text_gaps})."


def _check_numbers(column: pd.Series) -> None:
    size = pd.to_numeric(column, errors="coerce").astype(float).abs()
    wrong = column[column.notna() & ~(size <= MAX_MAGNITUDE)]
    if len(wrong):
        where = f"column {_quoted(column.name)}, line {wrong.index[0]}"
        rule = "a number between -1e30 and 1e30, as in most rows"
        advice = f"Correct or empty this cell. {_OTHER_COLUMN}"
        raise DataError(where, rule, _quoted(wrong.iloc[0]), advice)


def _check_categories(column: pd.Series) -> None:
    if (n_distinct := column.nunique()) > MAX_CATEGORIES:
        is_text = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        first = int(is_text.argmax())
        where = f"column {_quoted(column.name)}, line {column.index[first]}"
        rule = f"numbers, or at most {MAX_CATEGORIES} different texts"
        found = f"{_quoted(column.iloc[first])} and {n_distinct - 1:,} others"
        raise DataError(where, rule, found, _OTHER_COLUMN)
