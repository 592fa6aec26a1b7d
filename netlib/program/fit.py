"""Does a network fit its data and its plan, and by which loss?"""

import math

from netlib.data.examples import EXAMPLES, Example
from netlib.data.loader import Dataset
from netlib.errors import DataError, TrainingError
from netlib.experiment import Experiment, TrainingPlan
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.tasks import TASKS
from netlib.spec.network import NetworkSpec


def check_fit(experiment: Experiment, dataset: Dataset) -> str:
    """Returns the loss that fits network, data and plan, by its name in LOSSES.

    Raises NetlibError with the reason and an advice where they do not fit.
    """
    spec, plan = experiment.spec, experiment.plan
    check_weights(spec)
    n_features = dataset.count_features(plan.validation_share, plan.seed)
    _check_input(n_features, dataset.n_outputs, spec.input_shape)
    _check_plan(plan, spec.smallest_batch)
    if len(spec.output_shape) != 1:
        raise TrainingError(
            "network",
            "a row of outputs for every row of data",
            f"shape {spec.output_shape}",
            "End with a flatten layer and a linear layer.",
        )
    choose, wish = TASKS[dataset.task].choose, plan.regression_loss
    return choose(spec.output_shape[0], dataset.n_classes, spec.output, wish)


def fitted(experiment: Experiment, dataset: Dataset) -> Experiment:
    """Returns the experiment with a network of the data's inputs and outputs.

    Its last activation is left out where no loss fits. Raises NetlibError for data that
    no network can learn from.
    """
    plan = experiment.plan
    n_features = dataset.count_features(plan.validation_share, plan.seed)
    spec = experiment.spec.fitted(n_features, dataset.n_outputs)
    try:
        check_fit(experiment.replace(spec=spec), dataset)
    except TrainingError:
        spec = spec.without_output_activation()
    return experiment.replace(spec=spec)


def examples_for(experiment: Experiment) -> list[str]:
    """Returns the names of the EXAMPLES that the network takes as it is."""
    return [name for name, each in EXAMPLES.items() if _takes(experiment, each)]


def _takes(experiment: Experiment, example: Example) -> bool:
    spec, wish = experiment.spec, experiment.plan.regression_loss
    if math.prod(spec.input_shape) != example.n_features or len(spec.output_shape) != 1:
        return False
    choose, width = TASKS[example.task].choose, spec.output_shape[0]
    try:
        choose(width, example.n_classes, spec.output, wish)
    except TrainingError:
        return False
    return True


def check_weights(spec: NetworkSpec) -> None:
    """Raises TrainingError for a network without parameters."""
    if spec.n_parameters == 0:
        advice = "Add a linear layer."
        raise TrainingError("network", "weights to train", "none", advice)


def _check_input(n_features: int, n_outputs: int, input_shape: tuple[int, ...]) -> None:
    n_inputs = math.prod(input_shape)
    if n_inputs != n_features:
        rule = f"{n_inputs} features, one for each input of the network"
        sizes = f"{_counted(n_features, 'input')} and {_counted(n_outputs, 'output')}"
        raise DataError("data", rule, n_features, f"Give the network {sizes}.")


def _counted(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _check_plan(plan: TrainingPlan, smallest_batch: int) -> None:
    if plan.batch_size < smallest_batch:
        rule = f"at least {smallest_batch} rows a batch, as batch statistics need"
        advice = "Raise the rows a batch in the training plan."
        raise TrainingError("plan", rule, plan.batch_size, advice)
    takes_nesterov = "nesterov" in OPTIMIZERS[plan.optimizer].options
    if takes_nesterov and plan.nesterov and not plan.momentum:
        rule, advice = "momentum above 0 with Nesterov", "Raise the momentum."
        raise TrainingError("plan", rule, plan.momentum, advice)
