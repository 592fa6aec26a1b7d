"""The other runs of a session, to be drawn beside the one on show."""

from typing import Any

from netlib.experiment import Experiment
from netlib.jobs.run import Run
from pages.frame.session import session
from pages.shared.job import registry

MOST_RUNS, MOST_POINTS = 5, 300


def other_runs(run: Run) -> list[dict[str, Any]]:
    """Returns the latest other runs: in what each differs, and its losses and scores.

    Those that are alike in all of it are returned once.
    """
    ids = [run_id for run_id in session().runs if run_id != run.id]
    found = [registry().get(run_id) for run_id in ids]
    drawn = [_drawn(run, other) for other in found if other]
    last = [each for place, each in enumerate(drawn) if each not in drawn[place + 1 :]]
    return last[-MOST_RUNS:]


def _drawn(run: Run, other: Run) -> dict[str, Any]:
    told = other.snapshot()
    history, started = told.history, told.started
    epochs = history[:: -(-len(history) // MOST_POINTS) or 1]
    return {
        "name": _name(other, run),
        "x": [epoch.number for epoch in epochs],
        "loss": [epoch.validation_loss for epoch in epochs],
        "score": [epoch.score for epoch in epochs],
        "score_name": started.score if started else None,
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
    return ", ".join(said) or "another design"


def _choices(experiment: Experiment) -> dict[str, str]:
    """Returns what was chosen in words, by the name of each choice."""
    fields = type(experiment.plan).model_fields.items()
    kinds = dict.fromkeys(layer.kind for layer in experiment.spec.layers)
    return {
        "spec": f"{experiment.spec.title} {' '.join(kinds)}",
        "data": experiment.data.name,
        "inputs": f"inputs {', '.join(experiment.data.inputs) or 'as given'}",
        "style": experiment.style,
        "weights": f"seed {experiment.seed}",
        **{
            name: f"{field.title or name} {getattr(experiment.plan, name)}"
            for name, field in fields
        },
    }
