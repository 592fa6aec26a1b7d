"""What a person makes of a column: kept in the design, and refused where it can't be."""

import pytest

from netlib.data.choice import DataChoice
from netlib.data.dates import PARTS, split_dates
from netlib.data.loader import load
from netlib.errors import DataError, SpecError
from netlib.experiment import Experiment

HEADER = "nr,city,size,day,y"
ROWS = [
    f"{i + 1},{'pqr'[i % 3]},{i * 7 % 40},2024-{1 + i % 12:02}-{1 + i % 28:02},{i % 5}"
    for i in range(40)
]
CONTENT = "\n".join([HEADER, *ROWS]).encode()


def loaded(**choice):
    return load(DataChoice(name="csv", **choice), CONTENT)


def test_what_a_person_chose_stands_in_the_link():
    choices = {"size": "category", "day": "month", "nr": "number"}
    data = DataChoice(name="csv", read_as=choices, task="regression")
    other = data.replace(read_as=dict(reversed(choices.items())))
    experiment = Experiment(data=data)
    assert Experiment.from_link(experiment.to_link()) == experiment
    assert Experiment(data=other).to_link() == experiment.to_link()


def test_a_reading_that_is_none_is_refused():
    with pytest.raises(SpecError) as caught:
        DataChoice(read_as={"a": "colour"})
    names = "number, category, days, calendar, year, month, day of week"
    assert str(caught.value) == f"reading: expects one of {names}, got colour."


def test_columns_become_what_was_chosen():
    table = loaded(read_as={"nr": "number", "size": "category"}).table
    assert table.numbers == ["nr", "day: days"]
    assert table.categories == ["city", "size"]
    assert table.columns["nr"].why == "numbers, as chosen"
    assert loaded(left_out=["day", "size"]).table.features.columns.tolist() == ["city"]


@pytest.mark.parametrize(
    ("reading", "parts"),
    [
        ("days", ["days"]),
        ("calendar", ["year", "month", "day of week"]),
        ("year", ["year"]),
        ("month", ["month"]),
        ("day of week", ["day of week"]),
    ],
)
def test_dates_become_the_parts_that_were_chosen(reading, parts):
    table = loaded(read_as={"day": reading}).table
    assert table.numbers == ["size", *(f"day: {part}" for part in parts)]
    dates = table.columns["day"].values
    expected = {
        "days": (dates - dates.min()).dt.days,
        "year": dates.dt.year,
        "month": dates.dt.month,
        "day of week": dates.dt.day_of_week,
    }
    for part in parts:
        assert split_dates(dates, part).tolist() == expected[part].tolist()
    assert set(parts) <= set(PARTS)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {"read_as": {"city": "number"}},
            (
                "column 'city': expects a number in some row, got 'p'. "
                "Read it as something else, or leave it out."
            ),
        ),
        (
            {"read_as": {"size": "days"}},
            (
                "column 'size': expects a date in some row, got '0'. "
                "Read it as something else, or leave it out."
            ),
        ),
        (
            {"read_as": {"sighs": "number"}},
            (
                "chosen column: expects one of nr, city, size, day, y, got 'sighs'. "
                "Choose again."
            ),
        ),
        (
            {"target": "day"},
            (
                "target 'day': expects numbers or classes, got dates. "
                "Choose another target."
            ),
        ),
        (
            {"target": "city", "task": "regression"},
            (
                "target 'city': expects numbers for a regression, got 'p'. "
                "Set the task to classes. Choose another target."
            ),
        ),
        (
            {"target": "size", "task": "classes"},
            (
                "target 'size': expects classes of several rows, got 40 in 40 rows. "
                "Choose another target."
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused(choice, message):
    with pytest.raises(DataError) as caught:
        loaded(**choice)
    assert str(caught.value) == message


def test_a_part_of_a_date_needs_a_name_of_its_own():
    content = CONTENT.replace(b"size", b"day: days")
    with pytest.raises(DataError) as caught:
        load(DataChoice(name="csv"), content)
    assert str(caught.value) == (
        "column 'day': expects no column named as its part, got 'day: days'. "
        "Rename one of them."
    )


def test_forty_different_texts_are_no_classes():
    content = "\n".join(
        ["a,y", *(f"{i * 7 % 40},text {i}" for i in range(40))]
    ).encode()
    with pytest.raises(DataError) as caught:
        load(DataChoice(name="csv"), content)
    found = "target 'y': expects classes of several rows, got 40 in 40 rows."
    assert caught.value.message == found


def test_the_task_is_set_by_hand():
    assert loaded().task == "multiclass"
    by_hand = loaded(task="regression")
    assert (by_hand.task, by_hand.n_classes) == ("regression", 0)
    assert by_hand.table.why == (
        "The target 'y' holds 5 different numbers: regression, as chosen."
    )
    content = CONTENT.replace(b"2024-", b"2023-") + b"\n" + "\n".join(ROWS).encode()
    sizes = DataChoice(name="csv", target="size", task="classes")
    assert load(sizes, content).n_classes == 40
