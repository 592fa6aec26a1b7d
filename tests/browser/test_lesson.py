"""The lesson in Chromium: walked, answered, left and come back to, opened in Build."""

import pytest
from conftest import settle, widget
from playwright.sync_api import expect

from netlib import Experiment, NetworkSpec
from pages.lesson.example import LONGER, network
from pages.lesson.steps import STEPS

CODE, TREE = ".st-key-lines_lesson_code code", ".st-key-lines_lesson_tree code"
CLEAR = "rgba(0, 0, 0, 0)"
COLORS = "(spans) => spans.map((span) => getComputedStyle(span).backgroundColor)"
TICK = "check"  # the text of Material's icon


@pytest.fixture
def lesson(page):
    return opened(page)


def opened(page):
    page.get_by_role("link", name="Lesson", exact=True).click()
    expect_step(page, STEPS[0])
    return page


def expect_step(page, step):
    expect(page.get_by_role("heading", name=step.title, exact=True)).to_be_visible()
    expect(index_of(page, step)).to_have_attribute("aria-checked", "true")
    settle(page)


def index_of(page, step):
    return widget(page, "lesson_step").get_by_role("radio").nth(STEPS.index(step))


def go_to(page, step):
    index_of(page, step).click()
    expect_step(page, step)


def step_of(key):
    return next(step for step in STEPS if step.key == key)


def choice(page, step, answer):
    return widget(page, f"lesson_answer_{step.key}").get_by_role(
        "radio", name=plain(answer), exact=True
    )


def plain(text):
    return text.replace("`", "")


def lit(page, selector):
    """Returns the lit lines of a listing."""
    spans = page.locator(f"{selector} > span")
    colors = spans.evaluate_all(COLORS)
    return [
        line.strip() for line, c in zip(spans.all_inner_texts(), colors) if c != CLEAR
    ]


def answer(page, step, is_right):
    """Gives the right answer to a step's question, or its first wrong one."""
    question = step.ask()
    given = next(a for a in question.reasons if (a == question.right) == is_right)
    choice(page, step, given).click()
    said = f"{'Right.' if is_right else 'Not quite.'} {plain(question.reasons[given])}"
    expect(page.locator(".st-key-lesson_answer")).to_contain_text(said)
    ticked = expect(index_of(page, step))
    (ticked.to_contain_text if is_right else ticked.not_to_contain_text)(TICK)


def test_a_narrow_lesson_is_walked_and_answered_wrongly_and_rightly(visit):
    page = opened(visit(width=400))
    main = page.locator('[data-testid="stMain"]')
    for step, after in zip(STEPS, [*STEPS[1:], None]):
        expect_step(page, step)
        assert main.evaluate("(main) => main.scrollTop") == 0
        answer(page, step, is_right=False)
        answer(page, step, is_right=True)
        assert main.evaluate("(main) => main.scrollWidth") <= 400, step.key
        if after:
            page.get_by_role("button", name=f"Next: {after.short}").click()
    ticks = page.locator(".st-key-lesson_index").get_by_text(TICK)
    expect(ticks).to_have_count(len(STEPS))
    assert main.evaluate("(main) => main.scrollTop") > 0
    page.get_by_role("button", name="Back", exact=True).click()
    expect_step(page, STEPS[-2])
    links = page.locator(".st-key-menu a, .st-key-menu button")
    tops = links.evaluate_all(
        "(links) => links.map((link) => link.getBoundingClientRect().top)"
    )
    assert len({round(top / 10) for top in tops}) == 2


def test_what_each_step_lets_one_try_is_lit_and_printed(lesson):
    printed = lesson.locator(".st-key-lesson_printed")
    go_to(lesson, step_of("subclass"))
    widget(lesson, "lesson_subclass").get_by_role("radio", name="relu1").click()
    expect(printed).to_contain_text("a call in the")
    assert lit(lesson, CODE) == ["x = torch.relu(self.fc1(x))  # (n, 12)"]
    assert lit(lesson, TREE) == []
    go_to(lesson, step_of("sequential"))
    widget(lesson, "lesson_sequential").get_by_role("radio", name="2").click()
    expect(printed).to_contain_text(">>> model[2].weight")
    expect(printed).to_contain_text(str(network("sequential").model[2].weight))
    assert lit(lesson, TREE)[0].startswith("(2): Linear(in_features=12")
    go_to(lesson, step_of("one_layer"))
    widget(lesson, "lesson_way").get_by_role("radio", name="Mixed").click()
    expect(printed).to_contain_text(">>> model.layers[2].weight")
    expect(printed).to_contain_text(str(network("manual").parameters["W2"].data)[8:-1])
    said = "model.layers[2]: 130 numbers, the same as in Manual, to the last bit."
    expect(lesson.get_by_text(said)).to_be_visible()
    go_to(lesson, step_of("training"))
    program = ".st-key-lines_lesson_program code"
    expect(lesson.locator(program)).to_contain_text("torch.optim.Adam(")
    assert lit(lesson, program) == []
    widget(lesson, "lesson_optimizer").get_by_role("radio", name="SGD").click()
    expect(lesson.locator(program)).to_contain_text("torch.optim.SGD(")
    (line,) = lit(lesson, program)
    assert line.startswith("optimizer = torch.optim.SGD(")
    go_to(lesson, step_of("mistakes"))
    name = "An activation forgotten"
    widget(lesson, "lesson_mistake").get_by_role("radio", name=name).click()
    mistaken = ".st-key-lines_lesson_mistaken code"
    expect(lesson.locator(mistaken)).to_contain_text("x = self.fc1(x)")
    assert lit(lesson, mistaken) == ["x = self.fc1(x)  # (n, 12)"]


def test_place_and_answers_are_kept_over_other_pages(lesson):
    step = step_of("sequential")
    go_to(lesson, step)
    right = choice(lesson, step, step.ask().right)
    right.click()
    expect(index_of(lesson, step)).to_contain_text(TICK)
    picked = widget(lesson, "lesson_sequential").get_by_role("radio", name="4")
    picked.click()
    expect(picked).to_have_attribute("aria-checked", "true")
    settle(lesson)
    lesson.get_by_role("link", name="Weights", exact=True).click()
    expect(widget(lesson, "layer")).to_be_visible()
    lesson.get_by_role("link", name="Lesson", exact=True).click()
    expect_step(lesson, step)
    for chosen in (right, picked):
        expect(chosen).to_have_attribute("aria-checked", "true")
    expect(lesson.locator(".st-key-lesson_answer")).to_contain_text("Right.")
    expect(index_of(lesson, step)).to_contain_text(TICK)


def test_only_the_button_touches_the_experiment_and_it_is_undone(visit):
    page = opened(visit(Experiment(spec=NetworkSpec.mlp([16, 5, 1]))))
    code = page.locator(".st-key-lines_code code")
    go_to(page, step_of("ordered_dict"))
    widget(page, "lesson_ordered_dict").locator("label").click()
    expect(page.locator(CODE)).to_contain_text("dropout=nn.Dropout(0.5)")
    page.get_by_role("link", name="Build", exact=True).click()
    expect(code).to_contain_text("nn.Linear(16, 5)")
    page.get_by_role("link", name="Lesson", exact=True).click()
    expect(page.locator(CODE)).to_contain_text("dropout=nn.Dropout(0.5)")
    page.get_by_role("button", name="Open this in Build").click()
    expect(code).to_contain_text("dropout=nn.Dropout(0.5)")
    link = Experiment(spec=LONGER, style="ordered_dict").to_link()
    page.wait_for_url(f"**design={link}*")
    page.go_back()
    expect_step(page, step_of("ordered_dict"))
    page.get_by_role("link", name="Build", exact=True).click()
    expect(code).to_contain_text("dropout=nn.Dropout(0.5)")
    page.get_by_role("button", name="Undo").click()
    expect(code).to_contain_text("nn.Linear(16, 5)")
