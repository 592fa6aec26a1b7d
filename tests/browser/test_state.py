"""In Chromium: a widget shows the session's value, or the page says why not."""

import re
from itertools import permutations

import pytest
from conftest import settle, slow, widget
from playwright.sync_api import expect

from netlib import Experiment, NetworkSpec
from netlib.errors import choices
from netlib.spec.kinds import KINDS

CODE, FACTS = ".st-key-lines_code code", ".st-key-facts"
PAGES = ("Build", "Compare", "Weights", "Export")
WALK = "01321302312301203102103201"  # over every three pages in every order


def enter(page, key, text):
    field = widget(page, key).locator("input")
    field.fill(text)
    field.press("Enter")


def expect_value(page, key, text):
    expect(widget(page, key).locator("input")).to_have_value(text)


def light_up(page, name):
    chip = page.locator(".st-key-chips").get_by_role("radio", name=name, exact=True)
    chip.click()
    expect(chip).to_have_attribute("aria-checked", "true")
    settle(page)


def options(page, name):
    return page.get_by_role("button", name=f"Options of {name}", exact=True)


def look_at_options(page, name):
    options(page, name).click()
    field = page.get_by_label("Name in the code").first
    expect(field).to_be_visible()
    page.keyboard.press("Escape")
    expect(field).not_to_be_visible()


def texts(page):
    return page.locator(FACTS).inner_text(), page.locator(CODE).inner_text()


def every_kind():
    """Returns a network of all kinds with options, choices other than their default."""
    layers = []
    for name, kind in KINDS.items():
        if not set(kind.model_fields) - {"kind", "name"}:
            continue
        values = {
            field: list(choices(info))[-1]
            for field, info in kind.model_fields.items()
            if field != "kind" and choices(info)
        }
        layers.append({"kind": name} | values)
    return NetworkSpec(input_shape=(6,), layers=layers)


def test_looking_at_options_changes_no_network(visit):
    spec = every_kind()
    page = visit(Experiment(spec=spec))
    light_up(page, spec.stages[-1].name)
    before = texts(page)
    leads = [step.name for step in spec.stages if options(page, step.name).count()]
    assert len(leads) > 10
    for name in leads:
        look_at_options(page, name)
    light_up(page, spec.stages[0].name)
    assert texts(page) == before


@pytest.mark.parametrize("key", ["train", "add_Dropout", "default"])
def test_looking_at_options_after_a_click_changes_no_network(page, key):
    page.locator(f".st-key-{key} button").first.click()
    if key == "add_Dropout":
        expect(page.locator(CODE)).to_contain_text("nn.Dropout(0.5)")
        look_at_options(page, "dropout")
    look_at_options(page, "fc1")
    light_up(page, "fc2")
    expect(page.locator(FACTS)).to_contain_text("345 parameters")
    expect(page.locator(CODE)).not_to_contain_text(re.compile("bias=False|Dropout.0.0"))


def test_an_option_is_changed_and_its_popover_stays_open(page):
    light_up(page, "fc2")
    options(page, "fc1").click()
    bias = widget(page, "bias_0").get_by_role("switch")
    expect(bias).to_be_checked()
    widget(page, "bias_0").locator("label").click()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 12, bias=False)")
    expect(bias).not_to_be_checked()
    settle(page)
    widget(page, "bias_0").locator("label").click()
    expect(page.locator(FACTS)).to_contain_text("345 parameters")
    expect(bias).to_be_checked()


def test_the_style_is_shown_in_every_order_of_pages(visit):
    page = visit(Experiment(style="mixed"))
    walk = [PAGES[int(index)] for index in WALK]
    assert {*zip(walk, walk[1:], walk[2:])} == {*permutations(PAGES, 3)}
    for name in walk[1:]:
        page.get_by_role("link", name=name, exact=True).click()
        if name == "Compare":
            chosen = widget(page, "compared_styles").locator("[aria-pressed=true]")
            expect(chosen).to_have_text(["Manual", "Subclass", "Sequential"])
        else:
            style = widget(page, "style").get_by_role("radio", name="Mixed")
            expect(style).to_have_attribute("aria-checked", "true")


def test_a_choice_outside_the_experiment_is_kept_over_pages(page):
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_role("tab", name="Proof", exact=True).click()
    sgd = widget(page, "optimizer").get_by_role("radio", name="SGD")
    sgd.click()
    expect(sgd).to_have_attribute("aria-checked", "true")
    settle(page)
    page.get_by_role("link", name="Export", exact=True).click()
    expect(widget(page, "style")).to_be_visible()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(sgd).to_have_attribute("aria-checked", "true")


def test_a_refused_value_is_told_beside_its_field_and_the_true_one_shown(page):
    told = page.locator(".st-key-problem_here")
    page.get_by_text("Training plan").click()
    for key, text, rule, true in (
        ("plan_learning_rate", "-1", "learning rate from 1e-06 to 1e+06", "0.01"),
        ("size_0", "0", "expects 1 to 65536 units, got 0.", "12"),
        ("widths", "abc", "expects whole numbers", "16-12-10-1"),
    ):
        enter(page, key, text)
        message = told.filter(has_text=rule)  # the one before may stand for a moment
        expect(message).to_contain_text(f"Still in force: {true}.")
        expect_value(page, key, true)
        settle(page)
        field, box = widget(page, key).bounding_box(), message.bounding_box()
        assert 0 <= box["y"] - field["y"] - field["height"] < 40
    page.get_by_role("link", name="Weights", exact=True).click()
    expect(page.locator(".st-key-problem")).to_contain_text("expects whole numbers")
    page.get_by_role("link", name="Build", exact=True).click()
    enter(page, "size_0", "13")
    expect_value(page, "widths", "16-13-10-1")
    expect(page.get_by_text("expects whole numbers")).not_to_be_visible()


def test_widths_are_shown_in_one_way_however_they_are_joined(page):
    enter(page, "widths", "16, 12 10 → 1")
    expect_value(page, "widths", "16-12-10-1")


def test_undo_shows_in_every_field(page):
    enter(page, "size_0", "20")
    expect_value(page, "widths", "16-20-10-1")
    widget(page, "activation_0").get_by_role("combobox").click()
    page.get_by_role("option", name="GELU").click()
    expect(page.locator(CODE)).to_contain_text("GELU")
    settle(page)
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(widget(page, "activation_0").get_by_role("combobox")).to_have_value("ReLU")
    undo.click()
    expect_value(page, "size_0", "12")
    expect_value(page, "widths", "16-12-10-1")


def test_a_field_that_was_edited_keeps_its_place_and_the_focus(page):
    field = widget(page, "size_0").locator("input")
    node = field.element_handle()
    enter(page, "size_0", "20")
    expect_value(page, "widths", "16-20-10-1")
    settle(page)
    assert node.evaluate("(node) => node === document.activeElement")


def test_a_double_click_doubles_a_layer_once(page):
    doubled = "16-12-12-10-1"
    for first in ("taken", "answered", "lost"):
        widget(page, "double_0").locator("button").first.hover()
        page.mouse.down()
        if first == "lost":  # as on a button that is being redrawn
            page.mouse.move(0, 0)
        page.mouse.up()
        if first == "answered":
            expect_value(page, "widths", doubled)
            settle(page)
        widget(page, "double_0").locator("button").first.hover()
        page.mouse.down(click_count=2)
        page.mouse.up(click_count=2)
        expect_value(page, "widths", doubled)
        light_up(page, "fc4")
        expect_value(page, "widths", doubled)
        page.get_by_role("button", name="Undo").click()
        expect_value(page, "widths", "16-12-10-1")
        settle(page)


def test_a_second_click_before_the_answer_takes_no_other_layer(page):
    slow(page, 500)
    remove = widget(page, "remove_0").locator("button").first
    remove.click()
    page.mouse.down()
    page.mouse.up()
    expect_value(page, "widths", "16-10-1")
    light_up(page, "fc2")
    expect_value(page, "widths", "16-10-1")


def test_slow_edits_on_a_very_slow_connection_are_all_kept(page):
    slow(page, 2500)
    widget(page, "size_0").locator("input").fill("21")
    page.keyboard.press("Tab")
    field = widget(page, "size_2").locator("input")
    field.clear()
    field.press_sequentially("13", delay=750)  # the browser still knows the old address
    field.press("Enter")
    expect(page.locator(CODE)).to_contain_text("nn.Linear(21, 13)")
    expect_value(page, "widths", "16-21-13-1")
    expect_value(page, "size_0", "21")
    page.reload()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(21, 13)")
