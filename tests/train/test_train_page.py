"""The Train page by AppTest: what begins a run, ends it and forks it."""

from pathlib import Path

import pytest
from processes import wait_until
from streamlit.testing.v1 import AppTest

from netlib import Experiment, NetworkSpec, TrainingPlan
from netlib.data.choice import DataChoice
from netlib.jobs.protocol import Position
from pages.shared.job import registry

APP, TRAIN = Path(__file__).parents[2] / "app.py", "pages/3_Train.py"
SPIRALS = Experiment(
    spec=NetworkSpec.mlp([2, 8, 8, 1], "tanh", "sigmoid"),
    data=DataChoice(name="spirals"),
    plan=TrainingPlan(epochs=50_000),
)


def opened(experiment):
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["design"] = experiment.to_link()
    return drawn(app.run().switch_page(TRAIN))


def drawn(app):
    app.run()
    assert not app.exception
    return app


def run_of(app):
    return registry().get(app.session_state["session"].run)


def texts(elements):
    return [element.value for element in elements]


@pytest.fixture
def app():
    app = opened(SPIRALS)
    yield app
    registry().stop(app.session_state["session"].run)


def test_a_run_begins_at_once_or_waits(app):
    assert texts(app.caption) == [
        "Trains 2-8-8-1 on spirals. Its design and data are those of Build."
    ]
    app.button(key="begin").click().run()
    first = run_of(app)
    wait_until(lambda: first.snapshot().history, 60)
    assert app.button(key="begin").label == "Train anew"
    app.button(key="begin_paused").click().run()
    second = run_of(app)
    assert first.job.wait(60)
    assert first.state == "stopped"
    start = Position(is_playing=False)
    wait_until(lambda: second.snapshot().kept and second.snapshot().place == start, 60)
    assert texts(app.caption) == ["2-8-8-1 on spirals, as on Build."]
