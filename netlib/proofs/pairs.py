"""Two programs that differ in one habit: mistakes that are not differences of style."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from netlib.data.choice import DataChoice
from netlib.errors import TrainingError
from netlib.experiment import Experiment, TrainingPlan
from netlib.model.builder import execute
from netlib.program.writer import Program, write
from netlib.spec.network import NetworkSpec
from netlib.training.epoch import Epoch
from netlib.training.run import epochs

EPOCHS = 20
PLAIN = NetworkSpec.mlp([64, 32, 10], "relu")
DROPOUT = NetworkSpec(
    input_shape=(64,),
    layers=[
        {"kind": "Linear", "out_features": 32},
        {"kind": "ReLU"},
        {"kind": "Dropout", "p": 0.5},
        {"kind": "Linear", "out_features": 10},
    ],
)
LAST_LAYER = "    nn.Linear(32, 10),  # (n, 10)\n"


@dataclass(frozen=True)
class Pair:
    """Two programs, the sound one first, by what they do, and what they teach.

    The second is the text of the first with `old` replaced by `new`.
    """

    title: str
    lesson: str
    spec: NetworkSpec
    labels: tuple[str, str]
    old: str
    new: str

    def programs(self, seed: int) -> dict[str, Program]:
        """Returns both programs by label: the digits, Adam, 20 epochs."""
        experiment = Experiment(
            spec=self.spec,
            seed=seed,
            data=DataChoice(name="digits"),
            plan=TrainingPlan(epochs=EPOCHS, seed=seed),
        )
        sound = write(experiment)
        assert self.old in sound.text
        mistaken = replace(sound, text=sound.text.replace(self.old, self.new))
        return dict(zip(self.labels, (sound, mistaken)))


def run_pair(
    name: str, seed: int = 0, progress: Callable[[float, str], None] | None = None
) -> dict[str, list[Epoch]]:
    """Runs both programs of a pair and returns their epochs by label.

    `progress` hears the share done and the label at work. Seeds torch's random generator.
    """
    if name not in PAIRS:
        raise TrainingError("pair", f"one of {', '.join(PAIRS)}", name)
    histories: dict[str, list[Epoch]] = {}
    for place, (label, program) in enumerate(PAIRS[name].programs(seed).items()):
        history = histories[label] = []
        for epoch in epochs(execute(program), EPOCHS):
            if epoch is not None:
                history.append(epoch)
                if progress:
                    progress((place + epoch.number / EPOCHS) / 2, label)
    return histories


PAIRS = {
    "softmax": Pair(
        "Softmax before cross-entropy",
        "`F.cross_entropy` applies log-softmax itself. With a softmax before it, the "
        "loss of 10 classes cannot fall below 1.46, however good the network is, and "
        "says little of it.",
        PLAIN,
        ("raw outputs into cross-entropy", "softmax, then cross-entropy"),
        LAST_LAYER,
        f"{LAST_LAYER}    nn.Softmax(dim=1),\n",
    ),
    "evaluation": Pair(
        "Evaluation mode forgotten with dropout",
        "Without `model.eval()` dropout goes on zeroing values at validation: the same "
        "network looks worse than it is, and another number comes each time.",
        DROPOUT,
        ("model.eval() before validation", "evaluation mode forgotten"),
        "    model.eval()\n",
        "",
    ),
}
