"""A run as a person plays it: paused, stepped, changed, gone back to, forked."""

import json
import re
import threading
import time
from queue import SimpleQueue

import experiments
import pytest
from processes import wait_until

from netlib import Experiment, NetworkSpec, TrainingPlan, train
from netlib.errors import TrainingError
from netlib.jobs import registry as registry_module
from netlib.jobs.events import Position
from netlib.jobs.player import SECONDS_OF_REST, Player
from netlib.jobs.protocol import GiveWay, Pause, Play, Step, Stop
from netlib.jobs.registry import Registry
from netlib.training.change import Change
from netlib.training.limits import Limits

SPIRALS = experiments.SPIRALS.replace(plan=TrainingPlan(epochs=4))


@pytest.fixture(scope="module")
def registry():
    registry = Registry(limit=1)
    yield registry
    registry.close()


def place(run):
    return run.snapshot().place


def wait_at(run, epoch, steps):
    expected = Position(epoch=epoch, steps=steps, is_playing=False)
    wait_until(lambda: place(run) == expected and run.snapshot().kept)


def same_bytes(found, expected):
    return {name: values.tobytes() for name, values in found.items()} == {
        name: values.tobytes() for name, values in expected.items()
    }


def changed(**plan):
    return SPIRALS.replace(plan=SPIRALS.plan.replace(**plan))


def test_a_run_waits_steps_and_goes_on_as_if_it_had_not(registry):
    run = registry.start(SPIRALS, is_paused=True)
    wait_at(run, 0, 0)
    first = run.weights()
    assert first.epoch == 0
    run.tell(Step())
    wait_at(run, 0, 1)
    wait_until(lambda: not same_bytes(run.weights().arrays, first.arrays))
    run.take_best()  # it has not ended
    run.tell(Step(until="epoch"))
    wait_at(run, 1, 0)
    assert [epoch.number for epoch in run.snapshot().history] == [1]
    assert run.snapshot().kept == (0, 1)
    run.tell(Play())
    assert run.job.wait(60)
    expected = train(SPIRALS)
    told = run.snapshot()
    assert (told.state, told.history) == ("finished", expected.epochs)
    assert same_bytes(run.weights().arrays, expected.weights)
    best = min(expected.epochs, key=lambda epoch: epoch.validation_loss)
    assert told.best_epoch == best.number
    run.take_best()
    assert run.weights().epoch == run.snapshot().weights_epoch == best.number
    others = f"has the weights of its epoch {best.number}, not of its last"
    assert run.deviation() == ("" if best.number == 4 else others)
    run.take_best(False)
    assert same_bytes(run.weights().arrays, expected.weights)
    assert (run.weights().epoch, run.deviation()) == (4, "")


def test_a_person_changes_a_run_and_is_told_so(registry):
    run = registry.start(changed(epochs=1000), is_paused=True)
    wait_at(run, 0, 0)
    for change in (
        Change(learning_rate=0.002),
        Change(batch_size=160),
        Change(weight=("0.bias", 2, 1.25)),
        Change(weight=("0.bias", 8, 1.25)),
    ):
        run.tell(change)
    wait_until(lambda: run.snapshot().refused)
    told = run.snapshot()
    assert told.refused == (
        "weight: expects a place in 0.weight, 0.bias, 2.weight, 2.bias, 4.weight, "
        "4.bias, got 0.bias, 8."
    )
    assert [change.change for change in told.changes] == [
        Change(learning_rate=0.002),
        Change(batch_size=160),
        Change(weight=("0.bias", 2, 1.25)),
    ]
    wait_until(lambda: run.weights().arrays["0.bias"][2] == 1.25)
    assert run.deviation() == "was changed by hand in epoch 1"
    run.tell(Play(pace=100))
    run.tell(Pause())
    wait_until(lambda: not place(run).is_playing)
    registry.stop(run.id)
    assert run.job.wait(60)
    assert run.snapshot().state == "stopped"


def test_a_fork_goes_on_from_a_moment_with_a_plan_of_its_own(registry):
    parent = registry.start(SPIRALS)
    assert parent.job.wait(60)
    with pytest.raises(TrainingError) as caught:
        registry.fork(parent, 9, SPIRALS)
    assert str(caught.value).startswith("fork: expects an epoch that is kept (0, ")
    fork = registry.fork(parent, 4, changed(epochs=6, learning_rate=0.02))
    wait_at(fork, 4, 0)
    assert parent.deviation() == ""
    assert fork.deviation() == "goes on from epoch 4 of another run"
    assert fork.snapshot().history == parent.snapshot().history
    assert same_bytes(fork.weights().arrays, parent.weights().arrays)
    fork.tell(Play())
    assert fork.job.wait(60)
    told = fork.snapshot()
    assert [epoch.number for epoch in told.history] == [1, 2, 3, 4, 5, 6]
    unchanged = registry.fork(parent, 4, changed(epochs=6))
    unchanged.tell(Play())
    assert unchanged.job.wait(60)
    assert (
        unchanged.snapshot().history == train(changed(epochs=6)).epochs != told.history
    )


def test_a_fork_in_another_style_is_the_same_run(registry):
    parent = registry.start(SPIRALS)
    assert parent.job.wait(60)
    forks = [
        registry.fork(parent, epoch, changed(epochs=6).replace(style=style))
        for epoch, style in ((0, "manual"), (4, "ordered_dict"))
    ]
    relu = NetworkSpec.mlp([2, 8, 8, 1], "relu", "sigmoid")
    forks.append(registry.fork(parent, 0, SPIRALS.replace(spec=relu, style="manual")))
    for fork in forks:
        fork.tell(Play())
        assert fork.job.wait(60)
    first, second, third = (fork.snapshot().history for fork in forks)
    assert first == second == train(changed(epochs=6)).epochs
    assert third == train(SPIRALS.replace(spec=relu)).epochs
    wider = NetworkSpec.mlp([2, 9, 8, 1], "tanh", "sigmoid")
    refused = registry.fork(parent, 0, SPIRALS.replace(spec=wider, style="manual"))
    assert refused.job.wait(60)
    told = refused.snapshot()
    assert (told.state, told.message) == (
        "failed",
        "0.weight: expects a tensor of shape (9, 2), got (8, 2).",
    )


def facts_of(packed):
    size = int.from_bytes(packed[:4], "little")
    return json.loads(packed[4 : 4 + size])


def test_pictures_are_made_while_somebody_looks_and_of_the_past_in_a_pause(registry):
    run = registry.start(SPIRALS, is_paused=True)
    wait_at(run, 0, 0)
    assert run.snapshot().picture is None
    heard = threading.Event()
    with run.watched(heard.set):
        wait_until(lambda: run.picture(0))
        assert heard.is_set()
        scene = facts_of(run.snapshot().scene.content("scene"))
        assert [block["n_shown"] for block in scene["blocks"]] == [8, 8, 1]
        run.tell(Step(until="epoch"))
        wait_until(lambda: run.snapshot().evaluated == (0, 1))
    assert run.picture(5) is run.evaluation(5) is None
    evaluation, (epoch,) = run.evaluation(1), run.snapshot().history
    assert (evaluation.epoch, evaluation.score) == (1, pytest.approx(epoch.score))
    before, after = (facts_of(run.picture(epoch)) for epoch in (0, 1))
    assert (before["epoch"], after["epoch"], after["steps"]) == (0, 1, 0)
    loss = run.snapshot().history[0].validation_loss
    assert after["loss"] == pytest.approx(loss, abs=1e-6) != before["loss"]
    run.tell(Play())
    assert run.job.wait(60)
    run.clear()
    assert (
        run.evaluation(1)
        is run.picture(0)
        is run.checkpoint(0)
        is run.weights()
        is None
    )


def test_a_run_that_pauses_gives_way_to_those_that_wait(registry, monkeypatch):
    run = registry.start(SPIRALS, is_paused=True)
    wait_at(run, 0, 0)
    assert run.is_active
    monkeypatch.setattr(registry_module, "SECONDS_OF_PAUSE", 0)
    other = registry.start(SPIRALS)
    assert run.job.wait(60)
    assert other.job.wait(60)
    told = run.snapshot()
    assert (told.state, other.state) == ("stopped", "finished")
    assert re.fullmatch(
        r"run: expects to go on while others wait \(a new run goes on from its last epoch\), "
        r"got a pause of \d+ s\.",
        told.message,
    )
    fork = registry.fork(run, 0, SPIRALS)
    fork.tell(Play())
    assert fork.job.wait(60)
    assert fork.snapshot().history == other.snapshot().history


def test_a_run_that_learns_by_heart_is_told_so_though_nobody_looked(registry):
    run = registry.start(Experiment(plan=TrainingPlan(epochs=40)))
    assert run.job.wait(60)
    told = run.snapshot()
    (finding,) = told.findings
    assert finding.name == f"Overfitting since epoch {told.best_epoch}"
    assert finding.helps == f"the weights of epoch {told.best_epoch}"


def test_a_limit_ends_a_run_and_says_why(registry):
    run = registry.start(changed(epochs=500), limits=Limits(target=0.3))
    assert run.job.wait(60)
    told = run.snapshot()
    # Drawn for whoever looks at it now.
    assert facts_of(told.picture.content("picture"))["epoch"] == 1
    assert run.picture(0)
    assert (told.state, len(told.history)) == ("finished", 1)
    assert told.message.endswith("has reached 0.3.")


def test_a_player_waits_between_steps_and_takes_what_is_asked_at_once():
    controls = SimpleQueue()
    player = Player(controls, is_playing=True)
    assert player.next() is None
    controls.put(Play(pace=100))
    assert player.next() == Play(pace=100)
    start = time.perf_counter()
    for _ in range(4):
        assert player.next() is None
        player.note(None)
    assert time.perf_counter() - start > 0.025
    controls.put(Stop())
    assert player.next() == Stop()
    controls.put(Step())
    assert (player.next(), player.next()) == (Step(), None)
    player.note(None)
    assert not player.is_playing


def test_a_run_gives_way_for_a_moment_and_goes_on_as_if_it_had_not():
    controls = SimpleQueue()
    player = Player(controls, is_playing=True)
    assert player.next() is None
    controls.put(GiveWay())
    start = time.perf_counter()
    assert player.next() == GiveWay()
    assert player.next() is None
    assert time.perf_counter() - start >= SECONDS_OF_REST
    assert player.next() is None
    controls.put(GiveWay())
    controls.put(Step())
    assert [player.next(), player.next()] == [GiveWay(), Step()]
    start = time.perf_counter()
    assert player.next() is None
    assert time.perf_counter() - start < SECONDS_OF_REST
