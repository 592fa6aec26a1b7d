import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
from processes import is_alive, wait_until

from netlib import Experiment, NetworkSpec
from netlib.experiment import DataChoice, TrainingPlan
from netlib.jobs import registry as runs_module
from netlib.jobs.registry import Runs

ROOT = Path(__file__).parent.parent
SHORT = Experiment(plan=TrainingPlan(epochs=2))
LONG = Experiment(plan=TrainingPlan(epochs=5000))


def wait_for_epoch(run, epoch=1):
    wait_until(lambda: epoch in run.snapshot().history["epoch"])


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory):
    """A server may be started from any directory."""
    with contextlib.chdir(tmp_path_factory.mktemp("elsewhere")):
        yield


@pytest.fixture(scope="module")
def runs(elsewhere):
    runs = Runs(limit=1)
    yield runs
    runs.close()


@pytest.fixture(scope="module", autouse=True)
def impatient_runs(elsewhere):
    """Made with the first test, so that its worker warms up meanwhile."""
    runs = Runs(limit=1, grace_seconds=0.7, keep=1)
    yield runs
    runs.close()


def finish(runs, experiment=SHORT, csv=None):
    run = runs.start(experiment, csv)
    assert run.wait(20)
    return run


def test_a_run_is_stopped_while_its_table_is_on_the_way(runs, monkeypatch):
    monkeypatch.setattr(runs_module, "SECONDS_TO_STOP", 60)
    run = runs.start(LONG, csv=bytes(5_000_000))
    wait_until(lambda: run.worker_pid)
    runs.stop(run.id)
    assert run.wait(20)
    assert run.snapshot().state == "stopped"


def test_a_run_tells_its_history_facts_and_weights(runs):
    run = runs.start(SHORT)
    assert run.is_active
    assert runs.get(run.id) is run
    assert run.wait(20)
    assert not run.is_active
    told = run.snapshot()
    assert (told.state, told.message, told.advice) == ("finished", "", "")
    assert told.history["epoch"] == [0, 1, 2]
    assert told.history["loss"][0] > told.history["loss"][2]
    assert [len(values) for values in told.history.values()] == [3, 3, 3, 3]
    assert (told.loss_name, told.score_name) == ("bce", "accuracy")
    assert (told.n_rows, told.n_validation_rows) == (1438, 359)
    assert (told.n_epochs, told.weights_epoch, told.position) == (2, 2, None)
    assert told.epochs_per_second == pytest.approx(2 / told.elapsed_seconds)
    assert told.seconds_left == 0
    shapes = {name: weight.shape for name, weight in run.weights().arrays.items()}
    assert shapes["0.weight"] == (12, 16)
    assert len(shapes) == 6


def test_the_default_experiment_learns_to_read_digits(runs):
    told = finish(runs, Experiment()).snapshot()
    assert told.history["score"][-1] >= 0.87 > told.baseline


def test_a_snapshot_does_not_change(runs):
    run = runs.start(LONG)
    assert run.snapshot().seconds_left is None
    wait_for_epoch(run)
    told = run.snapshot()
    n_told = len(told.history["loss"])
    wait_for_epoch(run, n_told + 1)
    assert len(told.history["loss"]) == n_told < len(run.snapshot().history["loss"])
    assert told.seconds_left > 0
    runs.stop(run.id)
    assert run.wait(5)


def test_a_worker_is_used_again(runs):
    first, second = finish(runs), finish(runs)
    assert first.worker_pid == second.worker_pid
    assert os.getpgid(first.worker_pid) != os.getpgrp(), "Ctrl-C reaches the worker"


def test_a_run_is_stopped_within_half_a_second(runs):
    run = runs.start(LONG)
    wait_for_epoch(run, 5)
    runs.stop(run.id)
    runs.stop(run.id)
    assert run.wait(0.5)
    told = run.snapshot()
    assert (told.state, told.message) == ("stopped", "")
    assert 5 <= told.weights_epoch == told.history["epoch"][-1] < 5000


def test_runs_beyond_the_limit_wait_in_a_queue(runs):
    first, second, third = (runs.start(LONG) for _ in range(3))
    assert (second.snapshot().state, second.position) == ("queued", 1)
    assert (third.snapshot().state, third.snapshot().position) == ("queued", 2)
    runs.stop(second.id)
    assert (second.snapshot().state, second.position) == ("stopped", None)
    assert third.position == 1
    assert second.weights() is None
    wait_for_epoch(first)
    runs.stop(first.id)
    assert first.wait(5)
    wait_for_epoch(third)
    assert third.position is None
    runs.stop(third.id)
    assert third.wait(5)


def test_a_killed_worker_shows_at_once_and_the_next_run_works(runs):
    idle_pid = finish(runs).worker_pid
    os.kill(idle_pid, signal.SIGKILL)
    os.waitid(os.P_PID, idle_pid, os.WEXITED | os.WNOWAIT)
    run = runs.start(LONG)
    wait_for_epoch(run)
    os.kill(run.worker_pid, signal.SIGKILL)
    assert run.wait(2)
    told = run.snapshot()
    assert told.state == "failed"
    assert f"{told.message} {told.advice}" == (
        "run: expects its worker process to finish, got a process that ended with "
        "signal 9. Press Train to start again."
    )
    following = finish(runs)
    assert following.snapshot().state == "finished"
    assert len({idle_pid, run.worker_pid, following.worker_pid}) == 3


def test_what_a_run_cannot_do_is_explained(runs):
    told = finish(runs, Experiment(data=DataChoice(name="iris"))).snapshot()
    assert (told.state, told.message, told.advice) == (
        "failed",
        "data: expects 16 features, as the network takes, got 4.",
        "Give the network 4 inputs.",
    )
    assert told.history["epoch"] == []


def test_a_loss_that_is_not_finite_is_explained(runs):
    plan = TrainingPlan(optimizer="sgd", learning_rate=1e6)
    spec, data = NetworkSpec.mlp([10, 8, 1]), DataChoice(name="diabetes")
    told = finish(runs, Experiment(spec=spec, data=data, plan=plan)).snapshot()
    assert (told.state, told.message, told.advice) == (
        "diverged",
        "training: expects a finite loss, got NaN or infinity in epoch 1.",
        "Lower the learning rate and train again.",
    )


def test_an_uploaded_table_is_trained_on(runs):
    csv = "a,b\n" + "\n".join(f"{i},{2 * i + 0.5}" for i in range(40))
    spec = NetworkSpec.mlp([1, 4, 1])
    data = DataChoice(name="csv", sha256="0" * 64)
    run = finish(runs, Experiment(spec=spec, data=data), csv.encode())
    assert run.snapshot().score_name == "r2"


def test_an_unknown_run_is_none(runs):
    assert runs.get("../etc/passwd") is None
    runs.stop("../etc/passwd")


def test_unwatched_runs_are_stopped_and_old_ones_dropped(impatient_runs):
    run = impatient_runs.start(LONG)
    wait_until(lambda: impatient_runs.get(run.id) and run.weights())
    for watch in (run.snapshot, lambda: impatient_runs.get(run.id)):
        other = impatient_runs.start(LONG)
        wait_until(lambda watch=watch, other=other: watch() and not other.is_active)
        assert not run.wait(0.2), "what is watched goes on"
    assert run.wait(5)
    for ended in (run, other):
        told = ended.snapshot()
        assert (told.state, told.message) == (
            "stopped",
            "run: expects somebody to watch, got nobody for 0.7 s.",
        )
    assert impatient_runs.get(run.id) is None
    assert impatient_runs.get(other.id) is other
    assert run.weights() is None


def test_one_idle_worker_stays_until_all_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = set(psutil.Process().children())

    def workers():
        return [w for w in set(psutil.Process().children()) - others if is_alive(w.pid)]

    n_threads = threading.active_count()
    runs = Runs(limit=2)
    both = [runs.start(LONG), runs.start(LONG)]
    for run in both:
        wait_until(lambda run=run: run.worker_pid)
        os.kill(run.worker_pid, signal.SIGKILL)
        assert run.wait(2)
    # One checks, one serves; the other of the two that served is gone.
    wait_until(lambda: threading.active_count() == n_threads + 2)
    assert len(workers()) == 1
    run = runs.start(LONG)
    wait_until(lambda: run.worker_pid)
    assert len(list(tmp_path.iterdir())) == 1
    start = time.monotonic()
    runs.close()
    assert time.monotonic() - start < 1
    assert run.snapshot().state == "stopped"
    assert workers() == list(tmp_path.iterdir()) == []


SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
from netlib import Experiment
from netlib.jobs.registry import Runs

runs = Runs()
if len(sys.argv) > 2:
    run = runs.start(Experiment.model_validate_json(sys.argv[2]))
    while run.worker_pid is None:
        run.wait(0.01)
    print(run.worker_pid, flush=True)
    run.wait(60)
"""


def start_server(folder, *arguments):
    """A server in a folder of its own, which also takes its temporary files."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(ROOT), *arguments],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_no_worker_outlives_a_killed_server(tmp_path):
    server = start_server(tmp_path, LONG.model_dump_json())
    pid = int(server.stdout.readline())
    assert is_alive(pid)
    server.kill()
    server.wait()
    assert wait_until(lambda: not is_alive(pid)) < 2


def test_a_server_that_ends_leaves_no_files_and_no_processes(tmp_path):
    server = start_server(tmp_path)
    assert server.wait(10) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_ignores_a_stop_is_killed(runs, monkeypatch):
    monkeypatch.setattr(runs_module, "SECONDS_TO_STOP", 0.1)
    run = runs.start(LONG)
    wait_for_epoch(run)
    os.kill(run.worker_pid, signal.SIGSTOP)
    runs.stop(run.id)
    assert run.wait(5)
    told = run.snapshot()
    assert (told.state, told.message) == ("stopped", "")
    assert not is_alive(run.worker_pid)


def test_a_worker_that_cannot_start_is_told_and_the_next_run_works(monkeypatch):
    runs = Runs(limit=1)
    try:
        first = finish(runs, SHORT)
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", "/nowhere/python")
            os.kill(first.worker_pid, signal.SIGKILL)
            os.waitid(os.P_PID, first.worker_pid, os.WEXITED | os.WNOWAIT)
            both = [runs.start(SHORT), runs.start(SHORT)]
            assert all(run.wait(5) for run in both)
        for failed in both:
            message = failed.snapshot().message
            assert (failed.state, message.split(", got")[0]) == (
                "failed",
                "run: expects its worker process to start",
            )
        assert finish(runs, SHORT).state == "finished"
        assert [run.state for run in both] == ["failed", "failed"]
    finally:
        runs.close()
