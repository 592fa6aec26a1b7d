import json
import math
import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlib import Experiment, NetworkSpec
from netlib.errors import MessageError, SpecError
from netlib.experiment import TrainingPlan
from netlib.jobs import protocol
from netlib.jobs.events import (
    Best,
    Changed,
    Ended,
    Epochs,
    File,
    Health,
    Kept,
    Picture,
    Position,
    Progress,
    Ready,
    Refused,
    Result,
    Scene,
    Started,
    Weights,
)
from netlib.jobs.protocol import (
    Certify,
    Export,
    FindMistake,
    Pause,
    Play,
    RunPair,
    Step,
    Stop,
    TimeSteps,
    Train,
    Watch,
)
from netlib.jobs.wire import EVENTS, REQUESTS, read_message, write_message
from netlib.training.change import Change
from netlib.training.diagnosis import LayerHealth
from netlib.training.epoch import Epoch

ROOT = Path(__file__).parents[2]
SPEC = NetworkSpec.mlp([2, 3, 1])
HISTORY = (Epoch(1, 0.1 + 0.2, 1e-320, -0.0), Epoch(2, 1 / 3, 1e300, 0.5))
TO_WORKER = [
    Train(experiment=Experiment(plan=TrainingPlan(epochs=7))),
    Certify(spec=SPEC, styles=["manual"], seed=1, steps=5, optimizer="sgd"),
    FindMistake(spec=SPEC, seed=0, mistake="by_hand"),
    RunPair(pair="softmax", seed=0),
    TimeSteps(spec=SPEC, styles=["mixed"], seed=0, rounds=2, steps=1),
    Export(format="onnx", experiment=Experiment()),
    Export(
        format="train", experiment=Experiment(), history=HISTORY, weights_style="mixed"
    ),
    Stop(),
    Pause(),
    Play(pace=2.5),
    Step(until="epoch"),
    Change(weight=("0.weight", 3, 0.1)),
    Watch(is_watched=True),
]
TO_SERVER = [
    Ready(),
    Started(),
    Started(n_rows=5, n_validation_rows=2, loss="mse_loss", score="r2", baseline=0.1),
    Epochs(epochs=HISTORY, elapsed_seconds=0.25),
    Weights(epoch=3),
    Position(epoch=1, steps=2, is_playing=False),
    Changed(epoch=1, steps=2, change=Change(learning_rate=0.1)),
    Refused(message="rate: expects less.", advice="Less."),
    Kept(epochs=(0, 2)),
    Best(epoch=2),
    Health(layers=[LayerHealth("fc1", 0.1, 0.01, 0.5, None, (1, 2))]),
    Scene(),
    Picture(),
    Progress(share=0.5, label="naïve"),
    Result(value={"a": [1, 2.5, None, "b\n"]}),
    File(name="model.py", check="run", seconds=0.5),
    Ended(state="failed", message="line\nline", advice="Again."),
]
CONTENT = bytes(range(256)) + b"\n{}\n"


def written(*messages, **attached):
    stream = BytesIO()
    for message in messages:
        write_message(stream, message, attached)
    stream.seek(0)
    return stream


@pytest.mark.parametrize("message", TO_WORKER, ids=lambda message: message.kind)
def test_a_request_arrives_as_it_was_sent(message):
    stream = written(message, message, csv=CONTENT, weights=b"")
    for _ in range(2):
        read = read_message(stream, REQUESTS)
        assert read == (message, {"csv": CONTENT, "weights": b""})
        assert type(read.message) is type(message)
    assert read_message(stream, REQUESTS) is None


@pytest.mark.parametrize("message", TO_SERVER, ids=lambda message: message.kind)
def test_an_event_arrives_as_it_was_sent(message):
    read = read_message(written(message, file=CONTENT), EVENTS)
    assert read == (message, {"file": CONTENT})
    assert read.content("file") == CONTENT
    with pytest.raises(MessageError) as caught:
        read.content("weights")
    assert str(caught.value) == 'message: expects "weights" attached, got file.'


def test_what_is_large_follows_one_line_as_it_is():
    line, rest = written(Stop(), csv=b"a,b\n", file=b"\0").getvalue().split(b"\n", 1)
    assert json.loads(line) == {
        "message": {"kind": "stop"},
        "attached": {"csv": 4, "file": 1},
    }
    assert rest == b"a,b\n\0"


def bits(values):
    return [struct.pack("d", value) for value in values]


@given(st.lists(st.floats(), min_size=3, max_size=3))
def test_floats_arrive_to_the_last_bit(values):
    values = [math.nan if math.isnan(value) else value for value in values]
    sent = Epochs(epochs=[(1, *values)], elapsed_seconds=values[0])
    read = read_message(written(sent), EVENTS).message
    (epoch,) = read.epochs
    assert bits(epoch[1:]) == bits(values)
    assert bits([read.elapsed_seconds]) == bits(values[:1])
    assert type(epoch) is Epoch
    found = read_message(written(Result(value={"a": values})), EVENTS).message.value
    assert bits(found["a"]) == bits(values)


KINDS = (
    "train, certify, find_mistake, run_pair, time_steps, export, pause, play, step, "
    "change, stop, watch, give_way"
)
NO_KIND = f"message: expects one of the kinds {KINDS}, got"
NO_LINE = (
    "message: expects a line of JSON with a message and the sizes of what is attached"
)
BROKEN = {
    b'{"stop": true}\n': f"{NO_KIND} none.",
    b'{"message": {"experiment": {}}}\n': f"{NO_KIND} none.",
    b'{"message": {"kind": "bake"}, "attached": {"csv": 2}}\n\n\n': f"{NO_KIND} bake.",
    b'{"message": {"kind": "ready"}}\n': f"{NO_KIND} ready.",
    b'{"message": {"kind": ["stop"]}}\n': f"{NO_KIND} ['stop'].",
    b'{"message": "stop"}\n': f"{NO_KIND} stop.",
    b'{"message": {"kind": "stop", "now": 1}, "attached": {"file": 1}}\n\n': (
        "message, Stop: expects only the fields kind, got now."
    ),
    b'{"message": {"kind": "run_pair", "pair": "softmax"}}\n': (
        "message, RunPair: expects 0 to 2147483647 as seed, got nothing."
    ),
    b'{"message": {"kind": "train", "experiment": {"plan": {"epochs": 0}}}}\n': (
        "message, plan: expects 1 to 100000 epochs, got 0."
    ),
    b"5\n": f"{NO_LINE}, got b'5\\n'.",
    b"\n": f"{NO_LINE}, got b'\\n'.",
    b"\xff\xfe\n": f"{NO_LINE}, got b'\\xff\\xfe\\n'.",
    b'{"attached": {"csv": -1}}\n': f'{NO_LINE}, got b\'{{"attached": {{"csv": -1}}}}\\n\'.',
    b"[" * 100_000 + b"\n": f"{NO_LINE}, got b'{'[' * 75}....",
}


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: repr(line[:60]))
def test_a_broken_message_is_told_and_the_next_one_read(line):
    stream = BytesIO(line + written(TO_WORKER[0], csv=b"abc").getvalue())
    with pytest.raises(MessageError) as caught:
        read_message(stream, REQUESTS)
    assert str(caught.value) == BROKEN[line]
    assert read_message(stream, REQUESTS) == (TO_WORKER[0], {"csv": b"abc"})


def test_a_message_that_is_cut_off_is_the_end():
    whole = written(TO_WORKER[0], csv=b"abc", weights=b"de").getvalue()
    for length in [*range(3), len(whole) // 2, *range(len(whole) - 7, len(whole))]:
        assert read_message(BytesIO(whole[:length]), REQUESTS) is None


def test_a_message_is_checked_where_it_is_made():
    with pytest.raises(SpecError, match="style: expects one of .*, got modern"):
        TimeSteps(spec=SPEC, styles=["modern"], seed=0, rounds=2, steps=1)
    with pytest.raises(SpecError, match="TimeSteps: expects 2 to 10000000 rounds"):
        TimeSteps(spec=SPEC, styles=["mixed"], seed=0, rounds=1, steps=1)


def test_the_protocol_needs_no_torch():
    program = f"import sys, {protocol.__name__}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
