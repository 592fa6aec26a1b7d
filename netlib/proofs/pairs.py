"""Two runs that differ in one habit: mistakes that are not differences of style."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from netlib.data.table import load, prepare
from netlib.errors import TrainingError
from netlib.experiment import DataChoice
from netlib.model.builder import build
from netlib.source.styles import generate
from netlib.spec.network import NetworkSpec
from netlib.training.run import train

EPOCHS = 20
DATA = "digits"
PLAIN = NetworkSpec.mlp([64, 32, 10], "relu")
SOFTMAX = NetworkSpec.mlp([64, 32, 10], "relu", "softmax")
DROPOUT = NetworkSpec(
    input_shape=(64,),
    layers=[
        {"kind": "Linear", "out_features": 32},
        {"kind": "ReLU"},
        {"kind": "Dropout", "p": 0.5},
        {"kind": "Linear", "out_features": 10},
    ],
)


@dataclass(frozen=True)
class Habit:
    """One of the two runs: its network, and whether evaluation switches dropout off."""

    label: str
    spec: NetworkSpec
    evaluates: bool = True


@dataclass(frozen=True)
class Pair:
    """Two runs side by side, the sound one first, and what they teach."""

    title: str
    lesson: str
    habits: tuple[Habit, Habit]


def run_pair(
    name: str, seed: int = 0, progress: Callable[[float, str], None] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Trains both networks of a pair on the digits, cross-entropy, Adam, 20 epochs.

    Returns the epoch events of `train` by label; draws from torch's random generator.
    """
    if name not in PAIRS:
        raise TrainingError("pair", f"one of {', '.join(PAIRS)}", name)
    table = load(DataChoice(name=DATA))
    data = prepare(table.features, table.target, table.task, 0.2, seed)
    histories: dict[str, list[dict[str, Any]]] = {}
    for number, habit in enumerate(PAIRS[name].habits):
        history = histories[habit.label] = []
        for event in _events(habit, data, seed):
            if event["event"] == "epoch":
                history.append(event)
                if progress:
                    progress((number + event["epoch"] / EPOCHS) / 2, habit.label)
    return histories


def _events(habit: Habit, data: dict[str, Any], seed: int) -> Any:
    network = build(generate(habit.spec, "sequential"), seed)
    return train(
        network.model,
        network.parameters.values(),
        lambda training: network.set_training(training or not habit.evaluates),
        data,
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
        momentum=0.0,
        batch_size=32,
        epochs=EPOCHS,
        seed=seed,
    )


PAIRS = {
    "softmax": Pair(
        "Softmax before cross-entropy",
        "`F.cross_entropy` applies log-softmax itself. With a softmax before it, the "
        "loss of 10 classes cannot fall below 1.46, however good the network is, and "
        "says little of it.",
        (
            Habit("raw outputs into cross-entropy", PLAIN),
            Habit("softmax, then cross-entropy", SOFTMAX),
        ),
    ),
    "evaluation": Pair(
        "Evaluation mode forgotten with dropout",
        "Without `model.eval()` dropout goes on zeroing values at validation: the same "
        "network looks worse than it is, and another number comes each time.",
        (
            Habit("model.eval() before validation", DROPOUT),
            Habit("evaluation mode forgotten", DROPOUT, evaluates=False),
        ),
    ),
}
