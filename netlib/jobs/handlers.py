"""What a worker can be asked beside training: one function a request, imports when asked.

A handler tells the share done, 0 to 1, with a label; telling raises once a stop was asked.
It returns what is sent back, and raises NetlibError for what cannot be done.
"""

import time
from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python

from netlib.jobs.events import File, Result
from netlib.jobs.protocol import Certify, Export, FindMistake, RunPair, TimeSteps
from netlib.jobs.wire import Attached, Parcel
from netlib.source.mistakes import MISTAKES, planted

Tell = Callable[[float, str], None]


def certify(request: Certify, attached: Attached, tell: Tell) -> Parcel:
    """Returns the certificate of the styles."""
    from netlib.proofs import certificate

    found = certificate.certify(
        request.spec,
        request.styles,
        seed=request.seed,
        steps=request.steps,
        optimizer=request.optimizer,
        progress=tell,
    )
    return _result(found)


def find_mistake(request: FindMistake, attached: Attached, tell: Tell) -> Parcel:
    """Returns the certificate of a definition without and with a planted mistake."""
    from netlib.proofs import certificate

    meant, mistaken = planted(request.spec, request.mistake)
    found = certificate.certify(
        request.spec,
        {"as meant": meant, "mistaken": mistaken},
        seed=request.seed,
        optimizer=MISTAKES[request.mistake].optimizer,
        progress=tell,
    )
    return _result(found)


def run_pair(request: RunPair, attached: Attached, tell: Tell) -> Parcel:
    """Returns the epochs of two programs by label, each as [number, loss, ...]."""
    from netlib.proofs import pairs

    return _result(pairs.run_pair(request.pair, request.seed, tell))


def time_steps(request: TimeSteps, attached: Attached, tell: Tell) -> Parcel:
    """Returns by style how long a training step took, and what that shows."""
    from netlib.proofs import timing

    seconds = timing.step_times(
        request.spec,
        request.styles,
        seed=request.seed,
        rounds=request.rounds,
        steps=request.steps,
        progress=tell,
    )
    return _result(timing.compare_times(seconds))


def export(request: Export, attached: Attached, tell: Tell) -> Parcel:
    """Returns an exported file; without weights the network is as the seed draws it."""
    from safetensors.numpy import load

    from netlib.exports import export as make_file
    from netlib.training.record import RunRecord

    experiment, csv = request.experiment, attached.get("csv")
    weights = load(attached["weights"]) if "weights" in attached else {}
    named = experiment.replace(style=request.weights_style or experiment.style)
    record = RunRecord(named, csv, request.history, weights)
    start = time.monotonic()
    file = make_file(request.format, record.in_style(experiment.style), tell)
    seconds = time.monotonic() - start
    message = File(name=file.name, check=file.check, seconds=seconds)
    return Parcel(message, {"file": file.content})


def _result(found: object) -> Parcel:
    return Parcel(Result(value=to_jsonable_python(found, inf_nan_mode="constants")))


HANDLERS: dict[type, Callable[[Any, Attached, Tell], Parcel]] = {
    Certify: certify,
    Export: export,
    FindMistake: find_mistake,
    RunPair: run_pair,
    TimeSteps: time_steps,
}
