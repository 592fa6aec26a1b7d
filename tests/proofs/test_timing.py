import hashlib
import random
import time

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from netlib import STYLES, NetworkSpec
from netlib.errors import TrainingError
from netlib.proofs.timing import compare_times, step_times

SPEC = NetworkSpec(
    input_shape=(3,),
    layers=[
        {"kind": "Linear", "out_features": 4},
        {"kind": "BatchNorm1d"},
        {"kind": "Dropout"},
        {"kind": "Linear", "out_features": 2},
    ],
)


def times(spec=SPEC, styles=tuple(STYLES), rounds=2, steps=3, told=None):
    told = [] if told is None else told
    return step_times(
        spec,
        styles,
        seed=7,
        rounds=rounds,
        steps=steps,
        progress=lambda share, label: told.append((share, label)),
    )


def test_each_style_has_a_time_a_round():
    seconds = times(rounds=2)
    assert list(seconds) == list(STYLES)
    assert all(len(values) == 2 and min(values) > 0 for values in seconds.values())


def test_styles_take_turns_after_a_warm_up():
    told = []
    times(styles=["manual", "sequential"], rounds=2, told=told)
    assert told == [
        (0 / 6, "warm-up, manual"),
        (1 / 6, "warm-up, sequential"),
        (2 / 6, "round 1 of 2, sequential"),
        (3 / 6, "round 1 of 2, manual"),
        (4 / 6, "round 2 of 2, manual"),
        (5 / 6, "round 2 of 2, sequential"),
        (1, "done"),
    ]


def test_every_style_does_the_same_steps():
    steps = {}

    def note(optimizer, *_):
        tensors = [p for group in optimizer.param_groups for p in group["params"]]
        weights = b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)
        kept = steps.setdefault(id(optimizer), (optimizer, []))
        kept[1].append(hashlib.sha256(weights).hexdigest())

    hook = register_optimizer_step_post_hook(note)
    try:
        times(rounds=2, steps=3)
    finally:
        hook.remove()
    first, *others = [digests for _, digests in steps.values()]
    assert len(set(first)) == 9, "three turns of three steps that all change weights"
    assert others == (len(STYLES) - 1) * [first]
    (settings,) = {
        (type(optimizer), group["lr"], group["fused"])
        for optimizer, _ in steps.values()
        for group in optimizer.param_groups
    }
    assert settings == (torch.optim.Adam, 0.01, True)


def test_times_are_those_of_a_step():
    """More work in a step shows; all steps together took no longer than the call."""
    small, large = NetworkSpec.mlp([4, 4]), NetworkSpec.mlp([1024] * 6)
    start = time.perf_counter()
    many = times(small, ["manual"], rounds=3, steps=200)["manual"]
    assert 200 * sum(many) < time.perf_counter() - start
    heavy = times(large, ["manual"], rounds=3, steps=2)["manual"]
    assert min(heavy) > min(many)


def test_a_network_without_weights_is_explained():
    with pytest.raises(TrainingError) as caught:
        times(NetworkSpec(input_shape=(3,), layers=[{"kind": "ReLU"}]))
    assert str(caught.value) == (
        "network: expects weights to train, got none. Add a linear layer."
    )


def test_times_are_compared_round_by_round():
    """The machine doubles its time now and then; the pairs do not mind."""
    first = [1e-4, 2e-4, 1e-4, 4e-4, 1e-4, 2e-4, 1e-4, 3e-4]
    compared = compare_times(
        {
            "manual": first,
            "mixed": [1.5 * s for s in first],
            "subclass": [s * r for s, r in zip(first, [0.9, 0.8, 0.7, 0.8] * 2)],
            "sequential": [s * r for s, r in zip(first, [1.2] * 7 + [0.99])],
        }
    )
    assert list(compared) == ["manual", "mixed", "subclass", "sequential"]
    manual, mixed, subclass, sequential = compared.values()
    assert manual.microseconds == pytest.approx((100, 150, 225))
    assert mixed.microseconds == pytest.approx((150, 225, 337.5))
    assert manual.ratio == (1, 1, 1)
    assert subclass.ratio == pytest.approx((0.775, 0.8, 0.825))
    assert manual.verdict == "reference"
    assert mixed.verdict == "50.0% slower"
    assert subclass.verdict == "20.0% faster"
    assert sequential.verdict == "no difference shown"


@pytest.mark.parametrize(
    ("n_styles", "n_rounds", "verdict"),
    [
        (2, 5, "no difference shown"),
        (2, 6, "10.0% slower"),
        (5, 7, "no difference shown"),
        (5, 8, "10.0% slower"),
    ],
)
def test_few_rounds_show_nothing(n_styles, n_rounds, verdict):
    names = [f"style {number}" for number in range(n_styles)]
    seconds = {name: n_rounds * [1.1] for name in names} | {"style 0": n_rounds * [1]}
    found = [time.verdict for time in compare_times(seconds).values()]
    assert found == ["reference"] + [verdict] * (n_styles - 1)


@pytest.mark.parametrize(
    ("n_slower", "verdict"), [(5, "no difference shown"), (6, "10.0% slower")]
)
def test_rounds_that_take_the_same_time_count_for_nothing(n_slower, verdict):
    seconds = {"manual": [1.0] * (n_slower + 4), "mixed": [1.1] * n_slower + [1.0] * 4}
    assert compare_times(seconds)["mixed"].verdict == verdict


def test_rounds_that_are_equal_show_nothing():
    compared = compare_times({"manual": [1.0] * 20, "mixed": [1.0] * 20})
    assert compared["mixed"].verdict == "no difference shown"


def test_styles_that_take_equally_long_are_seldom_told_apart():
    draw = random.Random(0)
    n_wrong = 0
    for _ in range(400):
        seconds = {style: [draw.uniform(1, 2) for _ in range(12)] for style in STYLES}
        verdicts = {time.verdict for time in compare_times(seconds).values()}
        n_wrong += verdicts != {"reference", "no difference shown"}
    assert n_wrong / 400 <= 0.05
