"""CSV files: what is read, and what is refused with which advice."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netlib.data.csv_file import read_csv
from netlib.data.loader import Dataset, load
from netlib.errors import DataError
from netlib.experiment import DataChoice


def lines(row: Callable[[int], str], n_rows: int = 12, header: str = "a,b") -> bytes:
    return "\n".join([header, *map(row, range(n_rows))]).encode()


def load_csv(content: bytes | None, **choice: object) -> Dataset:
    return load(DataChoice(name="csv", **choice), content)


BAD = {
    "empty": b"",
    "one column": b"a\n1\n2\n",
    "too wide": b"," * 2000,
    "header only": b"a,b\n",
    "one row": b"a,b\n1,2\n",
    "missing target": lines(lambda i: f"{i},"),
    "one class": lines(lambda i: f"{i},yes"),
    "no feature left": lines(lambda i: f"7,,{i % 2}", header="a,c,b"),
    "infinity": lines(lambda i: f"{i if i != 3 else 'inf'},{i % 2}"),
    "infinite target": lines(lambda i: f"{i},{i if i != 3 else '-inf'}"),
    "strings": lines(lambda i: f"s{i},{i % 2}", 100_000),
    "classes": lines(lambda i: f"{i},s{i}", 100_000),
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
CELL = "Correct or empty this cell, or leave this column out."
LINE = "Correct this line; put a cell that holds a separator in quotes."
BYTES = "got bytes that are no such text. Open the table in a spreadsheet"
NO_TEXT = f"CSV file: expects text in UTF-8, UTF-16 or Windows-1252, {BYTES}"
NO_TEXT += " and save it as CSV (UTF-8)."
FEATURE = "CSV file: expects a feature column with at least 2 different values"
KIND = "CSV file: expects a table as text, got"
SAVE = "Save the table as CSV (UTF-8)."
HEADER = "CSV header: expects names that differ, got 'a' twice."
SIZE = "CSV file: expects at most 10,000,000 prepared values, got 100,001 rows of 100."
BYTES_LIMIT = "CSV file: expects at most 20 MB, got more."
QUOTES = "CSV line 3: expects quotes around whole cells or none, got others."
MESSAGES = {
    "empty": f"{KIND} an empty file. {SAVE}",
    "one column": f"{WIDTH}, got 1. {TABLE}",
    "too wide": f"{WIDTH}, got 2,001. {TABLE}",
    "header only": f"{ROWS}, got 0. Add rows, or values.",
    "one row": f"{ROWS}, got 1. Add rows, or values.",
    "missing target": f"{ROWS}, got 0. Add rows, or values.",
    "one class": f"{VALUES}, got 'yes' in every row. Choose another target.",
    "no feature left": f"{FEATURE}, got none. Leave fewer out, or add one.",
    "infinity": f"column 'a', line 5: {NUMBER}, got 'inf'. {CELL}",
    "infinite target": f"column 'b', line 5: {NUMBER}, got '-inf'. {CELL}",
    "strings": f"{FEATURE}, got none. Leave fewer out, or add one.",
    "classes": (
        f"target 'b': {TEXTS}, got 100,000 in 100,000 rows. "
        "Choose another column, or reading."
    ),
    "duplicate names": f"{HEADER} Rename one, or add a header line.",
    "short row": f"CSV line 5: expects 2 cells, as in the header, got 1. {LINE}",
    "long row": f"CSV line 3: expects 2 cells, as in the header, got 3. {LINE}",
    "open quote": f"{QUOTES} Correct the quotes.",
    **dict.fromkeys(["wrong encoding", "NUL"], NO_TEXT),
    "PNG": f"{KIND} a PNG picture. {SAVE}",
    "ZIP": f"{KIND} a ZIP archive. {SAVE}",
    "too large": f"{BYTES_LIMIT} Keep fewer rows or columns.",
    "too much text": f"{SIZE} Keep fewer rows or columns.",
    "no file": "CSV file: expects an uploaded file, got none. Upload one.",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_csv_is_refused_with_advice(name):
    with pytest.raises(DataError) as caught:
        load_csv(BAD[name])
    assert str(caught.value) == MESSAGES[name]


@pytest.mark.parametrize("choice", [{"target": "q"}, {"left_out": ("a", "q")}])
def test_a_column_that_does_not_exist_is_refused(choice):
    with pytest.raises(DataError) as caught:
        load_csv(b"a,b\n1,2\n", **choice)
    assert caught.value.message == "chosen column: expects one of a, b, got 'q'."


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separator_and_encoding_are_found_out(separator, encoding):
    text = "größe,b,c\n1.5,é €,0\n".replace(",", separator)
    file = read_csv(text.encode(encoding))
    words = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
    name = encoding.removesuffix("-sig")
    assert file.form == f"{name} text between {words[separator]}"
    assert list(file.frame.columns) == ["größe", "b", "c"]
    assert file.frame.iloc[0].tolist() == [1.5, "é €", 0]


def test_decimal_commas_are_read_between_semicolons():
    frame = read_csv(b"a;b;c\n1,5;x;2.5\n-2,25;y, z;3.5\n").frame
    assert frame.to_numpy().tolist() == [[1.5, "x", "2.5"], [-2.25, "y, z", "3.5"]]


def test_rows_are_known_by_their_line_and_blank_names_by_their_column():
    content = b',b,\r\n"x\r\ny", 1,2\r\n \r\n"p, ""q""",=1+1,exit()\r\n'
    frame = read_csv(content).frame
    assert list(frame.columns) == ["Unnamed: 0", "b", "Unnamed: 2"]
    assert frame.loc[2].tolist() == ["x\r\ny", "1", "2"]
    assert frame.loc[5].tolist() == ['p, "q"', "=1+1", "exit()"]


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
    dataset = load_csv("\n".join(["a,t,c,e,2020", *rows]).encode(), filename="my.csv")
    assert (dataset.table.filename, *dataset.table.features.columns) == (
        "my.csv",
        "a",
        "t",
    )
    assert dataset.report == (
        "Read as utf-8 text between commas: 16 rows, 5 columns.",
        "The first line was taken for the header, yet holds numbers.",
        "Rows dropped, without a target: 6.",
        "The target '2020' holds 2 different values: classes.",
        "Left out, 2: c (constant), e (constant).",
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
    dataset = load_csv(content, target="y", left_out=("a",))
    assert dataset.table.target.name == "y"
    assert list(dataset.table.features.columns) == ["b"]
    assert (dataset.task, dataset.n_classes) == ("multiclass", 3)
    assert load_csv(content, target="a").task == "regression"
    truths = load_csv(lines(lambda i: f"{i},{i % 2 == 0}"))
    assert (truths.task, truths.n_classes) == ("binary", 2)
