"""What came of a run: its history, its weights in any style, its network."""

import runpy
from dataclasses import replace

import numpy as np
import pytest
import torch
from experiments import DATA, experiment_of

from netlib import STYLES, Experiment, TrainingPlan, train, write
from netlib.data.table import safe_filename
from netlib.errors import WeightsError
from netlib.training.record import untrained

PLAN = TrainingPlan(epochs=2)


@pytest.mark.parametrize("task", DATA)
def test_the_text_run_as_a_file_gives_the_records_losses(task, tmp_path, monkeypatch):
    experiment, csv = experiment_of(task, plan=PLAN)
    record = train(experiment, csv)
    monkeypatch.chdir(tmp_path)
    if csv:
        (tmp_path / safe_filename(experiment.data.filename)).write_bytes(csv)
    (tmp_path / "train.py").write_text(write(experiment, csv).text)
    names = runpy.run_path("train.py")
    for epoch in record.epochs:
        loss = sum(names["train_epoch"]()) / len(names["X_train"])
        assert (loss, *names["validate"]()) == tuple(epoch)[1:]


def test_a_record_holds_what_was_trained():
    seen = []
    record = train(Experiment(plan=PLAN), watch=lambda e, network: seen.append(e))
    assert [epoch.number for epoch in record.epochs] == [1, 2]
    assert tuple(seen) == record.epochs
    assert record.state == "finished"
    network = record.network()
    tensors = network.parameters | network.buffers
    for name, values in record.weights.items():
        assert tensors[name].detach().numpy().tobytes() == values.tobytes()
    first = untrained(record.experiment).parameters["0.weight"].detach().numpy()
    assert not np.array_equal(first, record.weights["0.weight"])


@pytest.mark.parametrize("style", STYLES)
def test_another_style_carries_the_weights_over(style):
    record = train(Experiment(plan=PLAN))
    other = record.in_style(style)
    assert other.epochs == record.epochs
    x = torch.randn(9, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(record.network().model(x), other.network().model(x))


def test_weights_of_another_network_are_refused():
    record = train(Experiment(plan=PLAN))
    weights = {"lion": record.weights["0.weight"]}
    with pytest.raises(WeightsError) as caught:
        replace(record, weights=weights).network()
    names = ", ".join(record.weights)
    assert caught.value.message == f"weights: expects the tensors {names}, got lion."


def test_training_gives_torch_its_threads_back():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    train(Experiment(plan=TrainingPlan(epochs=1)))
    assert torch.get_num_threads() == 2
    torch.set_num_threads(n_threads)
