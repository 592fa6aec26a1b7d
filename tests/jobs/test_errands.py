import os
import signal

import pytest
from processes import wait_until

from netlib import Experiment, NetworkSpec, certify
from netlib.experiment import TrainingPlan
from netlib.jobs.registry import Runs
from netlib.proofs.certificate import Certificate
from netlib.proofs.pairs import EPOCHS, PAIRS

SMALL = NetworkSpec.mlp([2, 3, 1])
LONG = Experiment(plan=TrainingPlan(epochs=5000))


@pytest.fixture(scope="module")
def runs():
    runs = Runs(limit=1)
    yield runs
    runs.close()


@pytest.fixture(scope="module", autouse=True)
def impatient_runs():
    """Made with the first test, so that its worker warms up meanwhile."""
    runs = Runs(limit=1, grace_seconds=0.7, keep=1)
    yield runs
    runs.close()


def request(spec=SMALL, rounds=2):
    return {
        "job": "time",
        "spec": spec.model_dump(mode="json"),
        "styles": ["manual", "sequential"],
        "seed": 0,
        "rounds": rounds,
        "steps": 5,
    }


def endless():
    return request(rounds=1_000_000)


def finish(runs, asked):
    task = runs.ask(asked)
    assert task.wait(20)
    return task.snapshot()


def fail(runs, asked):
    told = finish(runs, asked)
    assert (told.state, told.result) == ("failed", None)
    return f"{told.message} {told.advice}"


def wait_for_progress(task):
    wait_until(lambda: task.snapshot().label.startswith("round"))


def stop(runs, job):
    runs.stop(job.id)
    assert job.wait(5)


def test_a_task_tells_its_result(runs):
    asked = request()
    task = runs.ask(asked)
    asked["rounds"] = 0
    assert task.is_active
    assert runs.get_task(task.id) is task
    assert task.wait(20)
    told = task.snapshot()
    assert (told.state, told.message, told.advice) == ("finished", "", "")
    assert (told.share, told.label, told.position) == (1, "done", None)
    assert {style: found["verdict"] for style, found in told.result.items()} == {
        "manual": "reference",
        "sequential": "no difference shown",
    }


def test_styles_are_certified(runs):
    told = finish(runs, request() | {"job": "certify", "steps": 5, "optimizer": "sgd"})
    here = certify(SMALL, ["manual", "sequential"], steps=5, optimizer="sgd")
    assert Certificate.model_validate(told.result) == here
    assert (told.share, told.label) == (1, "sequential")


def test_a_mistake_is_planted_and_found(runs):
    spec = SMALL.model_dump(mode="json")
    told = finish(
        runs, {"job": "mistake", "spec": spec, "seed": 0, "mistake": "by_hand"}
    )
    assert told.result["optimizer"] == "sgd"
    assert not Certificate.model_validate(told.result).identical


def test_two_runs_of_a_pair_are_told(runs):
    told = finish(runs, {"job": "pair", "pair": "evaluation", "seed": 0})
    assert list(told.result) == [habit.label for habit in PAIRS["evaluation"].habits]
    assert all(len(events) == EPOCHS + 1 for events in told.result.values())


def test_a_task_tells_its_progress_and_is_stopped_in_the_middle(runs):
    task = runs.ask(endless())
    wait_for_progress(task)
    told = task.snapshot()
    wait_until(lambda: task.snapshot().share > told.share)
    assert (told.state, told.result) == ("running", None)
    assert 0 < told.share < 1
    runs.stop(task.id)
    assert task.wait(0.5)
    told = task.snapshot()
    assert (told.state, told.message, told.result) == ("stopped", "", None)
    following = runs.ask(request())
    assert following.wait(5)
    assert following.snapshot().state == "finished"
    assert following.worker_pid == task.worker_pid


def test_tasks_and_runs_wait_in_one_queue(runs):
    first, second, third = runs.ask(endless()), runs.start(LONG), runs.ask(endless())
    assert (second.snapshot().state, second.position) == ("queued", 1)
    assert (third.snapshot().state, third.snapshot().position) == ("queued", 2)
    wait_for_progress(first)
    stop(runs, first)
    assert third.snapshot().position == 1
    wait_until(lambda: second.snapshot().history["epoch"])
    stop(runs, third)
    told = third.snapshot()
    assert (told.state, told.position, told.share) == ("stopped", None, 0)
    stop(runs, second)


def test_each_kind_is_found_by_its_own_name(runs):
    task, run = runs.ask(endless()), runs.start(LONG)
    assert (runs.get_task(task.id), runs.get(task.id)) == (task, None)
    assert (runs.get_task(run.id), runs.get(run.id)) == (None, run)
    assert runs.get_task("../etc/passwd") is None
    stop(runs, run)
    stop(runs, task)


def test_a_killed_worker_is_told_and_the_next_task_works(runs):
    task = runs.ask(endless())
    wait_for_progress(task)
    os.kill(task.worker_pid, signal.SIGKILL)
    assert task.wait(2)
    told = task.snapshot()
    assert told.state == "failed"
    assert f"{told.message} {told.advice}" == (
        "task: expects its worker process to finish, got a process that ended with "
        "signal 9. Start it again."
    )
    assert finish(runs, request()).state == "finished"


def test_what_a_task_cannot_do_is_explained(runs):
    no_weights = NetworkSpec(input_shape=(2,), layers=[{"kind": "ReLU"}])
    assert fail(runs, request(no_weights)) == (
        "network: expects weights to train, got none. Add a linear layer."
    )
    assert fail(runs, {"job": "bake"}) == (
        "job: expects one of train, certify, export, mistake, pair, time, got bake. "
    )
    assert fail(runs, {"job": "time"}) == (
        "task: expects no error, got KeyError: 'spec'. "
        "Change the network and start it again."
    )


def test_a_request_that_json_cannot_hold_is_refused_at_once(runs):
    with pytest.raises(TypeError, match="NetworkSpec is not JSON serializable"):
        runs.ask({"job": "time", "spec": SMALL})
    assert finish(runs, request()).state == "finished"


def test_unwatched_tasks_are_stopped_and_old_ones_of_a_kind_dropped(impatient_runs):
    run = impatient_runs.start(Experiment(plan=TrainingPlan(epochs=1)))
    wait_until(lambda: impatient_runs.get(run.id) and not run.is_active)
    task = impatient_runs.ask(endless())
    for watch in (task.snapshot, lambda: impatient_runs.get_task(task.id)):
        other = impatient_runs.ask(endless())
        wait_until(lambda watch=watch, other=other: watch() and not other.is_active)
        assert not task.wait(0.2), "what is watched goes on"
    assert task.wait(5)
    for ended in (other, task):
        told = ended.snapshot()
        assert (told.state, told.message) == (
            "stopped",
            "task: expects somebody to watch, got nobody for 0.7 s.",
        )
    assert impatient_runs.get_task(task.id) is None
    assert impatient_runs.get_task(other.id) is other
    assert impatient_runs.get(run.id) is run, "tasks drop no runs"
