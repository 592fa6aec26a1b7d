"""The certificate of the network on the page: made beside it, and told in a badge."""

import math
import time
from functools import partial
from typing import Any

import streamlit as st

from netlib.experiment import Experiment
from netlib.jobs.protocol import Certify
from netlib.jobs.results import Errand
from netlib.source.styles import STYLES
from netlib.spec.network import NetworkSpec
from pages.frame.address import address
from pages.frame.looks import plain
from pages.frame.menu import PAGES
from pages.frame.session import choose, chosen, seen, session
from pages.shared.job import registry

CERTIFICATE = "certificate"  # the place of the errand
OPTIMIZER = "optimizer"  # the choice with which it is made
COMPARISON, PROOF = "comparison", "Proof"  # the choice of a tab of Compare, and the tab
STEPS = 100
MOST_NUMBERS = 250_000  # a second's work; with more, it is made once a person asks
MILLISECONDS = 300  # after the last edit, and between two looks at how far it is

# A timer in the browser. It waits for a page that is done and not clicked on: the server
# takes the later of two messages, and a link to another page would be forgotten.
_LATER = st.components.v2.component(
    "layerwright_later",
    html="<i></i>",
    js="""
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.end?.()
  const app = document.querySelector('[data-testid="stApp"]')
  let timer = 0
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(ask, data.milliseconds)
  }
  const ask = () => {
    if (app.dataset.testScriptState === "notRunning") setTriggerValue("due", true)
    else wait()
  }
  parentElement.end = () => {
    clearTimeout(timer)
    document.removeEventListener("click", wait, true)
  }
  document.addEventListener("click", wait, true)
  wait()
  return parentElement.end
}
""",
)


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


def certificate_badge(experiment: Experiment) -> None:
    """Draws what is known of the sameness of this very network; leads to the proof."""
    _badge(experiment, seen())


@st.fragment
def _badge(experiment: Experiment, drawn: Any) -> None:
    # The browser sends a click that comes within the same moment as the timer's message
    # with it, as one of this fragment alone: then the page is behind.
    if drawn != seen():
        st.rerun()
    request = certificate_request(experiment)
    errand = _errand(request)
    icon, text = _told(request, errand)
    with st.container(key="badge", horizontal=True, gap=None):
        st.button(
            text,
            key="to_proof",
            icon=f":material/{icon}:",
            type="tertiary",
            on_click=_to_the_proof,
        )
        if errand.is_active if errand else is_quick(request.spec):
            with st.container(key="later", width="content"):
                _LATER(
                    key="certificate_later",
                    data={"milliseconds": MILLISECONDS, "since": time.monotonic()},
                    on_due_change=partial(_ask, request),
                )


def _errand(request: Certify) -> Errand | None:
    """Returns the session's errand if it is of this request and was not given up."""
    errand = registry().get_errand(session().errands.get(CERTIFICATE, ""))
    is_it = errand and errand.state != "stopped" and errand.answers(request)
    return errand if is_it else None


def _ask(request: Certify) -> None:
    if is_quick(request.spec) and not _errand(request):
        _replace(registry().ask_in_background(request))


def _replace(errand: Errand) -> None:
    registry().stop(session().errands.get(CERTIFICATE, ""))
    session().errands[CERTIFICATE] = errand.id


def _told(request: Certify, errand: Errand | None) -> tuple[str, str]:
    n_styles = len(request.styles)
    if not errand and not is_quick(request.spec):
        return "help", f"{n_styles} styles, not compared yet: a large network"
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
