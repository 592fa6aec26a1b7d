import math

import pytest
import torch

from netlib import NetlibError
from netlib.proofs.pairs import EPOCHS, PAIRS, run_pair


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_softmax_before_cross_entropy_keeps_the_loss_up():
    heard = []
    runs = run_pair("softmax", progress=lambda *told: heard.append(told))
    sound, mistaken = runs
    lowest = -math.log(math.e / (math.e + 9))
    assert all(epoch.loss >= lowest - 1e-6 for epoch in runs[mistaken])
    assert runs[sound][-1].loss < 0.1 < runs[mistaken][-1].loss
    assert [epoch.number for epoch in runs[sound]] == list(range(1, EPOCHS + 1))
    assert heard[0] == (0.5 / EPOCHS, sound)
    assert heard[-1] == (1.0, mistaken)


def test_dropout_left_on_at_validation_shows_a_worse_network():
    sound, mistaken = run_pair("evaluation").values()
    assert mistaken[-1].score < sound[-1].score - 0.03


def test_an_unknown_pair_is_refused():
    with pytest.raises(NetlibError) as caught:
        run_pair("typo")
    assert str(caught.value) == f"pair: expects one of {', '.join(PAIRS)}, got typo."


def test_the_programs_of_a_pair_differ_in_one_line():
    for pair in PAIRS.values():
        sound, mistaken = (program.text for program in pair.programs(seed=3).values())
        old, new = sound.splitlines(), mistaken.splitlines()
        shorter, longer = sorted((old, new), key=len)
        assert len(longer) == len(shorter) + 1
        (odd,) = [
            n
            for n, line in enumerate(longer)
            if longer[:n] + longer[n + 1 :] == shorter
        ]
        assert longer[odd].strip() in ("nn.Softmax(dim=1),", "model.eval()")
