"""Data sets as a program and a page know them, held against what a program prepares."""

import numpy as np
import pandas as pd
import pytest
from experiments import csv_choice, fitted, table
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from netlib import NetlibError, write
from netlib.data.cautions import cautions_on
from netlib.data.choice import DATA_NAMES, DataChoice
from netlib.data.examples import EXAMPLES
from netlib.data.loader import load
from netlib.data.readings import READINGS
from netlib.data.table import safe_filename
from netlib.experiment import TrainingPlan
from netlib.model.builder import execute

MADE = [name for name, example in EXAMPLES.items() if example.is_made]


def data_of(csv=None, **fields):
    """The tensors that the program of an experiment on this data binds."""
    experiment = fitted(csv, **fields)
    return execute(write(experiment, csv), csv).data


def csv_of(frame):
    return frame.to_csv(index=False).encode()


def test_the_names_of_experiments_are_the_data_sets():
    assert list(DATA_NAMES) == [*EXAMPLES, "csv"]
    with pytest.raises(NetlibError) as caught:
        DataChoice(name="lions")
    names = ", ".join([*EXAMPLES, "csv"])
    assert str(caught.value) == f"data set: expects one of {names}, got lions."


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_its_row_says(name):
    row, data = EXAMPLES[name], data_of(data=DataChoice(name=name))
    rows = np.vstack([data["X_train"], data["X_val"]])
    targets = np.concatenate([data["y_train"], data["y_val"]]).ravel()
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert rows.shape[1] == row.n_features
    n_classes = 0 if row.task == "regression" else len(set(targets))
    assert n_classes == load(DataChoice(name=name)).n_classes
    assert len(rows) == len(targets) == load(DataChoice(name=name)).n_rows


@pytest.mark.parametrize("name", MADE)
def test_points_follow_seed_and_noise(name):
    def points(**choice):
        data = data_of(data=DataChoice(name=name, **choice))
        return b"".join(data[part].numpy().tobytes() for part in data)

    assert points() == points()
    assert len({points(), points(seed=1), points(noise=0.2), points(n_rows=99)}) == 4


def test_numbers_are_standardised_and_texts_are_one_hot():
    X = data_of(table(), data=csv_choice())["X_train"].numpy()
    assert X[:, :5].mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-6)
    assert X[:, :5].std(axis=0) == pytest.approx(np.ones(5), abs=1e-6)
    assert set(X[:, 5:].ravel()) == {0, 1}


def numbered(n_rows=40):
    """A table whose first column tells its rows apart."""
    row = np.arange(float(n_rows)) + 7
    return pd.DataFrame({"place": row, "a": row**2, "t": "p", "y": [0, 0, 1, 1] * 10})


CHOICE = DataChoice(name="csv", target="y")


def split_of(frame):
    """The rows of a table to train on, and those kept back, by scikit-learn itself."""
    return train_test_split(
        frame.index, test_size=0.2, stratify=frame["y"], random_state=0
    )


def test_a_missing_number_becomes_the_median_of_the_training_rows():
    frame = numbered()
    training, _ = split_of(frame)
    frame.loc[training[3], "a"] = np.nan
    X_train = data_of(csv_of(frame), data=CHOICE)["X_train"].numpy()
    a = frame.loc[training, "a"]
    a = a.fillna(a.median())
    expected = (a - a.mean()) / a.std(ddof=0)
    assert X_train[:, 1] == pytest.approx(expected.to_numpy(), abs=1e-6)


def test_nothing_of_the_validation_part_reaches_the_training_part():
    frame = numbered()
    frame.loc[::2, "t"] = "q"
    before = data_of(csv_of(frame), data=CHOICE)["X_train"].numpy()
    _, held = split_of(frame)
    frame.loc[held, ["place", "a"]] = 1e9
    frame.loc[held, "t"] = "never seen in training"
    after = data_of(csv_of(frame), data=CHOICE)
    assert after["X_train"].numpy().tobytes() == before.tobytes()
    assert (after["X_val"][:, :2] > 1e6).all()
    assert not after["X_val"][:, 2:].any()


def test_a_category_that_training_never_saw_is_all_zeros():
    frame = pd.DataFrame({"n": range(7, 67), "t": [*["a", "b"] * 29, "rare", "rarer"]})
    frame["y"] = [0, 1] * 30
    choice = DataChoice(name="csv", target="y")
    widths = set()
    for seed in range(12):
        data = data_of(csv_of(frame), data=choice, plan=TrainingPlan(seed=seed))
        widths.add(data["X_train"].shape[1])
        assert (data["X_train"][:, 1:].sum(axis=1) == 1).all()
        assert (data["X_val"][:, 1:].sum(axis=1) <= 1).all()
    assert len(widths) > 1, "how wide a row is depends on the split"


def test_classes_keep_their_shares_where_the_split_allows_it():
    frame = pd.DataFrame({"a": np.arange(300.0), "y": ["x", "y", "y"] * 100})
    choice = DataChoice(name="csv", target="y")
    assert "stratify=y" in write(fitted(csv_of(frame), data=choice), csv_of(frame)).text
    data = data_of(csv_of(frame), data=choice)
    assert data["y_val"].sum() == 40
    frame.loc[0, "y"] = "once"
    text = write(fitted(csv_of(frame), data=choice), csv_of(frame)).text
    assert "stratify" not in text


def test_a_split_that_leaves_nothing_to_train_on_is_refused():
    csv = b"a,y\n1,0\n2,1\n3,0\n4,1\n"
    with pytest.raises(NetlibError) as caught:
        fitted(csv, data=CHOICE, plan=TrainingPlan(validation_share=0.8))
    assert str(caught.value) == (
        "validation share: expects a split that leaves 2 rows to train on, got 0.8. "
        "Keep fewer rows back."
    )


cells = st.one_of(st.none(), st.sampled_from(["a", "b", "c c", "d,e", "7"]))
awkward = st.sampled_from(
    [
        *["1,234", "$5", "12 %", "3,5", "1.234,5", "-", "n.a.", "inf", "1e400", "007"],
        *["1.2.2024", "2024-02-01", "3/4/24", "20240201", "x", " x", "X", "True", "9"],
    ]
)


def column(cells, n_rows):
    """Rows of some of these cells, few of them again and again or all anew."""
    few = st.lists(cells, min_size=1, max_size=3).map(lambda kinds: kinds * n_rows)
    anew = st.lists(cells, min_size=n_rows, max_size=n_rows)
    return st.one_of(few, anew).map(lambda values: values[:n_rows])


frames = st.integers(8, 40).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "a": column(st.integers(-5, 5), n),
            "b": column(st.one_of(st.none(), st.floats(-9, 9, width=16)), n),
            "t": column(cells, n),
            "p": column(awkward, n),
            "q": column(awkward, n),
            "y": st.lists(st.sampled_from(["u", "v", "w"]), min_size=n, max_size=n),
        }
    )
)
readings = st.dictionaries(st.sampled_from("abtpq"), st.sampled_from(list(READINGS)))


@given(frames, st.integers(0, 9), st.sampled_from([",", ";", "\t"]), readings)
def test_a_row_is_as_wide_as_was_counted(columns, seed, separator, read_as):
    csv = pd.DataFrame(columns).to_csv(index=False, sep=separator).encode()
    data = DataChoice(name="csv", target="y", read_as=read_as)
    try:
        experiment = fitted(csv, data=data, plan=TrainingPlan(seed=seed))
        program = write(experiment, csv)
        list(cautions_on(load(data, csv), 0.2, seed))
    except NetlibError:
        return
    X_train = execute(program, csv).data["X_train"]
    assert X_train.shape[1:] == experiment.spec.input_shape


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("prices 2024.csv", "prices 2024.csv"),
        ("größe.csv", "größe.csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("", "table.csv"),
        ("...", "table.csv"),
        ('a"b\n.csv', "a_b_.csv"),
    ],
)
def test_a_file_is_read_by_a_plain_name(given, name):
    assert safe_filename(given) == name


def test_numbers_written_with_other_decimals_are_read_by_the_program_too():
    csv = b"a;b;y\n" + b"1,5;2.5;0\n2,5;3.5;1\n3,5;4.25;0\n4,5;1.5;1\n" * 4
    choice = DataChoice(name="csv", target="y")
    text = write(fitted(csv, data=choice), csv).text
    assert 'table = pd.read_csv("table.csv", sep=";", decimal=",")\n' in text
    assert 'table["b"] = pd.to_numeric(table["b"])\n' in text
    assert data_of(csv, data=choice)["X_train"].shape == (12, 2)
    assert load(choice, csv).table.numbers == ["a", "b"]
