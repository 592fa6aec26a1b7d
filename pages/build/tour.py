"""A line at the top of Build: what the tool is, and a tour over the page's parts."""

import json
from dataclasses import dataclass

import streamlit as st

from netlib.data.choice import DataChoice
from netlib.experiment import Experiment, TrainingPlan
from netlib.spec.network import NetworkSpec
from pages.frame.address import address
from pages.frame.looks import css
from pages.frame.menu import PAGES, TOUR
from pages.frame.session import choose, chosen, commit

SPIRALS = Experiment(
    spec=NetworkSpec.mlp([2, 8, 8, 1], "tanh", "sigmoid"),
    data=DataChoice(name="spirals"),
    plan=TrainingPlan(epochs=500, learning_rate=0.02),
)
WELCOME = (
    "Design a PyTorch network, read its code in seven styles, and train it: "
    "the code on screen is the code that runs."
)


@dataclass(frozen=True)
class Stop:
    """A part of the page, found by a CSS selector, and what it is for."""

    name: str
    text: str
    part: str


STOPS = (
    Stop(
        "Design",
        "Type widths such as `16-12-10-1`, or change a layer in its row. All can be "
        "undone, and the address holds it.",
        '.st-key-design, [data-testid="stExpandSidebarButton"]',
    ),
    Stop(
        "Style",
        "One network, written in seven ways: pick one, and its code and tree follow.",
        ".st-key-styles",
    ),
    Stop(
        "Code",
        "The definition, or the whole training program; both are yours to copy.",
        '[data-testid="stTabs"]',
    ),
    Stop(
        "Training",
        "Runs that very program, and draws its curves as it goes.",
        ".st-key-training_slot",
    ),
    Stop(
        "Export",
        "Takes it away as a script, a notebook, weights or a project. New to PyTorch? "
        "Begin with the lesson, beside it.",
        '.st-key-menu a[href*="Export"]',
    ),
)
# Only a tour that is called back from the menu is shown where one was dismissed before.
CSS = """
.layerwright-toured .st-key-tour { display: none }
.st-key-tour p { font-size: .9rem }
"""
ON_TOUR = """
%s {
  outline: 2px solid #2388cc; outline-offset: 3px; border-radius: .3rem;
  scroll-margin-top: 5rem;
}
@media (max-width: 899px) {
  .st-key-tour {
    position: fixed; inset: auto 0 0 0; z-index: 100; padding: .75rem 1rem;
    background: Canvas; border-top: 1px solid GrayText;
  }
}
"""
JS = """<script>
(() => {
  const stop = %s, part = %s, name = "layerwright-tour"
  const hidden = document.documentElement.classList
  if (stop === null) localStorage.setItem(name, "done")
  if (stop > 0) localStorage.removeItem(name)
  hidden.toggle("layerwright-toured", localStorage.getItem(name) === "done")
  if (!part || !matchMedia("(max-width: 899px)").matches) return
  document.querySelector(part)?.scrollIntoView({ block: "start" })
})()
</script>"""


@st.fragment
def tour() -> None:
    """Draws the welcome, or the stop of the tour, unless it was dismissed."""
    number: int | None = chosen(TOUR, 0)
    stop = STOPS[number - 1] if number else None
    css([CSS, ON_TOUR % stop.part if stop else ""])
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="tour"
    ):
        if number is not None:
            _line(number, stop)
        script = JS % (json.dumps(number), json.dumps(stop.part if stop else ""))
        st.html(script, unsafe_allow_javascript=True, width="content")


def _line(number: int, stop: Stop | None) -> None:
    text = (
        f"{number} of {len(STOPS)} · **{stop.name}.** {stop.text}" if stop else WELCOME
    )
    st.markdown(text, width="content")
    if number < len(STOPS):
        label = ":primary[Next stop]" if stop else ":primary[Take the tour]"
        _button(label, "tour_next", number + 1)
    if not stop:
        label = ":primary[Watch one learn spirals]"
        st.button(label, key="tour_spirals", type="tertiary", on_click=_to_the_spirals)
    _button("Skip" if number and number < len(STOPS) else "Close", "tour_end", None)


def _to_the_spirals() -> None:
    from pages.shared.run import start_run  # needs torch, and the welcome does not

    commit(SPIRALS)
    start_run()
    st.switch_page(PAGES["Train"][0], query_params=address())


def _button(label: str, key: str, number: int | None) -> None:
    st.button(label, key=key, type="tertiary", on_click=choose, args=(TOUR, number))
