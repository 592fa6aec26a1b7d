"""What a worker can be asked beside training: one function a task, JSON in and out.

A task tells the share done, 0 to 1, with a label; telling raises once a stop was asked.
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from netlib.experiment import Experiment
from netlib.source.mistakes import MISTAKES, planted
from netlib.spec.network import NetworkSpec

Tell = Callable[[float, str], None]


def certify(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Returns the certificate of the styles as a dict."""
    from netlib.proofs.certificate import certify

    certificate = certify(
        NetworkSpec.model_validate(job["spec"]),
        job["styles"],
        seed=job["seed"],
        steps=job["steps"],
        optimizer=job["optimizer"],
        progress=tell,
    )
    return certificate.model_dump(mode="json")


def find_mistake(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Returns the certificate of a program without and with a planted mistake."""
    from netlib.proofs.certificate import certify

    spec = NetworkSpec.model_validate(job["spec"])
    meant, mistaken = planted(spec, job["mistake"])
    certificate = certify(
        spec,
        {"as meant": meant, "mistaken": mistaken},
        seed=job["seed"],
        optimizer=MISTAKES[job["mistake"]].optimizer,
        progress=tell,
    )
    return certificate.model_dump(mode="json")


def run_pair(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Returns the epoch events of two training runs by label."""
    from netlib.proofs.pairs import run_pair

    return run_pair(job["pair"], job["seed"], tell)


def time_steps(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Returns by style how long a training step took, and what that shows."""
    from netlib.proofs.timing import compare_times, step_times

    seconds = step_times(
        NetworkSpec.model_validate(job["spec"]),
        job["styles"],
        seed=job["seed"],
        rounds=job["rounds"],
        steps=job["steps"],
        progress=tell,
    )
    return {style: asdict(found) for style, found in compare_times(seconds).items()}


def export(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Writes an exported file at the job's path; returns its name and what was checked.

    Without a run the network is exported as it is drawn from the seed.
    """
    from netlib.exports import Trained, export

    experiment = Experiment.model_validate(job["experiment"])
    csv = None if job["csv"] is None else b64decode(job["csv"])
    history = [
        (int(epoch), *values)
        for epoch, *values in (job["run"] or {}).get("history", [])
    ]
    trained = Trained(experiment, csv, tuple(history), _arrays(experiment, job["run"]))
    for progress in export(job["format"], trained):
        tell(progress.share, progress.text)
        if progress.file:
            Path(job["path"]).write_bytes(progress.file.content)
            return {"name": progress.file.name, "check": progress.file.check}
    raise AssertionError


def _arrays(experiment: Experiment, run: dict[str, Any] | None) -> dict[str, Any]:
    """Returns the run's weights by their names in the experiment's style."""
    from safetensors.torch import load_file

    from netlib.model.transfer import carry

    if run is None:
        return {}
    weights = load_file(run["weights_path"])
    carried = carry(weights, experiment.spec, run["style"], experiment.style)
    return {name: tensor.numpy() for name, tensor in carried.items()}


TASKS: dict[str, Callable[[dict[str, Any], Tell], dict[str, Any]]] = {
    "certify": certify,
    "export": export,
    "mistake": find_mistake,
    "pair": run_pair,
    "time": time_steps,
}
