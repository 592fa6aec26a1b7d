"""Where a score means little, a person is warned, and nowhere else."""

import pytest

from netlib.data.cautions import cautions_on
from netlib.data.choice import DataChoice
from netlib.data.examples import EXAMPLES
from netlib.data.loader import load

LEAK = "Leave it out unless it will be there when you predict."


def cautions(row, n_rows=200, header="a,b,y", share=0.2):
    lines = [header, *map(row, range(n_rows))]
    dataset = load(DataChoice(name="csv"), "\n".join(lines).encode())
    return list(cautions_on(dataset, share, 0))


def usual(i, y="uv"):
    return f"{i * 37 % 101},{i * i % 97},{y[i * i % 7 > 2]}"


def test_a_usual_table_needs_no_warning():
    assert cautions(usual) == []


def test_few_rows_kept_back_are_told():
    told = "A score on {} kept back means little; 20 tell more."
    assert cautions(usual, 95) == [told.format("19 rows")]
    assert told.format("1 row") in cautions(usual, 20, share=0.05)
    iris = load(DataChoice(name="iris"))
    assert list(cautions_on(iris, 0.05, 0)) == [told.format("8 rows")]


def test_a_class_that_a_part_hardly_has_is_told():
    rows = "Fewer than 2 rows to train on, or kept back, of 1 of 3 classes: 'rare'."
    assert rows in cautions(lambda i: "5,6,rare" if i in (9, 90) else usual(i))
    assert rows not in cautions(lambda i: "5,6,rare" if i % 9 == 0 else usual(i))


def test_very_unequal_classes_are_told():
    def seldom(i):
        return f"{i * 37 % 101},{i * i % 97},{'uv'[i % 20 == 3]}"

    assert cautions(seldom) == [
        (
            "The classes are very unequal: 'u' in 95.0% of the rows, 'v' in 5.0%. "
            "Always to answer 'u' is right as often."
        )
    ]


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (lambda i: f"{i * 37 % 101},{i * i % 97},{i * i % 97 / 4 + 1}", "'b'"),
        (lambda i: f"{i * 37 % 101},{-(i * i % 97)},{(i * i % 97) ** 3 / 7}", "'b'"),
        (
            lambda i: f"{i * 37 % 101},{'pq'[i * i % 7 > 2]},{'uv'[i * i % 7 > 2]}",
            "'b'",
        ),
        (lambda i: f"{9 * i},{i * i % 97},{'uv'[i > 120]}", "'a'"),
        (lambda i: f"{9 * i},{'pq'[i > 120]},{'uv'[i > 120]}", "'a', 'b'"),
    ],
    ids=["linear", "in order", "another word", "sorted", "two"],
)
def test_a_column_that_nearly_equals_the_target_is_told(row, names):
    told = f"Nearly equal to the target, or known only after it: {names}. {LEAK}"
    assert cautions(row) == [told]


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_example_needs_a_warning_as_it_stands(name):
    assert list(cautions_on(load(DataChoice(name=name)), 0.2, 0)) == []
