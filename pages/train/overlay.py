"""The other runs of a session, to be drawn beside the one on show."""

from typing import Any

from netlib.experiment import Experiment
from netlib.jobs.run import Run
from pages.frame.session import session
from pages.shared.job import registry

MOST_RUNS, MOST_POINTS = 5, 300


def other_runs(run: Run) -> list[dict[str, Any]]:
    """Returns the latest other runs that learned the same: in what each differs, and its
    losses and scores. Those that are alike in all of it are returned once.
    """
    ids = [run_id for run_id in session().runs if run_id != run.id]
    found = [registry().get(run_id) for run_id in ids]
    asked = _asked(run.experiment)
    others = [other for other in found if other and _asked(other.experiment) == asked]
    drawn = [_drawn(run, other) for other in others if other.snapshot().history]
    last = [each for place, each in enumerate(drawn) if each not in drawn[place + 1 :]]
    return last[-MOST_RUNS:]


def _asked(experiment: Experiment) -> tuple[str, ...]:
    """Returns what a network is asked, and by which loss: others are not to be compared."""
    data = experiment.data
    of_table = (data.sha256, data.target, data.task)
    return (data.name, *of_table, experiment.plan.regression_loss)


def _drawn(run: Run, other: Run) -> dict[str, Any]:
    told = other.snapshot()
    history = told.history
    epochs = history[:: -(-len(history) // MOST_POINTS)]
    last, score = history[-1], told.started.score if told.started else "score"
    return {
        "name": _name(other, run),
        "x": [epoch.number for epoch in epochs],
        "loss": [epoch.validation_loss for epoch in epochs],
        "score": [epoch.score for epoch in epochs],
        "end": f"validation loss {last.validation_loss:.4g}, {score} {last.score:.3f}",
    }


def _name(other: Run, run: Run) -> str:
    said = difference(other.experiment, run.experiment)
    if other.limits != run.limits:
        limits = [
            f"{name} {value}" for name, value in other.limits if value is not None
        ]
        said = ", ".join(filter(None, [said, *(limits or ["without limits"])]))
    return said or "the same again"


def difference(experiment: Experiment, other: Experiment) -> str:
    """Returns in words in what an experiment differs from another, "" in nothing."""
    if experiment == other:
        return ""
    own, others = _choices(experiment), _choices(other)
    said = [text for name, text in own.items() if text != others[name]]
    kinds, other_kinds = _kinds(experiment), _kinds(other)
    said += [f"with {kind}" for kind in kinds if kind not in other_kinds]
    said += [f"without {kind}" for kind in other_kinds if kind not in kinds]
    return ", ".join(said) or "another design"


def _kinds(experiment: Experiment) -> list[str]:
    return list(dict.fromkeys(layer.kind for layer in experiment.spec.layers))


def _choices(experiment: Experiment) -> dict[str, str]:
    """Returns what was chosen in words, by the name of each choice."""
    fields = type(experiment.plan).model_fields.items()
    return {
        "widths": experiment.spec.title,
        "inputs": f"inputs {', '.join(experiment.data.inputs) or 'as given'}",
        "style": experiment.style,
        "weights": f"seed {experiment.seed}",
        **{
            name: f"{field.title or name} {getattr(experiment.plan, name)}"
            for name, field in fields
        },
    }
