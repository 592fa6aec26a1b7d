import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import load

from netlib import STYLES, Experiment, NetworkSpec, train
from netlib.data.choice import DataChoice
from netlib.experiment import TrainingPlan
from netlib.jobs.events import (
    Ended,
    Epochs,
    Kept,
    Progress,
    Ready,
    Result,
    Started,
    Weights,
)
from netlib.jobs.process import COMMAND_VARIABLE, worker_command
from netlib.jobs.protocol import Export, Stop, TimeSteps, Train
from netlib.jobs.wire import EVENTS, read_message, write_message

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "netlib.jobs.worker"]
FINISHED = Ended(state="finished")
# Prints to both kinds of stdout while torch is imported, as any library might.
NOISE = """
import os, sys

def shout(event, arguments):
    if event == "import" and arguments[0] == "torch":
        print("noise", flush=True)
        os.write(1, b"noise")

sys.addaudithook(shout)
"""
# Tells of every epoch and of the weights after every step.
TALKATIVE = """
from netlib.jobs import reporter, worker
reporter.SECONDS_BETWEEN_LINES = reporter.SECONDS_BETWEEN_SAVES = 0
reporter.REST_AFTER_SAVE = 0
worker.main()
"""
NOISY_LAYERS = NetworkSpec(
    input_shape=(16,),
    layers=[
        {"kind": "Linear", "out_features": 8},
        {"kind": "BatchNorm1d"},
        {"kind": "ReLU"},
        {"kind": "Dropout"},
        {"kind": "Linear", "out_features": 1},
    ],
)


class Worker:
    """A worker process, spoken to as the server does."""

    def __init__(self, folder, command=COMMAND, **variables):
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
        )

    def send(self, message, **attached):
        write_message(self.process.stdin, message, attached)

    def send_line(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def parcels(self):
        """All that comes up to the end of a job."""
        while parcel := read_message(self.process.stdout, EVENTS):
            yield parcel
            if isinstance(parcel.message, Ended):
                return

    def events(self):
        """All of a job but the states that a run keeps, told whenever there is time."""
        messages = [parcel.message for parcel in self.parcels()]
        return [message for message in messages if not isinstance(message, Kept)]

    def train(self, experiment, **attached):
        self.send(Train(experiment=experiment), **attached)
        return self.events()

    def fail(self, experiment, **attached):
        (ended,) = self.train(experiment, **attached)
        assert ended.state == "failed"
        return f"{ended.message} {ended.advice}"

    def close(self):
        self.process.stdin.close()
        return self.process.wait(2)


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worker")
    (folder / "sitecustomize.py").write_text(NOISE)
    worker = Worker(folder, PYTHONPATH=str(folder), LAYERWRIGHT_MAX_NETWORK_MB="1")
    assert read_message(worker.process.stdout, EVENTS) == (Ready(), {})
    assert "noise\nnoise" in (folder / "stderr").read_text()
    yield worker
    worker.send(Train(experiment=experiment(100_000)))
    assert any(isinstance(parcel.message, Epochs) for parcel in worker.parcels())
    assert worker.close() == 0, "the end of the input ends a run at once"


def experiment(epochs=3, **fields):
    return Experiment(plan=TrainingPlan(epochs=epochs), **fields)


def epochs_of(events):
    return [epoch for e in events if isinstance(e, Epochs) for epoch in e.epochs]


def csv_choice(content):
    digest = hashlib.sha256(content).hexdigest()
    return DataChoice(name="csv", filename="table.csv", sha256=digest)


def test_a_worker_lets_the_server_go_first(worker):
    assert psutil.Process(worker.process.pid).nice() == os.nice(0) + 10


def test_a_run_tells_its_facts_epochs_weights_and_end(worker):
    started, before, *between, after, ended = worker.train(experiment())
    assert started == Started(
        n_rows=1437,
        n_validation_rows=360,
        loss="binary_cross_entropy",
        score="accuracy",
        baseline=started.baseline,
    )
    assert started.baseline == pytest.approx(0.5, abs=0.05)
    assert (before, after, ended) == (Weights(epoch=0), Weights(epoch=3), FINISHED)
    assert [epoch.number for epoch in epochs_of(between)] == [1, 2, 3]


@pytest.mark.parametrize("spec", [Experiment().spec, NOISY_LAYERS])
def test_epochs_and_weights_are_those_of_train(worker, spec):
    chosen = experiment(spec=spec)
    worker.send(Train(experiment=chosen))
    parcels = list(worker.parcels())
    expected = train(chosen)
    assert epochs_of(p.message for p in parcels) == list(expected.epochs)
    last = [p for p in parcels if isinstance(p.message, Weights)][-1]
    assert same_bytes(load(last.content("weights")), expected.weights)


def same_bytes(weights, expected):
    assert len(weights) > 0
    found, wanted = (
        {name: values.tobytes() for name, values in arrays.items()}
        for arrays in (weights, expected)
    )
    return found == wanted


def test_what_is_told_beside_a_run_leaves_it_as_it_is(tmp_path, monkeypatch):
    command = f"{sys.executable} -c '{TALKATIVE}'"
    monkeypatch.setenv(COMMAND_VARIABLE, command)
    worker, chosen = Worker(tmp_path, worker_command()), experiment(spec=NOISY_LAYERS)
    worker.send(Train(experiment=chosen))
    parcels = list(worker.parcels())
    saves = [load(p.content("weights")) for p in parcels if p.message.kind == "weights"]
    assert len(saves) >= 1 + 3 * 45
    assert not same_bytes(saves[0], saves[1])
    expected = train(chosen)
    assert epochs_of(p.message for p in parcels) == list(expected.epochs)
    assert same_bytes(saves[-1], expected.weights)
    assert worker.close() == 0


def test_all_styles_train_with_identical_losses(worker):
    told = [worker.train(experiment(2, spec=NOISY_LAYERS, style=s)) for s in STYLES]
    assert {events[-1] for events in told} == {FINISHED}
    losses = [epochs_of(events) for events in told]
    assert losses == len(STYLES) * losses[:1]


def test_lines_are_at_most_ten_a_second(worker):
    events = worker.train(experiment(100))
    lines = [e for e in events if isinstance(e, Epochs)]
    assert len(epochs_of(lines)) == 100
    assert 2 <= len(lines) <= lines[-1].elapsed_seconds / 0.1 + 2
    n_saves = len([e for e in events if isinstance(e, Weights)])
    assert 2 <= n_saves <= lines[-1].elapsed_seconds / 0.5 + 2


def test_a_stop_does_not_wait_for_the_end_of_an_epoch(worker):
    rows = np.random.default_rng(0).normal(size=(30_000, 3)).round(3)
    content = "a,b,c\n" + "\n".join(",".join(map(str, row)) for row in rows)
    spec = NetworkSpec.mlp([2, 4, 1])
    plan = TrainingPlan(batch_size=1, epochs=1)
    chosen = Experiment(spec=spec, data=csv_choice(content.encode()), plan=plan)
    worker.send(Train(experiment=chosen), csv=content.encode())
    told = worker.parcels()
    assert isinstance(next(told).message, Started)
    assert next(told).message == Weights(epoch=0)
    asked_at = time.monotonic()
    worker.send(Stop())
    *saves, last = [parcel.message for parcel in told]
    assert last == Ended(state="stopped")
    assert not epochs_of(saves)
    assert time.monotonic() - asked_at < 0.5
    assert worker.train(experiment(1))[-1] == FINISHED


def test_numbers_of_a_csv_file_are_a_regression(worker):
    content = "a,b\n" + "\n".join(f"{i},{3 * i + 0.5}" for i in range(50))
    spec = NetworkSpec.mlp([1, 8, 1])
    chosen = experiment(50, spec=spec, data=csv_choice(content.encode()))
    started, *events = worker.train(chosen, csv=content.encode())
    assert (started.loss, started.score) == ("mse_loss", "r2")
    assert epochs_of(events)[-1].score > 0.9 > started.baseline


def test_a_network_may_take_features_in_any_shape(worker):
    linear = {"kind": "Linear", "out_features": 1}
    layers = [linear, {"kind": "Flatten"}, linear]
    spec = NetworkSpec(input_shape=(4, 4), layers=layers)
    assert worker.train(experiment(1, spec=spec))[-1] == FINISHED


def test_what_does_not_fit_is_explained(worker):
    iris = DataChoice(name="iris")
    assert worker.fail(experiment(data=iris)) == (
        "data: expects 16 features, one for each input of the network, got 4. "
        "Give the network 4 inputs and 3 outputs."
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
    assert worker.fail(experiment(data=csv_choice(b""))) == (
        "CSV file: expects an uploaded file, got none. Upload it again."
    )


def test_a_network_beyond_the_cap_is_not_built(worker):
    spec = NetworkSpec.mlp([16, 1024, 1024, 1])
    assert worker.fail(experiment(spec=spec)) == (
        "network 16-1024-1024-1: expects at most 1 MB of weights, the cap of this "
        "server (LAYERWRIGHT_MAX_NETWORK_MB), got 4 MB. "
        "Its code and structure are shown; make a layer narrower to build it."
    )


def test_an_unexpected_error_is_one_line_and_the_next_job_works(worker, tmp_path):
    worker.send(Export(format="weights", experiment=experiment()), weights=b"none")
    started, ended = worker.events()
    assert started == Started()
    assert ended.state == "failed"
    assert ended.message.startswith("errand: expects no error, got SafetensorError: ")
    assert "\n" not in ended.message
    assert ended.advice == "Change the network and start it again."
    assert worker.train(experiment(1))[-1] == FINISHED
    broken = Worker(tmp_path, LAYERWRIGHT_MAX_NETWORK_MB="many")
    broken.send(Train(experiment=experiment()))
    assert broken.events() == [
        Ready(),
        Ended(
            state="failed",
            message="run: expects no error, got ValueError: invalid literal for int() "
            "with base 10: 'many'.",
            advice="Change the network, the data or the plan and train again.",
        ),
    ]
    assert broken.close() == 0


def test_a_loss_that_is_not_finite_is_explained(worker):
    spec = NetworkSpec.mlp([10, 8, 1])
    plan = TrainingPlan(optimizer="sgd", learning_rate=1e6)
    data = DataChoice(name="diabetes")
    *_, saved, ended = worker.train(Experiment(spec=spec, plan=plan, data=data))
    assert saved == Weights(epoch=0)
    assert ended == Ended(
        state="diverged",
        message="training: expects a finite loss, got NaN or infinity in epoch 1.",
        advice="Lower the learning rate.",
    )


def test_an_errand_tells_its_progress_result_and_end(worker):
    spec, styles = NetworkSpec.mlp([2, 3, 1]), ["manual", "mixed"]
    start = time.monotonic()
    worker.send(TimeSteps(spec=spec, styles=styles, seed=0, rounds=40, steps=20))
    started, *progress, result, ended = worker.events()
    elapsed = time.monotonic() - start
    assert (started, ended) == (Started(), FINISHED)
    assert {type(event) for event in progress} == {Progress}
    assert progress[0] == Progress(share=0, label="warm-up, manual")
    assert progress[-1] == Progress(share=1, label="done")
    assert 3 <= len(progress) <= elapsed / 0.1 + 2
    assert isinstance(result, Result)
    assert list(result.value) == styles


KINDS = (
    "train, certify, find_mistake, run_pair, time_steps, export, pause, play, step, "
    "change, stop, watch, give_way"
)
BROKEN = {
    b'{"job": "train"}\n': f"message: expects one of the kinds {KINDS}, got none.",
    b'{"message": {"kind": "bake"}, "attached": {"csv": 3}}\na\n\n': (
        f"message: expects one of the kinds {KINDS}, got bake."
    ),
    b"5\n": "message: expects a line of JSON with a message and the sizes of what is "
    "attached, got b'5\\n'.",
}


def test_a_message_that_nobody_knows_is_told_before_after_and_during_a_run(
    worker, tmp_path
):
    fresh = Worker(tmp_path)
    for line in BROKEN:  # before it is ready
        fresh.send_line(line)
    assert read_message(fresh.process.stdout, EVENTS) == (Ready(), {})
    failed = [[Ended(state="failed", message=text)] for text in BROKEN.values()]
    assert [fresh.events() for _ in BROKEN] == failed
    assert fresh.train(experiment(1))[-1] == FINISHED
    for line in BROKEN:
        fresh.send_line(line)
    assert [fresh.events() for _ in BROKEN] == failed
    fresh.send(Train(experiment=experiment(2)))
    fresh.send_line(next(iter(BROKEN)))
    assert fresh.events()[-1] == FINISHED
    assert fresh.events() == failed[0]
    assert fresh.close() == 0


@pytest.mark.parametrize("last_words", [b"", b'{"message": {"kind": "st'])
def test_the_end_of_the_input_is_seen_before_torch_is_imported(tmp_path, last_words):
    worker = Worker(tmp_path)
    worker.send(Train(experiment=experiment()))
    worker.send_line(last_words)
    worker.process.stdin.close()
    assert worker.process.wait(10) == 0
    assert worker.process.stdout.read() == b""
