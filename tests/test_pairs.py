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
    assert all(event["loss"] >= lowest - 1e-6 for event in runs[mistaken])
    assert runs[sound][-1]["loss"] < 0.1 < runs[mistaken][-1]["loss"]
    assert [event["epoch"] for event in runs[sound]] == list(range(EPOCHS + 1))
    assert heard[0] == (0.0, sound)
    assert heard[-1] == (1.0, mistaken)


def test_dropout_left_on_at_validation_shows_a_worse_network():
    sound, mistaken = run_pair("evaluation").values()
    assert mistaken[-1]["score"] < sound[-1]["score"] - 0.03


def test_an_unknown_pair_is_refused():
    with pytest.raises(NetlibError) as caught:
        run_pair("typo")
    assert str(caught.value) == f"pair: expects one of {', '.join(PAIRS)}, got typo."
