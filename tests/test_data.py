"""Tables to train on: what is read, what is refused and how, and how it is prepared."""

import hashlib
import inspect
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netlib.data.table import DATASETS, Table, load, prepare, read_csv
from netlib.data.uploads import Uploads
from netlib.errors import DataError
from netlib.experiment import DataChoice

SYNTHETIC = ["circles", "moons", "xor", "gaussians", "spirals"]


def lines(row: Callable[[int], str], n_rows: int = 12, header: str = "a,b") -> bytes:
    return "\n".join([header, *map(row, range(n_rows))]).encode()


def load_csv(content: bytes | None, **choice: object) -> Table:
    return load(DataChoice(name="csv", **choice), content)


def prepare_table(table: Table, seed: int = 0) -> dict:
    return prepare(table.features, table.target, table.task, 0.2, seed)


BAD = {
    "empty": b"",
    "one column": b"a\n1\n2\n",
    "too wide": b"," * 2000,
    "header only": b"a,b\n",
    "one row": b"a,b\n1,2\n",
    "missing target": lines(lambda i: f"{i},"),
    "one class": lines(lambda i: f"{i},yes"),
    "no feature left": lines(lambda i: f"7,,{i % 2}", header="a,c,b"),
    "text in a regression": lines(lambda i: f"{i},{i / 2 if i != 5 else 'oops'}"),
    "infinity": lines(lambda i: f"{i if i != 3 else 'inf'},{i % 2}"),
    "infinite target": lines(lambda i: f"{i},{i if i != 3 else '-inf'}"),
    "strings": lines(lambda i: f"s{i},{i % 2}", 100_000),
    "classes": lines(lambda i: f"{i},s{i}", 100_000),
    "dates": lines(lambda i: f"{2000 + i}-12-31,{i % 2}", 150),
    "text among numbers": lines(lambda i: f"{i if i > 1 else i * 'oops'},{i % 2}", 200),
    "duplicate names": b"a,a,b\n1,2,3\n",
    "short row": b'a,b\n"1\n1",2\n\n3\n',
    "long row": b"a,b\n1,2\n3,4,5\n",
    "open quote": b'a,b\n1,2\n"3,4\n5,6\n',
    "wrong encoding": b"a,b\n\x81\x8d,1\n",
    "NUL": b"a,b\n1,\0\n",
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "ZIP": b"PK\x03\x04\x14\0\x06\0",
    "too large": b"a,b\n" * 6_000_000,
    "too much text": lines(lambda i: f"k{i % 100},{i % 2}", 100_001),
    "no file": None,
}
WIDTH = "CSV header: expects 2 to 2,000 columns, between commas, semicolons, tabs or |"
TABLE = "Upload a table with a header line, feature columns and a target."
ROWS = "target 'b': expects at least 4 rows with a value"
VALUES = "target 'b': expects different values"
NUMBER = "expects a number between -1e30 and 1e30, as in most rows"
TEXTS = "expects numbers, or at most 100 different texts"
LEAVE = "Leave this column out; if it is the target, choose another."
OTHERS = f"others. {LEAVE}"
CELL = f"Correct or empty this cell. {LEAVE}"
LINE = "Correct this line; put a cell that holds a separator in quotes."
BYTES = "got bytes that are no such text. Open the table in a spreadsheet"
NO_TEXT = f"CSV file: expects text in UTF-8, UTF-16 or Windows-1252, {BYTES}"
NO_TEXT += " and save it as CSV (UTF-8)."
FEATURE = "CSV file: expects a feature column with at least 2 different values"
HEADER = "CSV header: expects names that differ, got 'a' twice."
SIZE = "CSV file: expects at most 10,000,000 prepared values, got 100,001 rows of 100."
BYTES_LIMIT = "CSV file: expects at most 20 MB, got 24.0 MB."
QUOTES = "CSV line 3: expects quotes around whole cells or none, got others."
MESSAGES = {
    "empty": f"{WIDTH}, got 0. {TABLE}",
    "one column": f"{WIDTH}, got 1. {TABLE}",
    "too wide": f"{WIDTH}, got 2,001. {TABLE}",
    "header only": f"{ROWS}, got 0. Add rows, or values.",
    "one row": f"{ROWS}, got 1. Add rows, or values.",
    "missing target": f"{ROWS}, got 0. Add rows, or values.",
    "one class": f"{VALUES}, got 'yes' in every row. Choose another target.",
    "no feature left": f"{FEATURE}, got none. Leave fewer out, or add one.",
    "text in a regression": f"column 'b', line 7: {NUMBER}, got 'oops'. {CELL}",
    "infinity": f"column 'a', line 5: {NUMBER}, got 'inf'. {CELL}",
    "infinite target": f"column 'b', line 5: {NUMBER}, got '-inf'. {CELL}",
    "strings": f"column 'a', line 2: {TEXTS}, got 's0' and 99,999 {OTHERS}",
    "classes": f"column 'b', line 2: {TEXTS}, got 's0' and 99,999 {OTHERS}",
    "dates": f"column 'a', line 2: {TEXTS}, got '2000-12-31' and 149 {OTHERS}",
    "text among numbers": f"column 'a', line 3: {TEXTS}, got 'oops' and 198 {OTHERS}",
    "duplicate names": f"{HEADER} Rename one, or add a header line.",
    "short row": f"CSV line 5: expects 2 cells, as in the header, got 1. {LINE}",
    "long row": f"CSV line 3: expects 2 cells, as in the header, got 3. {LINE}",
    "open quote": f"{QUOTES} Correct the quotes.",
    **dict.fromkeys(["wrong encoding", "NUL", "PNG", "ZIP"], NO_TEXT),
    "too large": f"{BYTES_LIMIT} Keep fewer rows or columns.",
    "too much text": f"{SIZE} Keep fewer rows or columns.",
    "no file": "CSV file: expects an uploaded file, got none. Upload it again.",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_csv_is_refused_with_advice(name):
    with pytest.raises(DataError) as caught:
        load_csv(BAD[name])
    assert f"{caught.value} {caught.value.advice}" == MESSAGES[name]


@pytest.mark.parametrize("choice", [{"target": "q"}, {"left_out": ("a", "q")}])
def test_a_column_that_does_not_exist_is_refused(choice):
    with pytest.raises(DataError) as caught:
        load_csv(b"a,b\n1,2\n", **choice)
    assert str(caught.value) == "chosen column: expects one of a, b, got 'q'."


def test_the_names_of_experiments_are_the_data_sets():
    names = get_args(DataChoice.model_fields["name"].annotation)
    assert names == (*DATASETS, "csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separator_and_encoding_are_found_out(separator, encoding):
    text = "größe,b,c\n1.5,é €,0\n".replace(",", separator)
    file = read_csv(text.encode(encoding))
    assert (file.separator, file.encoding) == (separator, encoding.removesuffix("-sig"))
    assert list(file.frame.columns) == ["größe", "b", "c"]
    assert file.frame.iloc[0].tolist() == [1.5, "é €", 0]


def test_decimal_commas_are_read_between_semicolons():
    frame = read_csv(b"a;b;c\n1,5;x;2.5\n-2,25;y, z;3.5\n").frame
    assert frame.to_numpy().tolist() == [[1.5, "x", 2.5], [-2.25, "y, z", 3.5]]


def test_rows_are_known_by_their_line_and_blank_names_by_their_column():
    content = b',b,\r\n"x\r\ny", 1,2\r\n \r\n"p, ""q""",=1+1,exit()\r\n'
    frame = read_csv(content).frame
    assert list(frame.columns) == ["column 1", "b", "column 3"]
    assert frame.loc[2].tolist() == ["x\ny", "1", "2"]
    assert frame.loc[5].tolist() == ['p, "q"', "=1+1", "exit()"]


@settings(max_examples=150, deadline=None)
@example(",\n\r,")
@given(st.text(alphabet='ab1.,;|\t "\n\r=', max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        file = read_csv(text.encode())
    except DataError:
        return
    assert file.frame.index.is_monotonic_increasing


def test_the_report_says_what_was_read_dropped_and_left_out():
    cells = [(1, "x"), (2, ""), (3, "x"), ("?", "y"), (5, "y"), (6, "x")]
    rows = [
        f"{n},{text},{'7' * (i > 1)},,{i % 2 or ''}"
        for i, (n, text) in enumerate(cells * 2)
    ]
    rows += [f"{i},x,7,,2" for i in range(4)]
    table = load_csv("\n".join(["a,t,c,e,2020", *rows]).encode(), filename="my.csv")
    assert (table.title, *table.features.columns) == ("my.csv", "a", "t")
    assert table.report == (
        "Read as utf-8 text between commas: 16 rows, 5 columns.",
        "The first line was taken for the header, yet holds numbers.",
        "Rows dropped, without a target: 6.",
        "The target '2020' holds 2 different values: classes.",
        "Left out, because of no value: e (1).",
        "Left out, because of one value only: c (1).",
        "Features: 1 of numbers, standardised (2 missing: the training part's median)"
        + "; 1 of text, one-hot (2 missing: a category of their own).",
    )


@pytest.mark.parametrize(
    "cell, task, values",
    [
        (lambda i: ["no", "yes"][i % 2], "binary", "2 different values: classes"),
        (lambda i: i % 2 == 0, "binary", "2 different values: classes"),
        (lambda i: i % 3 + 0.0, "multiclass", "3 different values: classes"),
        (lambda i: i % 20, "multiclass", "20 different values: classes"),
        (lambda i: i % 21, "regression", "21 different numbers: regression"),
        (lambda i: i % 2 / 2, "regression", "2 different numbers: regression"),
        (lambda i: i % 2 * 10**18, "regression", "2 different numbers: regression"),
        (lambda i: 10 ** (i % 30), "regression", "30 different numbers: regression"),
    ],
)
def test_the_task_follows_from_the_target(cell, task, values):
    table = load_csv(lines(lambda i: f"{i},{cell(i)}", 60))
    assert (table.task, table.report[2]) == (task, f"The target 'b' holds {values}.")


def test_target_and_columns_left_out_are_chosen():
    content = lines(lambda i: f"{i % 3}.0,{i},{-i}", header="y,a,b")
    table = load_csv(content, target="y", left_out=("a",))
    assert (table.target.name, list(table.features.columns)) == ("y", ["b"])
    assert prepare_table(table)["class_names"] == ["0", "1", "2"]
    assert load_csv(content, target="a").task == "regression"
    truths = load_csv(lines(lambda i: f"{i},{i % 2 == 0}"))
    assert prepare_table(truths)["class_names"] == ["False", "True"]


def test_every_data_set_known_by_name_can_be_trained_on():
    shapes = {}
    for name in DATASETS:
        data = prepare_table(load(DataChoice(name=name)))
        rows = np.vstack([data["train_features"], data["validation_features"]])
        assert rows.dtype == np.float32 and np.isfinite(rows).all()
        shapes[name] = (*rows.shape, len(data["class_names"]))
    bundled = [(1797, 16, 2), (1797, 64, 10), (150, 4, 3), (178, 13, 3)]
    bundled += [(569, 30, 2), (442, 10, 0)]
    assert list(shapes.values()) == bundled + [(400, 2, 2)] * 5
    assert load(DataChoice()).report == ("1,797 rows, 16 feature columns of numbers.",)


def test_digits_are_averaged_in_blocks_of_2x2():
    sharp, blurred = load(DataChoice(name="digits")), load(DataChoice())
    corner = sharp.features[["pixel_0_2", "pixel_0_3", "pixel_1_2", "pixel_1_3"]]
    assert blurred.features["block_0_1"].equals(corner.mean(axis=1))
    assert list(blurred.target == "odd") == list(sharp.target % 2 == 1)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_synthetic_points_follow_seed_and_noise(name):
    def points(**choice: float) -> np.ndarray:
        return load(DataChoice(name=name, **choice)).features.to_numpy()

    assert points().tobytes() == points().tobytes()
    assert points(seed=1).tobytes() != points().tobytes()
    moved = points(noise=0.2) - points(noise=0)
    assert moved.std() == pytest.approx(0.2, rel=0.1)


def mixed_table() -> Table:
    def row(i: int) -> str:
        return f"{'' if i % 9 == 4 else i * 1.5},{['a', 'b', ''][i % 3]},{i % 2}"

    return load_csv(lines(row, 40, "number,text,y"))


def test_numbers_are_standardised_and_text_is_one_hot():
    data = prepare_table(mixed_table())
    train = data["train_features"]
    assert data["feature_names"] == ["number", "text = a", "text = b", "text = nan"]
    assert train[:, 0].mean() == pytest.approx(0, abs=1e-6)
    assert train[:, 0].std() == pytest.approx(1, abs=1e-6)
    assert train[:, 1:].sum(axis=1).tolist() == [1] * 32
    assert (data["train_targets"].shape, data["train_targets"].dtype) == ((32, 1), "f4")
    assert sorted(data["train_targets"].ravel()) == [0] * 16 + [1] * 16
    assert (data["class_names"], data["baseline"]) == (["0", "1"], 0.5)


def split_of(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns which rows of a table with seed 0 are for training, for validation."""
    rows, target = pd.DataFrame({"row": range(n_rows)}), np.arange(n_rows) % 2
    data = prepare(rows, pd.Series(target), "binary", 0.25, 0)
    both = np.vstack([data["train_features"], data["validation_features"]])
    return np.split(both[:, 0].argsort().argsort(), [len(data["train_features"])])


def test_a_missing_number_becomes_the_training_median():
    training, _ = split_of(8)
    features = pd.DataFrame({"a": np.arange(8.0) ** 2})
    features.loc[training[0], "a"] = np.nan
    data = prepare(features, pd.Series([0, 1] * 4), "binary", 0.25, 0)
    filled, *known = data["train_features"][:, 0]
    assert filled == np.median(known)


def test_the_split_follows_its_seed():
    same, again, other = (prepare_table(mixed_table(), seed) for seed in (3, 3, 4))
    assert same["train_features"].tobytes() == again["train_features"].tobytes()
    assert same["train_features"].tobytes() != other["train_features"].tobytes()
    training, _ = split_of(40)
    assert training.tolist() != sorted(training)


def test_nothing_of_the_validation_part_reaches_the_training_part():
    table = mixed_table()
    _, validation = split_of(40)
    changed = table.features.copy()
    changed.iloc[validation] = [1e9, "never seen in training"]
    before = prepare(table.features, table.target, "binary", 0.25, 0)
    after = prepare(changed, table.target, "binary", 0.25, 0)
    assert before["train_features"].tobytes() == after["train_features"].tobytes()
    assert after["feature_names"] == before["feature_names"]
    assert (after["validation_features"][:, 0] > 1e6).all()
    assert not after["validation_features"][:, 1:].any()


def test_a_regression_is_standardised_and_compared_with_the_mean():
    table = load(DataChoice(name="diabetes"))
    assert table.features["age"].min() == 19
    data = prepare_table(table)
    targets = data["train_targets"]
    assert (targets.shape, targets.dtype, data["class_names"]) == ((354, 1), "f4", [])
    assert targets.mean() == pytest.approx(0, abs=1e-6)
    assert targets.std() == pytest.approx(1, abs=1e-6)
    held = data["validation_targets"]
    assert data["baseline"] == pytest.approx(1 - (held**2).mean() / held.var())


def test_classes_keep_their_shares_and_one_of_a_single_row_is_known():
    target = pd.Series(["x", "y", "y"] * 1000 + ["once"])
    features = pd.DataFrame({"a": np.arange(3001.0)})
    for seed in range(3):
        data = prepare(features, target, "multiclass", 0.2, seed)
        assert data["class_names"] == ["once", "x", "y"]
        counts = np.bincount(data["validation_targets"], minlength=3)
        assert data["baseline"] == counts[2] / 600
        assert counts[1:] == pytest.approx([200, 400], abs=1)
        assert data["validation_targets"].dtype == np.int64
    data = prepare(features[:4], pd.Series([0, 1, 2, 3]), "multiclass", 0.5, 0)
    assert data["class_names"] == ["0", "1", "2", "3"]
    assert len(set(data["validation_targets"]) - set(data["train_targets"])) == 2


def test_columns_constant_or_missing_in_the_training_part_stay_finite():
    _, validation = split_of(8)
    features = pd.DataFrame({"same": [0.1] * 8, "gone": [np.nan] * 8})
    features.loc[validation, ["same", "gone"]] = 5.0
    data = prepare(features, pd.Series([0, 1] * 4), "binary", 0.25, 0)
    assert data["train_features"] == pytest.approx(np.zeros((6, 2)))
    assert data["validation_features"] == pytest.approx(np.array([[4.9, 5.0]] * 2))


@pytest.mark.parametrize("name", ["digits-odd", "iris", "diabetes", "csv"])
def test_prepare_stands_alone(name):
    table = mixed_table() if name == "csv" else load(DataChoice(name=name))
    alone: dict = {"np": np, "pd": pd}
    exec(inspect.getsource(prepare), alone)  # noqa: S102
    arguments = (table.features, table.target, table.task, 0.2, 5)
    expected, data = prepare(*arguments), alone["prepare"](*arguments)
    for key, value in expected.items():
        assert np.array(data[key]).tobytes() == np.array(value).tobytes()


def run_out(use: Callable[[], object]) -> object:
    """Returns what `use` returns, once the timer that it starts has ended by itself."""
    before = set(threading.enumerate())
    result = use()
    (timer,) = set(threading.enumerate()) - before
    assert timer.daemon
    timer.join(10)
    assert not timer.is_alive()
    return result


def test_an_upload_is_forgotten_after_its_last_use():
    uploads, start = Uploads(keep_seconds=0.2), time.monotonic()
    sha256 = run_out(lambda: uploads.put(b"abc"))
    assert time.monotonic() - start >= 0.2
    assert sha256 == hashlib.sha256(b"abc").hexdigest()
    assert uploads.get(sha256) is None


def test_a_use_restarts_the_clock_of_an_upload():
    uploads, clock = Uploads(keep_seconds=1.0), Uploads(keep_seconds=0.6)
    before = set(threading.enumerate())
    sha256 = uploads.put(b"a,b")
    (first,) = set(threading.enumerate()) - before
    for _ in range(2):
        run_out(lambda: clock.put(b"tick"))
        assert uploads.get(sha256) == b"a,b"
        first.join(0.2)
        assert not first.is_alive()
    run_out(lambda: uploads.get(sha256))
    assert uploads.get(sha256) is None


def test_the_uploads_used_longest_ago_make_room():
    uploads = Uploads()
    files = [bytes([i]) * 19_000_000 for i in range(11)]
    keys = [uploads.put(content) for content in files[:10]]
    assert uploads.get(keys[0]) is not None
    keys.append(uploads.put(files[10]))
    kept = [uploads.get(key) == content for key, content in zip(keys, files)]
    assert kept == [True, False, *[True] * 9]


def test_uploads_are_safe_among_threads():
    uploads = Uploads(keep_seconds=0)

    def is_kept_or_forgotten(_: int) -> bool:
        return uploads.get(uploads.put(b"abc")) in (b"abc", None)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_kept_or_forgotten, range(1000)))
    sys.setswitchinterval(interval)
