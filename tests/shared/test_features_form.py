"""The chips of features made of two: one click, and the network follows."""

from pathlib import Path

import experiments
from apps import keyed
from experiments import HOMES
from streamlit.testing.v1 import AppTest

from netlib.data.choice import DataChoice
from pages.shared.table import uploads

APP = Path(__file__).parents[2] / "app.py"


def chips(app):
    (found,) = [
        e for e in app.button_group if e.key and e.key.startswith("data_features-")
    ]
    return found


def test_a_chip_makes_a_feature_and_the_network_follows_and_undo_takes_both_back():
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["design"] = experiments.SPIRALS.to_link()
    app.run()
    assert chips(app).options == [
        "x1", "x2", "x1²", "x2²", "x1·x2", "sin x1", "sin x2",
    ]  # fmt: skip
    chips(app).set_value(["x1", "x2", "sin x1", "x1^2"]).run()
    assert not app.exception
    session = app.session_state["session"]
    experiment = session.experiment
    assert experiment.data.features == ("x1^2", "sin x1")
    assert experiment.spec == experiments.SPIRALS.spec.with_widths([4, 8, 8, 1])
    assert session.past[-1] == experiments.SPIRALS
    assert chips(app).value == ["x1", "x2", "x1^2", "sin x1"]
    # Those that are given can go too, though not all.
    chips(app).set_value(["x1^2"]).run()
    spec = app.session_state["session"].experiment.spec
    assert spec == experiments.SPIRALS.spec.with_widths([1, 8, 8, 1])
    chips(app).set_value([]).run()
    assert not app.exception
    assert chips(app).value == ["x1^2"]
    assert "data: expects an input, got none. Choose one." in app.error[0].value


def test_a_table_of_two_columns_has_chips_until_a_column_becomes_another():
    data = DataChoice(name="csv", sha256=uploads().put(HOMES), filename="homes.csv")
    experiment = experiments.fitted(HOMES, (4,), data=data)
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["design"] = experiment.to_link()
    app.run()
    assert "x1 is size, x2 is rooms." in [caption.value for caption in app.caption]
    chips(app).set_value(["x1", "x2", "x1*x2"]).run()
    assert not app.exception
    made = app.session_state["session"].experiment
    assert made.data.features == ("x1*x2",)
    assert made.spec == experiment.spec.with_widths([3, 4, 1])
    keyed(app.button_group, "use_1").set_value("category").run()
    assert not app.exception
    assert app.session_state["session"].experiment.data.features == ()
    assert not [e for e in app.button_group if e.key.startswith("data_features-")]
    assert not [caption for caption in app.caption if "x1" in caption.value]
