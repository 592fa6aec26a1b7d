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
from safetensors.numpy import load

from netlib import Experiment, NetworkSpec, train
from netlib.data.choice import DataChoice
from netlib.experiment import TrainingPlan
from netlib.jobs import registry as registry_module
from netlib.jobs.events import Started
from netlib.jobs.process import COMMAND_VARIABLE
from netlib.jobs.protocol import Certify
from netlib.jobs.registry import Registry

ROOT = Path(__file__).parents[2]
SHORT = Experiment(plan=TrainingPlan(epochs=2))
LONG = Experiment(plan=TrainingPlan(epochs=5000))


def wait_for_epoch(run, epoch=1):
    wait_until(lambda: len(run.snapshot().history) >= epoch)


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory):
    """A server may be started from any directory."""
    with contextlib.chdir(tmp_path_factory.mktemp("elsewhere")):
        yield


@pytest.fixture(scope="module")
def registry(elsewhere):
    registry = Registry(limit=1)
    yield registry
    registry.close()


@pytest.fixture(scope="module", autouse=True)
def impatient(elsewhere):
    """Made with the first test, so that its worker warms up meanwhile."""
    registry = Registry(limit=1, grace_seconds=0.7, keep=1)
    yield registry
    registry.close()


def finish(registry, experiment=SHORT, csv=None):
    run = registry.start(experiment, csv)
    assert run.job.wait(20)
    return run


def test_a_run_is_stopped_while_its_table_is_on_the_way(registry, monkeypatch):
    monkeypatch.setattr(registry_module, "SECONDS_TO_STOP", 60)
    run = registry.start(LONG, csv=bytes(5_000_000))
    wait_until(lambda: run.job.worker_pid)
    registry.stop(run.id)
    assert run.job.wait(20)
    assert run.snapshot().state == "stopped"


def test_a_run_tells_its_history_facts_and_weights(registry):
    run = registry.start(SHORT)
    assert run.is_active
    assert registry.get(run.id) is run
    assert run.job.wait(20)
    assert not run.is_active
    told = run.snapshot()
    assert (told.state, told.message, told.advice) == ("finished", "", "")
    assert [epoch.number for epoch in told.history] == [1, 2]
    assert told.history[0].loss > told.history[1].loss
    assert told.started == Started(
        n_rows=1437,
        n_validation_rows=360,
        loss="binary_cross_entropy",
        score="accuracy",
        baseline=told.started.baseline,
    )
    assert (told.n_epochs, told.weights_epoch, told.position) == (2, 2, None)
    assert told.epochs_per_second == pytest.approx(2 / told.elapsed_seconds)
    assert told.seconds_left == 0


def test_the_record_of_a_run_is_that_of_training_it_here(registry):
    run, expected = finish(registry), train(SHORT)
    record = run.record()
    assert (record.experiment, record.csv, record.state) == (SHORT, None, "finished")
    assert record.epochs == run.snapshot().history == expected.epochs
    assert {name: array.tobytes() for name, array in record.weights.items()} == {
        name: array.tobytes() for name, array in expected.weights.items()
    }
    saved = run.weights()
    assert saved.epoch == 2
    assert saved.arrays.keys() == load(run.weights_content()).keys()
    assert record.network().source.spec == SHORT.spec


def test_the_default_experiment_learns_to_read_digits(registry):
    told = finish(registry, Experiment()).snapshot()
    assert told.history[-1].score >= 0.87 > told.started.baseline


def test_a_snapshot_does_not_change(registry):
    run = registry.start(LONG)
    assert run.snapshot().seconds_left is None
    wait_for_epoch(run)
    told = run.snapshot()
    n_told = len(told.history)
    wait_for_epoch(run, n_told + 1)
    assert len(told.history) == n_told < len(run.snapshot().history)
    assert told.seconds_left > 0
    registry.stop(run.id)
    assert run.job.wait(5)


def test_a_worker_is_used_again(registry):
    first, second = finish(registry), finish(registry)
    assert first.job.worker_pid == second.job.worker_pid
    assert os.getpgid(first.job.worker_pid) != os.getpgrp(), "Ctrl-C reaches the worker"


def test_a_run_is_stopped_within_half_a_second(registry):
    run = registry.start(LONG)
    wait_for_epoch(run, 5)
    registry.stop(run.id)
    registry.stop(run.id)
    assert run.job.wait(0.5)
    told = run.snapshot()
    assert (told.state, told.message) == ("stopped", "")
    assert 5 <= told.weights_epoch == len(told.history) < 5000


def test_runs_beyond_the_limit_wait_in_a_queue(registry):
    first, second, third = (registry.start(LONG) for _ in range(3))
    assert (second.snapshot().state, second.job.position) == ("queued", 1)
    assert (third.snapshot().state, third.snapshot().position) == ("queued", 2)
    registry.stop(second.id)
    assert (second.snapshot().state, second.job.position) == ("stopped", None)
    assert third.job.position == 1
    assert second.weights() is None
    wait_for_epoch(first)
    registry.stop(first.id)
    assert first.job.wait(5)
    wait_for_epoch(third)
    assert third.job.position is None
    registry.stop(third.id)
    assert third.job.wait(5)


def certify(steps):
    spec, styles = NetworkSpec.mlp([2, 1]), ("manual", "mixed")
    return Certify(spec=spec, styles=styles, seed=0, steps=steps, optimizer="adam")


def test_the_background_waits_for_an_idle_worker_and_is_shared(registry):
    run = registry.start(LONG)
    asked = registry.ask_in_background(certify(5))
    following = registry.start(LONG)
    assert (asked.state, asked.job.position, following.job.position) == (
        "queued",
        None,
        1,
    )
    assert registry.ask_in_background(certify(5)) is asked
    for each in (run, following):
        wait_for_epoch(each)
        assert asked.state == "queued"
        registry.stop(each.id)
    assert asked.job.wait(5)
    assert len(asked.snapshot().result["rows"]) == 2
    assert registry.ask_in_background(certify(5)) is asked
    other = registry.ask_in_background(certify(6))
    assert other is not asked
    assert other.job.wait(5)


def test_the_background_gives_its_worker_away(registry):
    asked = registry.ask_in_background(certify(10_000))
    wait_until(lambda: asked.snapshot().share)
    run = finish(registry)
    told = asked.snapshot()
    assert (told.state, told.message) == (
        "stopped",
        "errand: expects a worker that nobody else needs, got one that another job took.",
    )
    assert run.job.worker_pid == asked.job.worker_pid
    again = registry.ask_in_background(certify(10_000))
    assert again is not asked
    registry.stop(again.id)
    assert again.job.wait(5)


def test_a_killed_worker_shows_at_once_and_the_next_run_works(registry):
    idle_pid = finish(registry).job.worker_pid
    os.kill(idle_pid, signal.SIGKILL)
    os.waitid(os.P_PID, idle_pid, os.WEXITED | os.WNOWAIT)
    run = registry.start(LONG)
    wait_for_epoch(run)
    os.kill(run.job.worker_pid, signal.SIGKILL)
    assert run.job.wait(2)
    told = run.snapshot()
    assert told.state == "failed"
    assert f"{told.message} {told.advice}" == (
        "run: expects its worker process to finish, got a process that ended with "
        "signal 9. Press Train to start again."
    )
    following = finish(registry)
    assert following.snapshot().state == "finished"
    assert len({idle_pid, run.job.worker_pid, following.job.worker_pid}) == 3


def test_what_a_run_cannot_do_is_explained(registry):
    told = finish(registry, Experiment(data=DataChoice(name="iris"))).snapshot()
    assert (told.state, told.message, told.advice) == (
        "failed",
        "data: expects 16 features, one for each input of the network, got 4.",
        "Give the network 4 inputs and 3 outputs.",
    )
    assert told.history == ()
    assert told.started is None


def test_a_loss_that_is_not_finite_is_explained(registry):
    plan = TrainingPlan(optimizer="sgd", learning_rate=1e6)
    spec, data = NetworkSpec.mlp([10, 8, 1]), DataChoice(name="diabetes")
    told = finish(registry, Experiment(spec=spec, data=data, plan=plan)).snapshot()
    assert (told.state, told.message, told.advice) == (
        "diverged",
        "training: expects a finite loss, got NaN or infinity in epoch 1.",
        "Lower the learning rate.",
    )


def test_an_uploaded_table_is_trained_on(registry):
    csv = "a,b\n" + "\n".join(f"{i},{2 * i + 0.5}" for i in range(40))
    spec = NetworkSpec.mlp([1, 4, 1])
    data = DataChoice(name="csv", sha256="0" * 64)
    run = finish(registry, Experiment(spec=spec, data=data), csv.encode())
    assert run.snapshot().started.score == "r2"


def test_a_table_is_kept_until_it_is_sent_and_forgotten_if_it_never_is(registry):
    first = registry.start(LONG)
    second, third = (registry.start(LONG, csv=b"a,b\n1,2\n") for _ in range(2))
    assert third.record().csv == second.record().csv == b"a,b\n1,2\n"
    registry.stop(third.id)
    assert third.record().csv is None
    registry.stop(first.id)
    wait_for_epoch(second)
    assert second.record().csv is None
    assert second.record().state == "running"
    registry.stop(second.id)
    assert second.job.wait(5)


def test_an_unknown_run_is_none(registry):
    assert registry.get("../etc/passwd") is None
    registry.stop("../etc/passwd")


def test_unwatched_runs_are_stopped_and_old_ones_dropped(impatient):
    run = impatient.start(LONG)
    wait_until(lambda: impatient.get(run.id) and run.weights())
    for watch in (run.snapshot, lambda: impatient.get(run.id)):
        other = impatient.start(LONG)
        wait_until(lambda watch=watch, other=other: watch() and not other.is_active)
        assert not run.job.wait(0.2), "what is watched goes on"
    assert run.job.wait(5)
    for ended in (run, other):
        told = ended.snapshot()
        assert (told.state, told.message) == (
            "stopped",
            "run: expects somebody to watch, got nobody for 0.7 s.",
        )
    assert impatient.get(run.id) is None
    assert impatient.get(other.id) is other
    assert run.weights() is None


def test_one_idle_worker_stays_until_all_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = set(psutil.Process().children())

    def workers():
        return [w for w in set(psutil.Process().children()) - others if is_alive(w.pid)]

    n_threads = threading.active_count()
    registry = Registry(limit=2)
    both = [registry.start(LONG), registry.start(LONG)]
    for run in both:
        wait_until(lambda run=run: run.job.worker_pid)
        os.kill(run.job.worker_pid, signal.SIGKILL)
        assert run.job.wait(2)
    # One checks, one serves; the other of the two that served is gone.
    wait_until(lambda: threading.active_count() == n_threads + 2)
    assert len(workers()) == 1
    run = registry.start(LONG)
    wait_until(lambda: run.job.worker_pid)
    assert len(list(tmp_path.iterdir())) == 1
    start = time.monotonic()
    registry.close()
    assert time.monotonic() - start < 1
    assert run.snapshot().state == "stopped"
    assert workers() == list(tmp_path.iterdir()) == []


SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
from netlib import Experiment
from netlib.jobs.registry import Registry

registry = Registry()
if len(sys.argv) > 2:
    run = registry.start(Experiment.model_validate_json(sys.argv[2]))
    while run.job.worker_pid is None:
        run.job.wait(0.01)
    print(run.job.worker_pid, flush=True)
    run.job.wait(60)
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


def test_a_worker_that_ignores_a_stop_is_killed(registry, monkeypatch):
    monkeypatch.setattr(registry_module, "SECONDS_TO_STOP", 0.1)
    run = registry.start(LONG)
    wait_for_epoch(run)
    os.kill(run.job.worker_pid, signal.SIGSTOP)
    registry.stop(run.id)
    assert run.job.wait(5)
    told = run.snapshot()
    assert (told.state, told.message) == ("stopped", "")
    assert not is_alive(run.job.worker_pid)


def test_a_worker_that_cannot_start_is_told_and_the_next_run_works(monkeypatch):
    registry = Registry(limit=1)
    try:
        first = finish(registry, SHORT)
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", "/nowhere/python")
            os.kill(first.job.worker_pid, signal.SIGKILL)
            os.waitid(os.P_PID, first.job.worker_pid, os.WEXITED | os.WNOWAIT)
            asked = registry.ask_in_background(certify(5))
            both = [registry.start(SHORT), registry.start(SHORT)]
            assert all(work.job.wait(5) for work in (asked, *both))
        assert asked.state == "failed"
        for failed in both:
            message = failed.snapshot().message
            assert (failed.state, message.split(", got")[0]) == (
                "failed",
                "run: expects its worker process to start",
            )
        assert finish(registry, SHORT).state == "finished"
        assert [run.state for run in both] == ["failed", "failed"]
    finally:
        registry.close()


WRAPPER = """
import os, runpy
print("a greeting of the other machine" if {greets} else "", flush=True, end="")
os.environ["WRAPPED"] = "yes"
runpy.run_module("netlib.jobs.worker", run_name="__main__")
"""


def wrapper(greets=False):
    return f"{sys.executable} -c '{WRAPPER.format(greets=greets)}'"


@pytest.fixture
def registry_with(monkeypatch):
    """Registries whose workers are started by a command."""
    made = []

    def make(command):
        monkeypatch.setenv(COMMAND_VARIABLE, command)
        made.append(Registry(limit=1))
        return made[-1]

    yield make
    for registry in made:
        registry.close()


def test_a_worker_is_started_by_the_command_of_the_setting(registry_with):
    run = finish(registry_with(wrapper()))
    assert run.state == "finished"
    assert psutil.Process(run.job.worker_pid).cmdline()[1:] == [
        "-c",
        WRAPPER.format(greets=False),
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("ssh 'host", "start, got LAYERWRIGHT_WORKER: expects a command as a shell"),
        ("/nowhere/ssh host", "start, got [Errno 2] No such file or directory:"),
        ("false", "finish, got a process that ended with 1."),
        (wrapper(greets=True), "tell what can be kept, got message: expects a line of"),
    ],
    ids=["unbalanced", "nowhere", "ends", "greets"],
)
def test_a_command_that_starts_no_worker_is_told(registry_with, command, message):
    told = finish(registry_with(command)).snapshot()
    assert told.state == "failed"
    assert told.message.startswith(f"run: expects its worker process to {message}")
    assert told.advice == "Press Train to start again."


def test_what_cannot_be_kept_is_told_and_the_next_run_works(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    registry = Registry(limit=1)
    try:
        (folder,) = tmp_path.iterdir()
        run = registry.start(LONG)
        wait_for_epoch(run)
        folder.rename(tmp_path / "elsewhere")
        assert run.job.wait(10)
        told = run.snapshot()
        assert told.state == "failed"
        assert told.message.startswith(
            "run: expects its worker process to tell what can be kept, got [Errno 2]"
        )
        (tmp_path / "elsewhere").rename(folder)
        assert finish(registry).state == "finished"
    finally:
        registry.close()


def test_a_registry_needs_no_torch():
    program = "import sys, netlib.jobs.registry; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
