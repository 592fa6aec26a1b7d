"""Where a person is in the lesson: the step, the answers, the way on."""

from functools import cache, partial

import streamlit as st

from netlib.experiment import Experiment
from pages.frame.address import address
from pages.frame.looks import css
from pages.frame.session import choose, chosen, commit
from pages.frame.widgets import bound_default
from pages.lesson.questions import Question
from pages.lesson.steps import STEPS, Step

STEP, ANSWERS = "lesson_step", "lesson_answers"
# Words, attempt and answer beside what is live; on a narrow screen one below the other.
CSS = """
.st-key-lesson { display: grid; gap: 1rem 2rem; grid-template-columns: minmax(0, 1fr) }
.st-key-lesson_answer { min-height: 5.5rem }
@media (min-width: 900px) {
  .st-key-lesson {
    grid-template-areas: "words live" "attempt live" "answer live";
    grid-template-columns: minmax(0, 5fr) minmax(0, 8fr);
    grid-template-rows: auto auto 1fr;
  }
  .st-key-lesson > :nth-child(1) { grid-area: words }
  .st-key-lesson > :nth-child(2) { grid-area: attempt }
  .st-key-lesson > :nth-child(3) { grid-area: live }
  .st-key-lesson > :nth-child(4) { grid-area: answer }
}
@media (max-width: 899px) {
  .st-key-lesson_index button p { font-size: 0 }
  .st-key-lesson_index button p > * { font-size: .875rem }
}
"""
TO_THE_TOP = """<script>
document.querySelector('[data-testid="stMain"]').scrollTo(0, 0)  // step {number}
</script>"""


def index() -> Step:
    """Draws the steps, those ticked that are answered, and returns the chosen one."""
    css([CSS])
    number = chosen(STEP, 0)
    with st.container(key="lesson_index", horizontal=True, gap=None):
        st.pills(
            "Steps of the lesson",
            required=True,
            wrap=True,
            label_visibility="collapsed",
            **bound_default(
                STEP, number, partial(choose, STEP), range(len(STEPS)), _label
            ),
        )
        script = TO_THE_TOP.format(number=number)
        st.html(script, unsafe_allow_javascript=True, width="content")
    return STEPS[number]


def _label(number: int) -> str:
    mark = ":material/check:" if _is_done(STEPS[number]) else f"**{number + 1}**"
    return f"{mark} {STEPS[number].short}"


def _is_done(step: Step) -> bool:
    return chosen(ANSWERS, {}).get(step.key) == _asked(step).right


@cache
def _asked(step: Step) -> Question:
    """Returns the question of a step, which is the same for everybody."""
    return step.ask()


def question_view(step: Step) -> None:
    """Draws the question, its choices, and what is right or wrong about the chosen one."""
    question = _asked(step)
    answer = chosen(ANSWERS, {}).get(step.key)
    st.markdown(f"**Answer** {question.text}")
    st.pills(
        question.text,
        required=True,
        wrap=True,
        label_visibility="collapsed",
        **bound_default(
            f"lesson_answer_{step.key}",
            answer,
            partial(_answer, step.key),
            list(question.reasons),
        ),
    )
    with st.container(key="lesson_answer"):
        if answer in question.reasons:
            _verdict(question, answer)
        else:
            st.caption("Not answered yet.")


def _answer(key: str, answer: str) -> None:
    choose(ANSWERS, chosen(ANSWERS, {}) | {key: answer})


def _verdict(question: Question, answer: str) -> None:
    is_right = answer == question.right
    mark = (
        ":green[:material/check_circle:] **Right.**"
        if is_right
        else ":orange[:material/cancel:] **Not quite.**"
    )
    st.markdown(f"{mark} {question.reasons[answer]}")


def ways_on(step: Step) -> None:
    """Draws the buttons to the steps before and after."""
    number = STEPS.index(step)
    with st.container(horizontal=True):
        st.button(
            "Back",
            icon=":material/arrow_back:",
            key="lesson_back",
            disabled=not number,
            on_click=choose,
            args=(STEP, number - 1),
        )
        if number + 1 < len(STEPS):
            st.button(
                f"Next: {STEPS[number + 1].short}",
                icon=":material/arrow_forward:",
                icon_position="right",
                key="lesson_next",
                type="primary",
                on_click=choose,
                args=(STEP, number + 1),
            )


def build_button(experiment: Experiment) -> None:
    """Draws the button that makes what is live the person's own experiment."""
    st.button(
        "Open this in Build",
        icon=":material/schema:",
        key="lesson_open",
        type="tertiary",
        on_click=_open,
        args=(experiment,),
    )


def _open(experiment: Experiment) -> None:
    commit(experiment)
    st.switch_page("app.py", query_params=address())
