"""What a worker can be asked beside training: one function a task, JSON in and out.

A task tells the share done, 0 to 1, with a label; telling raises once a stop was asked.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from netlib.mistakes import MISTAKES, planted
from netlib.spec import NetworkSpec

Tell = Callable[[float, str], None]


def certify(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Returns the certificate of the styles as a dict."""
    from netlib.certificate import certify

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
    from netlib.certificate import certify

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
    from netlib.pairs import run_pair

    return run_pair(job["pair"], job["seed"], tell)


def time_steps(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Returns by style how long a training step took, and what that shows."""
    from netlib.timing import compare_times, step_times

    seconds = step_times(
        NetworkSpec.model_validate(job["spec"]),
        job["styles"],
        seed=job["seed"],
        rounds=job["rounds"],
        steps=job["steps"],
        progress=tell,
    )
    return {style: asdict(found) for style, found in compare_times(seconds).items()}


TASKS: dict[str, Callable[[dict[str, Any], Tell], dict[str, Any]]] = {
    "certify": certify,
    "mistake": find_mistake,
    "pair": run_pair,
    "time": time_steps,
}
