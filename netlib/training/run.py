"""The one training loop, and the loss that follows from data and network."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
import torch.nn.functional as F

from netlib.data.table import load, prepare
from netlib.errors import DataError, TrainingError
from netlib.experiment import Experiment, TrainingPlan
from netlib.model.builder import Network
from netlib.spec.network import NetworkSpec


def fit(
    experiment: Experiment, content: bytes | None = None
) -> tuple[dict[str, Any], str]:
    """Returns the prepared data, shaped as the network takes them, and the loss.

    `content` is the CSV file's bytes. Raises NetlibError where they do not fit.

    >>> data, loss = fit(Experiment())
    >>> data["train_features"].shape, data["validation_features"].shape, loss
    ((1438, 16), (359, 16), 'bce')
    """
    spec, plan = experiment.spec, experiment.plan
    table = load(experiment.data, content)
    data = prepare(
        table.features, table.target, table.task, plan.validation_share, plan.seed
    )
    n_features = len(data["feature_names"])
    n_outputs = len(data["class_names"]) if table.task == "multiclass" else 1
    loss = loss_for(spec, plan.batch_size, table.task, n_features, n_outputs)
    for part in ("train_features", "validation_features"):
        data[part] = data[part].reshape(-1, *spec.input_shape)
    return data, loss


def train_by(
    plan: TrainingPlan, network: Network, data: dict[str, Any], loss: str
) -> Iterator[dict[str, Any]]:
    """Trains the network by the plan on what `fit` returns; see `train`.

    >>> from netlib.model.builder import build
    >>> from netlib.source.styles import generate
    >>> experiment = Experiment(plan=TrainingPlan(epochs=1))
    >>> data, loss = fit(experiment)
    >>> network = build(generate(experiment.spec, "manual"))
    >>> events = train_by(experiment.plan, network, data, loss)
    >>> [event["epoch"] for event in events if event["event"] == "epoch"]
    [0, 1]
    """
    return train(
        network.model,
        network.parameters.values(),
        network.set_training,
        data,
        loss=loss,
        optimizer=plan.optimizer,
        learning_rate=plan.learning_rate,
        momentum=plan.momentum,
        batch_size=plan.batch_size,
        epochs=plan.epochs,
        seed=plan.seed,
    )


def loss_for(
    spec: NetworkSpec, batch_size: int, task: str, n_features: int, n_outputs: int
) -> str:
    """Returns the loss that fits network and data, see `choose_loss`.

    Raises NetlibError with the reason and an advice where they do not fit.
    """
    check_weights(spec)
    check_input(n_features, spec.input_shape)
    if batch_size < spec.smallest_batch:
        raise TrainingError(
            "plan",
            f"at least {spec.smallest_batch} rows a batch, as batch statistics need",
            batch_size,
            "Raise the rows a batch in the training plan.",
        )
    return choose_loss(task, n_outputs, spec.output_shape, spec.output)


def check_weights(spec: NetworkSpec) -> None:
    """Raises TrainingError for a network without parameters."""
    if spec.n_parameters == 0:
        raise TrainingError(
            "network", "weights to train", "none", "Add a linear layer."
        )


def check_input(n_features: int, input_shape: tuple[int, ...]) -> None:
    """Raises DataError unless the network takes `n_features` values a row."""
    n_inputs = math.prod(input_shape)
    if n_inputs != n_features:
        raise DataError(
            "data",
            f"{n_inputs} features, as the network takes",
            n_features,
            f"Give the network {n_features} inputs.",
        )


def choose_loss(
    task: str, n_outputs: int, output_shape: tuple[int, ...], output: str
) -> str:
    """Returns "bce", "bce_logits", "cross_entropy", "nll" or "mse".

    `n_outputs` is the number of classes of a multiclass task, else 1; `output` is what
    the last layer gives: "values", "limited" (in range), "probability" (a sigmoid
    each), "probabilities" (softmax) or "log_probabilities". Raises TrainingError where
    no loss fits.
    """
    if len(output_shape) != 1:
        raise TrainingError(
            "network",
            "a row of outputs for every row of data",
            f"shape {output_shape}",
            "End with a flatten layer and a linear layer.",
        )
    width = output_shape[0]
    if task == "regression":
        return _regression_loss(width, output)
    if task == "binary" and width != 2:
        return _binary_loss(width, output)
    return _class_loss(width, 2 if task == "binary" else n_outputs, output)


def _regression_loss(width: int, output: str) -> str:
    if output != "values":
        raise TrainingError(
            "last layer",
            "any real number, as a regression needs",
            _OUTPUTS[output],
            "Remove the last activation.",
        )
    if width != 1:
        raise TrainingError(
            "network",
            "1 output for a regression",
            width,
            "Give the last layer 1 unit.",
        )
    return "mse"


def _binary_loss(width: int, output: str) -> str:
    if width != 1:
        raise TrainingError(
            "network",
            "1 output, or 2 of one softmax",
            width,
            "Give the last layer 1 unit.",
        )
    if output == "limited":
        raise TrainingError(
            "last layer",
            "a sigmoid or no activation over 1 output",
            _OUTPUTS[output],
            "Replace the last activation by a sigmoid, or remove it.",
        )
    if output in ("probabilities", "log_probabilities"):
        raise TrainingError(
            "last layer",
            "a sigmoid or no activation over 1 output",
            f"{_OUTPUTS[output]}, which is the same for every row",
            "Replace the last activation by a sigmoid, or remove it.",
        )
    return "bce" if output == "probability" else "bce_logits"


def _class_loss(width: int, n_classes: int, output: str) -> str:
    if output == "probability":
        raise TrainingError(
            "last layer",
            f"{n_classes} outputs that share one softmax, one a class",
            f"{width} with {_OUTPUTS[output]} each",
            f"Give the last layer {n_classes} units and remove the sigmoid: "
            "cross-entropy applies the softmax itself.",
        )
    if width != n_classes:
        raise TrainingError(
            "network",
            f"{n_classes} outputs, one a class",
            width,
            f"Give the last layer {n_classes} units.",
        )
    if output == "probabilities":
        raise TrainingError(
            "last layer",
            "no softmax before cross-entropy, which applies it itself",
            _OUTPUTS[output],
            "Remove the softmax, or replace it by a log-softmax.",
        )
    return "nll" if output == "log_probabilities" else "cross_entropy"


_OUTPUTS = {
    "limited": "an activation that limits its range",
    "probability": "a sigmoid",
    "probabilities": "a softmax",
    "log_probabilities": "a log-softmax",
}


def train(
    model: Callable[[torch.Tensor], torch.Tensor],
    parameters: Iterable[torch.Tensor],
    set_training: Callable[[bool], object],
    data: dict[str, Any],
    *,
    loss: str,
    optimizer: str,
    learning_rate: float,
    momentum: float,
    batch_size: int,
    epochs: int,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Yields a step event a batch and an epoch event an epoch, epoch 0 untrained.

    `data` is what `prepare` returns. An epoch's loss is the mean over its rows, its
    score accuracy or R2 = 1 - MSE / variance on the validation part. A loss that is
    not finite yields a diverged event and ends. Seeds torch's random generator.
    """
    start = time.perf_counter()
    torch.manual_seed(seed)  # dropout draws from torch's own generator
    shuffler = torch.Generator().manual_seed(seed)

    def bce(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        try:
            return F.binary_cross_entropy(p, y)
        except RuntimeError:  # at NaN, which is to end the run as any other loss does
            if p.isnan().any():
                return p.sum()
            raise

    formulas: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "bce": (bce, lambda p, y: p.round() == y),
        "bce_logits": (F.binary_cross_entropy_with_logits, lambda z, y: (z > 0) == y),
        "cross_entropy": (F.cross_entropy, lambda z, y: z.argmax(1) == y),
        "nll": (F.nll_loss, lambda z, y: z.argmax(1) == y),
        "mse": (F.mse_loss, lambda z, y: 1 - F.mse_loss(z, y) / y.var(correction=0)),
    }
    measure, score = formulas[loss]
    kind, options = {
        "adam": (torch.optim.Adam, {}),
        "sgd": (torch.optim.SGD, {"momentum": momentum}),
    }[optimizer]
    updater = kind(parameters, lr=learning_rate, foreach=False, **options)
    x, y, held_x, held_y = (
        torch.as_tensor(data[f"{part}_{side}"])
        for part in ("train", "validation")
        for side in ("features", "targets")
    )
    if loss in ("cross_entropy", "nll"):
        y, held_y = y.flatten().long(), held_y.flatten().long()
    cuts = list(range(batch_size, len(x) - 1, batch_size))  # no single last row
    for epoch in range(epochs + 1):
        set_training(epoch > 0)
        total = 0.0
        for rows in torch.randperm(len(x), generator=shuffler).tensor_split(cuts):
            error = measure(model(x[rows]), y[rows])
            total += error.item() * len(rows)
            if not math.isfinite(total):
                break
            if epoch > 0:
                updater.zero_grad()
                error.backward()
                updater.step()
            yield {"event": "step", "epoch": epoch}
        set_training(False)
        outputs = []
        for block in held_x.split(256):
            with torch.no_grad():
                outputs.append(model(block))
            yield {"event": "step", "epoch": epoch}
        held_output = torch.cat(outputs)
        held_error = measure(held_output, held_y).item()
        held_score = score(held_output, held_y).float().mean()
        if not math.isfinite(total + held_error):
            yield {"event": "diverged", "epoch": epoch}
            return
        yield {
            "event": "epoch",
            "epoch": epoch,
            "loss": total / len(x),
            "validation_loss": held_error,
            "score": held_score.nan_to_num(neginf=0).item(),  # 0 where all y are equal
            "elapsed_seconds": time.perf_counter() - start,
        }
