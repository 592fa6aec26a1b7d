"""The certificate of the network on the page: made beside it, and told in a badge."""

import math
import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from netlib.experiment import Experiment
from netlib.jobs.errand import Errand
from netlib.jobs.protocol import Certify
from netlib.source.styles import STYLES
from netlib.spec.network import NetworkSpec
from pages.frame.address import address
from pages.frame.looks import plain
from pages.frame.menu import PAGES
from pages.frame.session import choose, chosen, session
from pages.shared.job import registry

CERTIFICATE = "certificate"  # the place of the errand
OPTIMIZER = "optimizer"  # the choice with which it is made
COMPARISON, PROOF = "comparison", "Proof"  # the choice of a tab of Compare, and the tab
STEPS = 100
MOST_NUMBERS = 250_000  # a second's work; with more, it is made once a person asks
SOON, LATER = 0.5, 20.0  # seconds that a page waits for a worker, and for its answer


def certificate_request(experiment: Experiment) -> Certify:
    """Returns what is asked of a worker for the certificate of all styles."""
    return Certify(
        spec=experiment.spec,
        styles=tuple(STYLES),
        seed=experiment.seed,
        steps=STEPS,
        optimizer=chosen(OPTIMIZER, "adam"),
    )


def is_quick(spec: NetworkSpec) -> bool:
    """Tells whether a certificate is made unasked: its numbers are few."""
    units = sum(math.prod(stage.output_shape) for stage in spec.stages)
    return spec.n_parameters + units + math.prod(spec.input_shape) <= MOST_NUMBERS


def ask_at_once(request: Certify) -> None:
    """Asks for a certificate that is looked at, unless it is there or on its way."""
    errand = _errand(request)
    waits = errand and errand.state == "queued" and errand.job.in_background
    if waits or not errand:
        _replace(registry().ask(request))


def certificate_badge(experiment: Experiment) -> Callable[[], None]:
    """Draws what is known of the sameness of this very network; leads to the proof.

    What it returns is called at the end of the page: it has the certificate made in the
    background, waits a while, and tells it. A click or an edit ends the wait. No message
    of the browser's own has a part in it: those get in the way of a person's.
    """
    request = certificate_request(experiment)
    with st.container(key="badge"):
        slot = st.empty()
    told = _told(request)
    _draw(slot, told, "to_proof")

    def follow() -> None:
        errand = _errand(request)
        if not errand and is_quick(request.spec) and not _trains():
            errand = _replace(registry().ask_in_background(request))
        if errand and errand.job.in_background:
            _wait(errand)
        if (last := _told(request)) != told:
            _draw(slot, last, "to_proof_at_last")

    return follow


def _wait(errand: Errand) -> None:
    start = time.monotonic()
    while errand.is_active and time.monotonic() - start < (
        SOON if errand.state == "queued" else LATER
    ):
        time.sleep(0.03)
        st.session_state.get("session")  # here a run ends that the next one waits for


def _draw(slot: DeltaGenerator, told: tuple[str, str], key: str) -> None:
    icon, text = told
    icon = f":material/{icon}:"
    slot.button(text, key=key, icon=icon, type="tertiary", on_click=_to_the_proof)


def _trains() -> bool:
    run = registry().get(session().run)
    return bool(run and run.is_active)


def _errand(request: Certify) -> Errand | None:
    """Returns the session's errand if it is of this request and was not given up."""
    errand = registry().get_errand(session().errands.get(CERTIFICATE, ""))
    is_it = errand and errand.state != "stopped" and errand.answers(request)
    return errand if is_it else None


def _replace(errand: Errand) -> Errand:
    registry().stop(session().errands.get(CERTIFICATE, ""))
    session().errands[CERTIFICATE] = errand.id
    return errand


def _told(request: Certify) -> tuple[str, str]:
    """Returns an icon and what is known of a request."""
    errand = _errand(request)
    n_styles = len(request.styles)
    if not errand and not is_quick(request.spec):
        return "help", f"{n_styles} styles, not compared yet: a large network"
    if not errand and _trains():
        return "hourglass_empty", f"{n_styles} styles, compared after the training"
    if not errand or errand.is_active:
        return "hourglass_empty", f"{n_styles} styles, being compared"
    told = errand.snapshot()
    if told.state != "finished":
        return "error", f"{n_styles} styles, not compared: {plain(told.message)}"
    # With torch, which is there by now.
    from netlib.proofs.certificate import Certificate

    certificate = Certificate.model_validate(told.result)
    if certificate.identical:
        return "verified", f"{n_styles} styles, identical to the last bit"
    n_other = sum(not row.identical for row in certificate.rows)
    return "difference", f"{n_other} of {n_styles} styles differ from the first"


def _to_the_proof() -> None:
    choose(COMPARISON, PROOF)
    st.switch_page(PAGES["Compare"][0], query_params=address())
