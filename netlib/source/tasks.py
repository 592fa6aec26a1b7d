"""What is asked of a network: tasks, the losses that answer them, their scores."""

from collections.abc import Callable
from dataclasses import dataclass

from netlib.errors import TrainingError


@dataclass(frozen=True)
class Loss:
    """A loss of `torch.nn.functional`, by its name there.

    `meaning` says what it punishes and to which output it fits. `decision` is the
    expression for the class of each row of `output`, and `shares` that for the
    probability of each class; a loss over classes takes their numbers (n,), any other
    takes targets like the output (n, 1).
    """

    title: str
    meaning: str
    decision: str = ""
    shares: str = ""
    over_classes: bool = False


@dataclass(frozen=True)
class Task:
    """A kind of question; `choose` finds the loss that fits a network.

    `choose(width, n_classes, output, wish)` takes the width of the output, the number of
    classes, what the outputs are (see `Layer.output`) and a loss that a person wishes;
    it raises TrainingError where none fits. `score` is the expression that rates
    `output` against `y_val`, with `{decision}`; `guess` names the best constant answer,
    and `constant` says it in a sentence.
    """

    choose: Callable[[int, int, str, str], str]
    score_name: str
    score: str
    guess: str
    constant: str
    has_classes: bool = True


LOSSES = {
    "binary_cross_entropy": Loss(
        "binary cross-entropy of a sigmoid",
        "How surprising the true class is, given the probability: to be sure and wrong "
        "costs most. It fits two classes and an output that a sigmoid makes one.",
        "(output > 0.5)",
        "torch.cat([1 - output, output], dim=1)",
    ),
    "binary_cross_entropy_with_logits": Loss(
        "binary cross-entropy of a raw output (with logits)",
        "How surprising the true class is, given the probability: to be sure and wrong "
        "costs most. It fits two classes and a raw output: the sigmoid is within the loss.",
        "(output > 0)",
        "torch.cat([torch.sigmoid(-output), torch.sigmoid(output)], dim=1)",
    ),
    "cross_entropy": Loss(
        "cross-entropy of raw outputs",
        "How surprising the true class is, given the probabilities: to be sure and wrong "
        "costs most. It fits a raw output for each class: the softmax is within the loss.",
        "output.argmax(dim=1)",
        "torch.softmax(output, dim=1)",
        over_classes=True,
    ),
    "nll_loss": Loss(
        "negative log-likelihood of a log-softmax",
        "Cross-entropy whose softmax is the network's last layer: it fits a logarithm of "
        "a probability for each class.",
        "output.argmax(dim=1)",
        "output.exp()",
        over_classes=True,
    ),
    "mse_loss": Loss(
        "mean squared error",
        "The mean of the squared distances: a miss twice as far costs four times as much.",
    ),
    "l1_loss": Loss(
        "mean absolute error",
        "The mean of the distances: a miss twice as far costs twice as much.",
    ),
    "huber_loss": Loss(
        "Huber: squared where small, absolute where large",
        "Half the squared distance of a miss below 1, beyond it the distance less a half: "
        "an outlier costs about its distance.",
    ),
}
REGRESSION_LOSSES = {
    name: LOSSES[name] for name in ("mse_loss", "l1_loss", "huber_loss")
}
_OUTPUTS = {
    "limited": "an activation that limits its range",
    "probability": "a sigmoid",
    "probabilities": "a softmax",
    "log_probabilities": "a log-softmax",
}


def _regression_loss(width: int, n_classes: int, output: str, wish: str) -> str:
    if output != "values":
        rule = "any real number, as a regression needs"
        advice = "Remove the last activation."
        raise TrainingError("last layer", rule, _OUTPUTS[output], advice)
    if width != 1:
        advice = "Give the last layer 1 unit."
        raise TrainingError("network", "1 output for a regression", width, advice)
    return wish


def _binary_loss(width: int, n_classes: int, output: str, wish: str) -> str:
    if width == 2:
        return _class_loss(width, 2, output, wish)
    if width != 1:
        advice = "Give the last layer 1 unit."
        raise TrainingError("network", "1 output, or 2 of one softmax", width, advice)
    rule = "a sigmoid or no activation over 1 output"
    advice = "Replace the last activation by a sigmoid, or remove it."
    if output == "limited":
        raise TrainingError("last layer", rule, _OUTPUTS[output], advice)
    if output in ("probabilities", "log_probabilities"):
        found = f"{_OUTPUTS[output]}, which is the same for every row"
        raise TrainingError("last layer", rule, found, advice)
    with_sigmoid = output == "probability"
    return f"binary_cross_entropy{'' if with_sigmoid else '_with_logits'}"


def _class_loss(width: int, n_classes: int, output: str, wish: str) -> str:
    if output == "probability":
        raise TrainingError(
            "last layer",
            f"{n_classes} outputs that share one softmax, one a class",
            f"{width} with {_OUTPUTS[output]} each",
            f"Give the last layer {n_classes} units and remove the sigmoid: "
            "cross-entropy applies the softmax itself.",
        )
    if width != n_classes:
        rule = f"{n_classes} outputs, one a class"
        advice = f"Give the last layer {n_classes} units."
        raise TrainingError("network", rule, width, advice)
    if output == "probabilities":
        rule = "no softmax before cross-entropy, which applies it itself"
        advice = "Remove the softmax, or replace it by a log-softmax."
        raise TrainingError("last layer", rule, _OUTPUTS[output], advice)
    return "nll_loss" if output == "log_probabilities" else "cross_entropy"


_BY_CLASS = (
    "accuracy",
    "({decision} == y_val).float().mean()",
    "majority class",
    "the most frequent class",
)
TASKS = {
    "binary": Task(_binary_loss, *_BY_CLASS),
    "multiclass": Task(_class_loss, *_BY_CLASS),
    "regression": Task(
        _regression_loss,
        "r2",
        "1 - F.mse_loss(output, y_val) / y_val.var(correction=0)",
        "always the mean",
        "the mean",
        has_classes=False,
    ),
}
