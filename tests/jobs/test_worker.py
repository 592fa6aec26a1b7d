import base64
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from safetensors.numpy import load_file

from netlib import STYLES, Experiment, NetworkSpec, build, generate, train
from netlib.data.table import load, prepare
from netlib.experiment import DataChoice, TrainingPlan

ROOT = Path(__file__).parent.parent
ENDINGS = {"finished", "stopped", "diverged", "failed"}
# Prints to both kinds of stdout while torch is imported, as any library might.
NOISE = """
import os, sys

def shout(event, arguments):
    if event == "import" and arguments[0] == "torch":
        print("noise", flush=True)
        os.write(1, b"noise")

sys.addaudithook(shout)
"""


class Worker:
    """A worker process, spoken to as the server does."""

    def __init__(self, folder, **variables):
        self.weights_path = folder / "weights.safetensors"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netlib.jobs.worker"],
            cwd=ROOT,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
            text=True,
        )

    def send(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def send_job(self, experiment, content=None):
        job = {
            "job": "train",
            "experiment": experiment.model_dump(mode="json"),
            "csv": content and base64.b64encode(content).decode(),
            "weights_path": str(self.weights_path),
        }
        self.send(json.dumps(job) + "\n")

    def ask(self, **request):
        self.send(json.dumps(request) + "\n")
        return list(self.events())

    def events(self):
        """All events up to the end of a job."""
        for line in self.process.stdout:
            event = json.loads(line)
            yield event
            if event["event"] in ENDINGS:
                return

    def do(self, experiment, content=None):
        self.send_job(experiment, content)
        return list(self.events())

    def fail(self, experiment, content=None):
        (event,) = self.do(experiment, content)
        assert event["event"] == "failed"
        return f"{event['message']} {event['advice']}"


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worker")
    (folder / "sitecustomize.py").write_text(NOISE)
    worker = Worker(folder, PYTHONPATH=str(folder), LAYERWRIGHT_MAX_NETWORK_MB="1")
    assert json.loads(worker.process.stdout.readline()) == {"event": "ready"}
    assert "noise\nnoise" in (folder / "stderr").read_text()
    yield worker
    worker.send_job(experiment(100_000))
    assert next(e for e in worker.events() if e["event"] == "epochs")
    worker.process.stdin.close()
    assert worker.process.wait(2) == 0, "the end of the input ends a run at once"


def experiment(epochs=3, **fields):
    return Experiment(plan=TrainingPlan(epochs=epochs), **fields)


def epochs_of(events):
    return [epoch for e in events if e["event"] == "epochs" for epoch in e["epochs"]]


def csv_choice(content):
    digest = hashlib.sha256(content).hexdigest()
    return DataChoice(name="csv", filename="table.csv", sha256=digest)


def test_a_worker_lets_the_server_go_first(worker):
    assert psutil.Process(worker.process.pid).nice() == os.nice(0) + 10


def test_a_job_tells_its_facts_epochs_weights_and_end(worker):
    events = worker.do(experiment())
    assert [e["event"] for e in events[:2]] == ["started", "weights"]
    assert [e["event"] for e in events[-2:]] == ["weights", "finished"]
    started = events[0]
    assert started.pop("baseline") == pytest.approx(0.5, abs=0.05)
    assert started == {
        "event": "started",
        "n_rows": 1438,
        "n_validation_rows": 359,
        "loss": "bce",
        "score": "accuracy",
    }
    assert [epoch for epoch, *_ in epochs_of(events)] == [0, 1, 2, 3]
    assert events[-2]["epoch"] == 3
    assert events[-1] == {"event": "finished", "message": "", "advice": ""}


@pytest.fixture
def one_thread():
    """As in the worker: two threads add in another order."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.mark.usefixtures("one_thread")
def test_epochs_and_weights_are_those_of_the_one_loop(worker):
    chosen = experiment()
    events = worker.do(chosen)
    table = load(chosen.data)
    data = prepare(table.features, table.target, table.task, 0.2, 0)
    network = build(generate(chosen.spec, chosen.style), seed=0)
    plan = chosen.plan.model_dump(exclude={"validation_share"})
    told = train(
        network.model,
        network.parameters.values(),
        network.set_training,
        data,
        loss="bce",
        **plan,
    )
    expected = [
        [e["epoch"], e["loss"], e["validation_loss"], e["score"]]
        for e in told
        if e["event"] == "epoch"
    ]
    assert epochs_of(events) == expected
    saved = load_file(worker.weights_path)
    assert list(saved) != []
    assert {k: v.tobytes() for k, v in saved.items()} == {
        k: v.detach().numpy().tobytes() for k, v in network.parameters.items()
    }


def test_all_styles_train_with_identical_losses(worker):
    spec = NetworkSpec(
        input_shape=(16,),
        layers=[
            {"kind": "Linear", "out_features": 8},
            {"kind": "BatchNorm1d"},
            {"kind": "ReLU"},
            {"kind": "Dropout"},
            {"kind": "Linear", "out_features": 1},
        ],
    )
    told = {style: worker.do(experiment(2, spec=spec, style=style)) for style in STYLES}
    assert {events[-1]["event"] for events in told.values()} == {"finished"}
    losses = [epochs_of(events) for events in told.values()]
    assert losses == len(STYLES) * losses[:1]


def test_lines_are_at_most_ten_a_second(worker):
    events = worker.do(experiment(100))
    lines = [e for e in events if e["event"] == "epochs"]
    assert len(epochs_of(lines)) == 101
    assert 2 <= len(lines) <= lines[-1]["elapsed_seconds"] / 0.1 + 2
    n_saves = len([e for e in events if e["event"] == "weights"])
    assert 2 <= n_saves <= lines[-1]["elapsed_seconds"] / 0.5 + 2


def test_a_stop_does_not_wait_for_the_end_of_an_epoch(worker):
    rows = np.random.default_rng(0).normal(size=(30_000, 3)).round(3)
    content = "a,b,c\n" + "\n".join(",".join(map(str, row)) for row in rows)
    spec = NetworkSpec.mlp([2, 4, 1])
    plan = TrainingPlan(batch_size=1, epochs=1)
    chosen = Experiment(spec=spec, data=csv_choice(content.encode()), plan=plan)
    worker.send_job(chosen, content.encode())
    told = worker.events()
    assert next(told)["event"] == "started"
    assert next(told)["event"] == "weights"
    asked_at = time.monotonic()
    worker.send('{"stop": true}\n')
    assert [e["event"] for e in told] == ["weights", "stopped"]
    assert time.monotonic() - asked_at < 0.5
    assert worker.do(experiment(1))[-1]["event"] == "finished"


def test_numbers_of_a_csv_file_are_a_regression(worker):
    content = "a,b\n" + "\n".join(f"{i},{3 * i + 0.5}" for i in range(50))
    spec = NetworkSpec.mlp([1, 8, 1])
    chosen = experiment(50, spec=spec, data=csv_choice(content.encode()))
    events = worker.do(chosen, content.encode())
    assert (events[0]["loss"], events[0]["score"]) == ("mse", "r2")
    assert epochs_of(events)[-1][-1] > 0.9 > events[0]["baseline"]


def test_a_network_may_take_features_in_any_shape(worker):
    linear = {"kind": "Linear", "out_features": 1}
    layers = [linear, {"kind": "Flatten"}, linear]
    spec = NetworkSpec(input_shape=(4, 4), layers=layers)
    assert worker.do(experiment(1, spec=spec))[-1]["event"] == "finished"


def test_what_does_not_fit_is_explained(worker):
    iris = DataChoice(name="iris")
    assert worker.fail(experiment(data=iris)) == (
        "data: expects 16 features, as the network takes, got 4. "
        "Give the network 4 inputs."
    )
    three_sigmoids = NetworkSpec.mlp([4, 3], output_activation="sigmoid")
    assert worker.fail(experiment(data=iris, spec=three_sigmoids)) == (
        "last layer: expects 3 outputs that share one softmax, one a class, "
        "got 3 with a sigmoid each. Give the last layer 3 units and remove the "
        "sigmoid: cross-entropy applies the softmax itself."
    )
    no_weights = NetworkSpec(input_shape=(16,), layers=[{"kind": "ReLU"}])
    assert worker.fail(experiment(spec=no_weights)) == (
        "network: expects weights to train, got none. Add a linear layer."
    )
    assert worker.fail(experiment(data=csv_choice(b""))).startswith(
        "CSV file: expects an uploaded file, got none. "
    )


def test_a_network_beyond_the_cap_is_not_built(worker):
    spec = NetworkSpec.mlp([16, 1024, 1024, 1])
    event = worker.do(experiment(spec=spec))[-1]
    assert event["event"] == "failed"
    assert event["message"].startswith("network 16-1024-1024-1: expects at most 1 MB")


def test_an_unexpected_error_is_one_line_and_the_next_job_works(worker, monkeypatch):
    monkeypatch.setattr(worker, "weights_path", Path("/nowhere/weights.safetensors"))
    ending = worker.do(experiment(1))[-1]
    assert (ending["event"], ending["message"].split(", got")[0]) == (
        "failed",
        "run: expects no error",
    )
    assert "\n" not in ending["message"]
    monkeypatch.undo()
    assert worker.do(experiment(1))[-1]["event"] == "finished"


def test_a_loss_that_is_not_finite_is_explained(worker):
    spec = NetworkSpec.mlp([10, 8, 1])
    plan = TrainingPlan(optimizer="sgd", learning_rate=1e6)
    events = worker.do(
        Experiment(spec=spec, plan=plan, data=DataChoice(name="diabetes"))
    )
    assert events[-2]["event"] == "weights"
    assert events[-1] == {
        "event": "diverged",
        "message": "training: expects a finite loss, got NaN or infinity in epoch 1.",
        "advice": "Lower the learning rate and train again.",
    }


def test_a_task_tells_its_progress_result_and_end(worker):
    spec = NetworkSpec.mlp([2, 3, 1]).model_dump(mode="json")
    start = time.monotonic()
    events = worker.ask(
        job="time", spec=spec, styles=["manual", "mixed"], seed=0, rounds=40, steps=20
    )
    elapsed = time.monotonic() - start
    started, *progress, result, finished = events
    assert started == {"event": "started"}
    assert {tuple(e) for e in progress} == {("event", "share", "label")}
    assert progress[0] == {"event": "progress", "share": 0, "label": "warm-up, manual"}
    assert progress[-1] == {"event": "progress", "share": 1, "label": "done"}
    assert 3 <= len(progress) <= elapsed / 0.1 + 2
    assert result["event"] == "result"
    assert list(result["result"]) == ["manual", "mixed"]
    assert finished == {"event": "finished", "message": "", "advice": ""}


def test_a_job_that_nobody_knows_is_told(worker):
    (event,) = worker.ask(job="bake")
    assert event == {
        "event": "failed",
        "message": "job: expects one of train, certify, export, mistake, pair, time, got bake.",
        "advice": "",
    }


@pytest.mark.parametrize("last_words", ["", '{"stop": tr'])
def test_the_end_of_the_input_is_seen_before_torch_is_imported(tmp_path, last_words):
    worker = Worker(tmp_path)
    worker.send_job(experiment())
    worker.send(last_words)
    worker.process.stdin.close()
    assert worker.process.wait(10) == 0
    assert worker.process.stdout.read() == ""
