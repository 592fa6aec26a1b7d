import math
import os
import signal

import pytest
from processes import wait_until
from safetensors.numpy import load

from netlib import Experiment, NetworkSpec, certify, train
from netlib.experiment import TrainingPlan
from netlib.jobs.protocol import Certify, Export, FindMistake, RunPair, TimeSteps
from netlib.jobs.registry import Registry
from netlib.proofs import pairs
from netlib.proofs.certificate import Certificate
from netlib.training.epoch import Epoch

SMALL = NetworkSpec.mlp([2, 3, 1])
LONG = Experiment(plan=TrainingPlan(epochs=5000))
NO_WEIGHTS = NetworkSpec(input_shape=(2,), layers=[{"kind": "ReLU"}])
STYLES = ("manual", "sequential")


@pytest.fixture(scope="module")
def registry():
    registry = Registry(limit=1)
    yield registry
    registry.close()


@pytest.fixture(scope="module", autouse=True)
def impatient():
    """Made with the first test, so that its worker warms up meanwhile."""
    registry = Registry(limit=1, grace_seconds=0.7, keep=1)
    yield registry
    registry.close()


def times(spec=SMALL, rounds=2):
    return TimeSteps(spec=spec, styles=STYLES, seed=0, rounds=rounds, steps=5)


ENDLESS = times(rounds=1_000_000)


def finish(registry, request, **attached):
    errand = registry.ask(request, **attached)
    assert errand.job.wait(20)
    return errand.snapshot()


def wait_for_progress(errand):
    wait_until(lambda: errand.snapshot().label.startswith("round"))


def stop(registry, work):
    registry.stop(work.id)
    assert work.job.wait(5)


def test_an_errand_tells_its_result(registry):
    errand = registry.ask(times())
    assert errand.is_active
    assert registry.get_errand(errand.id) is errand
    assert errand.job.wait(20)
    told = errand.snapshot()
    assert (told.state, told.message, told.advice) == ("finished", "", "")
    assert (told.share, told.label, told.position) == (1, "done", None)
    assert {style: found["verdict"] for style, found in told.result.items()} == {
        "manual": "reference",
        "sequential": "no difference shown",
    }
    assert all(len(found["microseconds"]) == 3 for found in told.result.values())
    assert (told.file, errand.content()) == (None, None)


def test_an_errand_knows_what_it_was_asked(registry):
    errand = registry.ask(times())
    assert errand.answers(times())
    assert not errand.answers(times(rounds=3))
    stop(registry, errand)
    requests = [
        Export(
            format="none",
            experiment=LONG,
            history=[Epoch(1, 0.5, float("inf"), float(score))],
        )
        for score in ("nan", "nan", "1")
    ]
    asked = registry.ask(requests[0])
    assert [asked.answers(request) for request in requests] == [True, True, False]
    stop(registry, asked)


def test_styles_are_certified(registry):
    asked = Certify(spec=SMALL, styles=STYLES, seed=0, steps=5, optimizer="sgd")
    told = finish(registry, asked)
    here = certify(SMALL, STYLES, steps=5, optimizer="sgd")
    assert Certificate.model_validate(told.result) == here
    assert (told.share, told.label) == (1, "sequential")


def test_a_certificate_of_losses_that_are_no_numbers_arrives(registry):
    steep = {"kind": "LeakyReLU", "negative_slope": 1000}
    layers = [{"kind": "Linear", "out_features": 2}, steep] * 9
    spec = NetworkSpec(input_shape=(2,), layers=layers)
    asked = Certify(spec=spec, styles=STYLES, seed=0, steps=3, optimizer="sgd")
    found = Certificate.model_validate(finish(registry, asked).result)
    assert found.identical
    assert math.isnan(found.losses["manual"][-1])


def test_a_mistake_is_planted_and_found(registry):
    told = finish(registry, FindMistake(spec=SMALL, seed=0, mistake="by_hand"))
    assert told.result["optimizer"] == "sgd"
    assert not Certificate.model_validate(told.result).identical


def test_two_runs_of_a_pair_are_told(registry):
    told = finish(registry, RunPair(pair="evaluation", seed=1))
    found = {
        label: [Epoch(*values) for values in history]
        for label, history in told.result.items()
    }
    assert found == pairs.run_pair("evaluation", seed=1)
    assert [len(history) for history in found.values()] == [pairs.EPOCHS] * 2


def test_a_file_is_sent_with_what_was_checked(registry):
    plan = TrainingPlan(epochs=2)
    run = registry.start(Experiment(plan=plan, style="manual"))
    assert run.job.wait(20)
    request = Export(
        format="weights",
        experiment=Experiment(plan=plan, style="mixed"),
        history=run.snapshot().history,
        weights_style="manual",
    )
    errand = registry.ask(request, weights=run.weights_content())
    assert errand.job.wait(20)
    told = errand.snapshot()
    assert (told.state, told.message, told.result) == ("finished", "", None)
    assert told.file.name == "model.safetensors"
    assert told.file.check
    expected = train(Experiment(plan=plan, style="mixed")).weights
    found = load(errand.content())
    assert {name: array.tobytes() for name, array in found.items()} == {
        name: array.tobytes() for name, array in expected.items()
    }


def test_an_errand_tells_its_progress_and_is_stopped_in_the_middle(registry):
    errand = registry.ask(ENDLESS)
    wait_for_progress(errand)
    told = errand.snapshot()
    wait_until(lambda: errand.snapshot().share > told.share)
    assert (told.state, told.result) == ("running", None)
    assert 0 < told.share < 1
    registry.stop(errand.id)
    assert errand.job.wait(0.5)
    told = errand.snapshot()
    assert (told.state, told.message, told.result) == ("stopped", "", None)
    following = registry.ask(times())
    assert following.job.wait(5)
    assert following.snapshot().state == "finished"
    assert following.job.worker_pid == errand.job.worker_pid


def test_errands_and_runs_wait_in_one_queue(registry):
    first, second, third = (
        registry.ask(ENDLESS),
        registry.start(LONG),
        registry.ask(ENDLESS),
    )
    assert (second.snapshot().state, second.job.position) == ("queued", 1)
    assert (third.snapshot().state, third.snapshot().position) == ("queued", 2)
    wait_for_progress(first)
    stop(registry, first)
    assert third.snapshot().position == 1
    wait_until(lambda: second.snapshot().history)
    stop(registry, third)
    told = third.snapshot()
    assert (told.state, told.position, told.share) == ("stopped", None, 0)
    stop(registry, second)


def test_each_kind_is_found_by_its_own_name(registry):
    errand, run = registry.ask(ENDLESS), registry.start(LONG)
    assert (registry.get_errand(errand.id), registry.get(errand.id)) == (errand, None)
    assert (registry.get_errand(run.id), registry.get(run.id)) == (None, run)
    assert registry.get_errand("../etc/passwd") is None
    stop(registry, run)
    stop(registry, errand)


def test_a_killed_worker_is_told_and_the_next_errand_works(registry):
    errand = registry.ask(ENDLESS)
    wait_for_progress(errand)
    os.kill(errand.job.worker_pid, signal.SIGKILL)
    assert errand.job.wait(2)
    told = errand.snapshot()
    assert told.state == "failed"
    assert f"{told.message} {told.advice}" == (
        "errand: expects its worker process to finish, got a process that ended with "
        "signal 9. Start it again."
    )
    assert finish(registry, times()).state == "finished"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            times(NO_WEIGHTS),
            "network: expects weights to train, got none. Add a linear layer.",
        ),
        (
            RunPair(pair="bake", seed=0),
            "pair: expects one of softmax, evaluation, got bake. ",
        ),
    ],
    ids=["no weights", "no pair"],
)
def test_what_an_errand_cannot_do_is_explained(registry, request_, message):
    told = finish(registry, request_)
    assert (told.state, told.result) == ("failed", None)
    assert f"{told.message} {told.advice}" == message
    assert finish(registry, times()).state == "finished"


def test_unwatched_errands_are_stopped_and_old_ones_of_a_kind_dropped(impatient):
    run = impatient.start(Experiment(plan=TrainingPlan(epochs=1)))
    wait_until(lambda: impatient.get(run.id) and not run.is_active)
    errand = impatient.ask(ENDLESS)
    for watch in (errand.snapshot, lambda: impatient.get_errand(errand.id)):
        other = impatient.ask(ENDLESS)
        wait_until(lambda watch=watch, other=other: watch() and not other.is_active)
        assert not errand.job.wait(0.2), "what is watched goes on"
    assert errand.job.wait(5)
    for ended in (other, errand):
        told = ended.snapshot()
        assert (told.state, told.message) == (
            "stopped",
            "errand: expects somebody to watch, got nobody for 0.7 s.",
        )
    assert impatient.get_errand(errand.id) is None
    assert impatient.get_errand(other.id) is other
    assert impatient.get(run.id) is run, "errands drop no registry"
