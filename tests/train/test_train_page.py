"""The Train page by AppTest: what begins a run, ends it and forks it."""

import experiments
import pytest
from apps import drawn, handed, keyed, opened, texts
from processes import wait_until
from streamlit.testing.v1 import AppTest

from netlib import NetworkSpec, TrainingPlan
from netlib.data.choice import DataChoice
from netlib.jobs.events import Position
from netlib.jobs.protocol import Play
from netlib.training.change import Change
from netlib.training.limits import Limits
from netlib.training.state import Checkpoint
from pages.shared.job import registry
from pages.train.overlay import difference

TRAIN = "pages/3_Train.py"
SPIRALS = experiments.SPIRALS.replace(plan=TrainingPlan(epochs=50_000))


def run_of(app):
    return registry().get(app.session_state["session"].run)


@pytest.fixture
def app():
    app = opened(SPIRALS, TRAIN)
    yield app
    registry().stop(app.session_state["session"].run)


def test_a_run_begins_at_once_or_waits(app):
    assert texts(app.caption) == [
        "Trains 2-8-8-1 on spirals. Its design and data are those of Build."
    ]
    app.button(key="train").click().run()
    first = run_of(app)
    wait_until(lambda: first.snapshot().history, 60)
    assert app.button(key="train").label == "Train anew"
    app.button(key="begin_paused").click().run()
    second = run_of(app)
    assert first.job.wait(60)
    assert first.state == "stopped"
    start = Position(is_playing=False)
    wait_until(lambda: second.snapshot().kept and second.snapshot().place == start, 60)
    assert texts(app.caption) == ["2-8-8-1 on spirals, as on Build."]


def test_two_people_train_and_a_third_waits_in_the_queue():
    people = [drawn(opened(SPIRALS, TRAIN).switch_page("app.py")) for _ in range(3)]
    for person in people:
        person.button(key="train").click().run()
    runs = [run_of(person) for person in people]
    for run in runs[:2]:
        wait_until(lambda run=run: run.snapshot().history, 60)
    (progress,) = handed(drawn(people[2]), "share")
    assert progress["text"] == "Waiting: number 1 in the queue of this server."
    people[0].button(key="stop").click().run()
    wait_until(lambda: runs[2].snapshot().history, 60)
    (progress,) = handed(drawn(people[2]), "share")
    assert progress["text"].startswith("Epoch ")
    for person, run in zip(people[1:], runs[1:]):
        person.button(key="stop").click().run()
        assert run.job.wait(60)
        said = texts(drawn(person).markdown)
        assert any(":material/stop_circle: Stopped after" in text for text in said)
        assert not handed(person, "share")


def test_inputs_are_chosen_beside_the_run_that_was_begun_without_them(app):
    keyed(app.button_group, "data_features").set_value(["x1", "x2", "x1*x2"]).run()
    assert not app.exception
    experiment = app.session_state["session"].experiment
    assert experiment.data.features == ("x1*x2",)
    assert experiment.spec.input_shape == (3,)
    assert not app.button(key="train").disabled


def test_a_limit_ends_a_run_and_the_best_weights_can_be_taken(app):
    keyed(app.number_input, "limit_patience").set_value(0.0).run()
    assert app.error[0].value.startswith("limits: expects epochs to wait from 1 to ")
    keyed(app.number_input, "limit_patience").set_value(3.0).run()
    app.button(key="train").click().run()
    run = run_of(app)
    assert run.job.wait(60)
    told = run.snapshot()
    assert told.message == (
        f"No lower validation loss in 3 epochs since epoch {told.best_epoch}."
    )
    assert told.weights_epoch == told.best_epoch + 3
    drawn(app)
    for is_taken, epoch in (True, told.best_epoch), (False, told.best_epoch + 3):
        keyed(app.toggle, "take_best").set_value(is_taken).run()
        assert not app.exception
        assert run.snapshot().weights_epoch == run.weights().epoch == epoch
    toggle, best = keyed(app.toggle, "take_best"), told.history[told.best_epoch - 1]
    assert toggle.label == (
        f"Weights of epoch {best.number}, of the lowest validation loss "
        f"(accuracy {best.score:.4g}), in place of the last"
    )
    last = told.history[-1]
    head = f"**The 80 rows kept back, after epoch {last.number}:** "
    assert head + f"accuracy {last.score:.4g}" in texts(app.markdown)
    assert [tab.label for tab in app.tabs] == [
        "Confusion", "ROC", "Precision and recall", "Inputs",
    ]  # fmt: skip
    keyed(app.toggle, "take_best").set_value(True).run()
    app.switch_page("pages/5_Export.py").run()
    score = f"validation accuracy **{best.score:.4g}**"
    which = f"with the weights of epoch {told.best_epoch}: {score}."
    said = f"Exports the run of {told.best_epoch + 3} epochs, {which}"
    assert texts(app.success) == [said]
    assert (
        f"It would end with other weights: this run has the weights of its epoch "
        f"{told.best_epoch}, not of its last. Take the last ones on Train."
    ) in texts(app.caption)


def test_a_network_that_does_not_fit_is_told_and_not_trained():
    app = opened(SPIRALS.replace(data=DataChoice(name="iris")), TRAIN)
    assert app.button(key="train").disabled
    assert texts(app.warning) == [
        "data: expects 2 features, one for each input of the network, got 4. "
        + "Give the network 4 inputs and 3 outputs."
    ]


def test_a_run_changed_by_hand_is_not_exported_as_what_its_program_gives():
    app = opened(SPIRALS.replace(plan=TrainingPlan(epochs=2)), TRAIN)
    app.button(key="begin_paused").click().run()
    run = run_of(app)
    run.tell(Change(learning_rate=0.5))
    run.tell(Play())
    assert run.job.wait(60)
    drawn(app.switch_page("pages/5_Export.py"))
    told = (
        "It would end with other weights: this run was changed by hand in epoch 1. "
        "Train anew for it."
    )
    assert texts(app.caption).count(told) == 3
    can_be_had = {
        e.proto.label: not e.proto.disabled for e in app.get("download_button")
    }
    assert (can_be_had["Training program"], can_be_had["Weights"]) == (False, True)


def test_the_runs_of_a_session_are_drawn_beside_each_other(app):
    keyed(app.number_input, "train_epochs").set_value(2).run()
    app.button(key="train").click().run()
    first = run_of(app)
    assert first.job.wait(60)
    keyed(app.number_input, "limit_patience").set_value(3.0).run()
    app.button(key="train").click().run()
    assert run_of(app).job.wait(60)
    keyed(app.number_input, "train_learning_rate").set_value(0.003).run()
    app.button(key="train").click().run()
    assert run_of(app).job.wait(60)
    drawn(app)
    (board,) = handed(app, "others")
    history = first.snapshot().history
    other, limited = board["others"]
    assert limited["name"] == "learning rate 0.01"
    assert other == {
        "name": "learning rate 0.01, without limits",
        "x": [1, 2],
        "loss": [epoch.validation_loss for epoch in history],
        "score": [epoch.score for epoch in history],
        "end": f"validation loss {history[-1].validation_loss:.4g}, "
        f"accuracy {history[-1].score:.3f}",
    }
    # From the first moment of the run on show, in another style and activation.
    keyed(app.selectbox, "fork_style").select("manual").run()
    keyed(app.selectbox, "fork_activation").select("ReLU").run()
    parent = run_of(app)
    app.button(key="fork_start").click().run()
    assert not app.exception
    fork, relu = run_of(app), NetworkSpec.mlp([2, 8, 8, 1], "relu", "sigmoid")
    assert fork.experiment == parent.experiment.replace(style="manual", spec=relu)
    assert app.session_state["session"].experiment == fork.experiment
    wait_until(lambda: fork.snapshot().kept == (0,), 60)
    old = Checkpoint.from_bytes(parent.checkpoint(0)).state.weights.values()
    new = fork.weights().arrays.values()
    assert {v.numpy().tobytes() for v in old} == {v.tobytes() for v in new}


def test_a_run_that_is_over_is_trained_on(app):
    keyed(app.number_input, "train_epochs").set_value(3).run()
    app.button(key="train").click().run()
    first = run_of(app)
    assert first.job.wait(60)
    drawn(app)
    button = app.button(key="train_on")
    assert button.label == "Train on to epoch 6"
    button.click().run()
    second = run_of(app)
    assert second.job.wait(60)
    assert second.snapshot().history[:3] == first.snapshot().history
    assert len(second.snapshot().history) == second.experiment.plan.epochs == 6
    assert app.session_state["session"].experiment == second.experiment
    # One of another design can't go on as that.
    keyed(app.number_input, "train_learning_rate").set_value(0.003).run()
    assert "train_on" not in [each.key for each in app.button]


def test_a_run_is_called_by_what_was_chosen_otherwise():
    spec = NetworkSpec.mlp([2, 8, 8, 1], "relu", "sigmoid")
    other = SPIRALS.replace(style="manual", seed=3, spec=spec)
    assert difference(other, SPIRALS) == "manual, seed 3, with ReLU, without Tanh"
    assert difference(SPIRALS, SPIRALS) == ""


def wishes():
    """A page of buttons in place of the board, which only a browser draws."""
    import streamlit as st

    from pages.train.control import obey

    for cure in {"name": "dropout"}, {"name": "early stopping"}, {"learning_rate": 0.5}:
        st.button(str(cure), on_click=obey, args=[{"kind": "cure", **cure}])


def test_what_helps_is_begun_anew_with():
    app = AppTest.from_function(wishes, default_timeout=60).run()
    for button in range(3):
        app.button[button].click().run()
        assert not app.exception
    run, session = run_of(app), app.session_state["session"]
    assert run.experiment == session.experiment
    kinds = [layer.kind for layer in run.experiment.spec.layers]
    assert kinds.count("Dropout") == 2
    assert run.experiment.plan.learning_rate == 0.5
    assert session.choices["limits"] == run.job.request.limits == Limits(patience=10)
    assert len(session.runs) == 3
    registry().stop(run.id)
