"""The Compare page in Chromium: lit layers, widths and themes, the proof, the mistakes."""

import re

import pytest
from conftest import settle, wait_until, widget
from playwright.sync_api import expect

from netlib import NetworkSpec
from netlib.experiment import Experiment
from netlib.source.mistakes import MISTAKES

# A width, how many styles stand side by side there, and the greatest height of a tab.
WIDTHS = ((400, 1, 2700), (800, 2, 1900), (1400, 3, 1400), (1600, 3, 1400))
TABS = ("Code", "Trees", "Access", "Proof", "Mistakes", "Carry")
CLEAR = "rgba(0, 0, 0, 0)"
COLORS = "(spans) => spans.map((span) => getComputedStyle(span).backgroundColor)"
IDENTICAL, COMPARED = "7 styles, identical to the last bit", "7 styles, being compared"
HEIGHT = "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
CUT_OFF = """() => [
  ...document.querySelectorAll(
    "[data-testid=stMain], [role=tablist], [data-testid=stMain] :is(pre, code, p)")
].filter((e) => getComputedStyle(e).display !== "inline" && e.scrollWidth > e.clientWidth)
 .map((e) => e.innerText)"""
SIDE_BY_SIDE = """(columns) => {
  const cells = [...document.querySelectorAll('[class*="st-key-lines_code_"]')]
  const tops = cells.map((cell) => cell.getBoundingClientRect().top)
  return tops.length === 3 && tops.filter((top) => top === tops[0]).length === columns
}"""
# Each text whose contrast with what is behind it is less than 4.5.
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d")
  const look = (node, name) => getComputedStyle(node)[name]
  const above = (node) => node ? [...above(node.parentElement), node] : []
  const luminance = ([...values]) => values.slice(0, 3).map((value) => value / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
  const painted = (colors) => {
    for (const [color, alpha] of colors) {
      canvas.globalAlpha = alpha
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
    }
    return luminance(canvas.getImageData(0, 0, 1, 1).data)
  }
  const contrast = (node) => {
    const behind = above(node).map((each) => [look(each, "backgroundColor"), 1])
    const alpha = above(node).reduce((all, each) => all * look(each, "opacity"), 1)
    const text = painted([...behind, [look(node, "color"), alpha]])
    const [low, high] = [text, painted(behind)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  const says = (node) => [...node.childNodes].some(
    (child) => child.nodeType === 3 && child.data.trim())
  return [...document.querySelectorAll("[data-testid=stMain] :is(p, span, code, strong)")]
    .filter((node) => says(node) && contrast(node) < 4.5).map((node) => node.innerText)
}"""
# What the badge says at each change of the page from the first with another code on.
WATCH = """() => {
  window.claims = []
  new MutationObserver(() => {
    const [code, badge] = [".st-key-lines_code code", ".st-key-badge"]
      .map((part) => document.querySelector(part)?.innerText ?? "")
    if (code.includes("nn.Linear(16, 20)")) window.claims.push(badge)
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
}"""


@pytest.fixture
def compare(page):
    return opened(page)


def opened(page, tab="Code"):
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.locator(".st-key-lines_code_manual code")).to_be_visible()
    if tab != "Code":
        open_tab(page, tab)
    return page


def open_tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()
    settle(page)


def expect_tab(page, name):
    tab = page.get_by_role("tab", name=name, exact=True)
    expect(tab).to_have_attribute("aria-selected", "true")


def choose(page, key, name):
    widget(page, key).get_by_role("button", name=name, exact=True).click()


def light_up(page, name):
    chip = page.locator(".st-key-chips").get_by_role("radio", name=name)
    chip.click()
    expect(chip).to_have_attribute("aria-checked", "true")
    settle(page)


def lit(page, key):
    """Returns the lit lines of a listing, once there are some."""
    spans = page.locator(f".st-key-lines_{key} code > span")
    wait_until(lambda: set(spans.evaluate_all(COLORS)) > {CLEAR})
    colors = spans.evaluate_all(COLORS)
    lines = zip(spans.all_inner_texts(), colors)
    return [line.strip() for line, color in lines if color != CLEAR]


def test_a_layer_lights_up_mistakes_are_found_and_the_open_tab_is_kept(compare):
    choose(compare, "compared_styles", "Mixed")
    expect(compare.locator(".st-key-lines_code_mixed code")).to_be_visible()
    choose(compare, "compared_styles", "ModuleList")
    expect(compare.locator(".st-key-lines_code_modulelist code")).to_be_visible()
    light_up(compare, "fc2")
    styles = ("manual", "subclass", "sequential", "mixed", "modulelist")
    found = {style: lit(compare, f"code_{style}") for style in styles}
    linear, relu = "nn.Linear(12, 10)", "torch.relu(self.fc2(x))"
    assert found["subclass"] == [f"self.fc2 = {linear}", f"x = {relu}  # (n, 10)"]
    assert found["sequential"] == [f"{linear},  # (n, 10)"]
    assert found["mixed"] == [
        f"{linear},  # (n, 10)",
        "return torch.sigmoid(self.layers(x))  # (n, 1)",
    ]
    assert found["modulelist"] == [
        "self.layers.append(nn.Linear(n_in, n_out))  # (n, n_out)",
        "x = layer(x)",
    ]
    assert found["manual"][0] == "W2 = torch.empty(10, 12, requires_grad=True)"
    assert len(found["manual"]) == 5
    open_tab(compare, "Trees")
    expect(compare.locator(".st-key-lines_tree_mixed code")).to_be_visible()
    tree = "(2): Linear(in_features=12, out_features=10, bias=True)"
    assert lit(compare, "tree_mixed") == [tree]
    open_tab(compare, "Access")
    reached = compare.locator("code", has_text="# reach fc2")
    expect(reached).to_have_count(5)
    compare.get_by_role("link", name="Weights", exact=True).click()
    expect(widget(compare, "layer")).to_be_visible()
    compare.get_by_role("link", name="Compare", exact=True).click()
    expect(reached).to_have_count(5)
    expect_tab(compare, "Access")
    open_tab(compare, "Mistakes")
    mistake = MISTAKES["other_way_round"].title
    widget(compare, "puzzle").get_by_role("radio", name=mistake).click()
    expect(compare.locator(".st-key-lines_puzzle_mistaken")).to_contain_text("x @ W1")
    compare.locator(".st-key-puzzle_ask button").click()
    found = "initial weights: fc1.weight: shape (16, 12), the first has (12, 16)"
    expect(compare.get_by_text(found)).to_be_visible()
    expect(compare.get_by_text("Not the same network")).to_be_visible()
    habit = "Evaluation mode forgotten with dropout"
    widget(compare, "puzzle").get_by_role("radio", name=habit).click()
    expect(compare.get_by_text("two runs show it")).to_be_visible()
    compare.locator(".st-key-puzzle_ask button").click()
    plot = compare.locator(".st-key-pair_score .js-plotly-plot")
    expect(plot).to_contain_text("Accuracy: 2 curves in 2 lines")
    open_tab(compare, "Proof")
    compare.locator(".st-key-times_ask button").click()
    expect(compare.get_by_text("20 rounds by turns")).to_be_visible()
    expect(compare.locator(".st-key-times .js-plotly-plot")).to_be_visible()


def test_every_tab_is_short_and_nothing_is_cut_off_or_faint(compare):
    light_up(compare, "fc2")
    for tab in TABS:
        open_tab(compare, tab)
        for width, n_columns, most in WIDTHS:
            compare.set_viewport_size({"width": width, "height": 900})
            compare.wait_for_function(f"innerWidth === {width}")
            # The grid's columns follow the width a moment later.
            compare.wait_for_function(f"({CUT_OFF})().length === 0", timeout=5000)
            if tab == "Code":
                compare.wait_for_function(SIDE_BY_SIDE, arg=n_columns, timeout=5000)
            compare.wait_for_function(f"{HEIGHT} < {most}", timeout=5000)
        for theme in ("light", "dark"):
            compare.emulate_media(color_scheme=theme)
            app = compare.get_by_test_id("stApp")
            expect(app).to_have_css("color-scheme", theme)
            # What was on the tab before fades away a moment longer.
            compare.wait_for_function(f"({FAINT})().length === 0", timeout=5000)


def test_a_network_is_certified_unasked_and_no_claim_is_of_another(visit):
    # So large that its certificate takes longer than the page to show its code.
    page = visit(Experiment(spec=NetworkSpec.mlp([16, 12, 400, 400, 1])))
    badge = page.locator(".st-key-badge")
    expect(badge).to_contain_text(IDENTICAL)
    page.evaluate(WATCH)
    field = widget(page, "size_0").locator("input")
    for width in ("20", "21"):  # the second while the first is being compared
        field.fill(width)
        field.press("Enter")
        code = page.locator(".st-key-lines_code code")
        expect(code).to_contain_text(f"Linear(16, {width})")
    expect(badge).to_contain_text(IDENTICAL)
    claims = page.evaluate("window.claims")
    assert COMPARED in next(filter(None, claims))  # none while the code is ahead
    badge.get_by_role("button").click()
    expect_tab(page, "Proof")
    proof = page.get_by_text("Identical to the last bit: 7 styles of 16-21-400-400-1.")
    expect(proof).to_be_visible()
    expect(page.get_by_text(re.compile(r"Terms: torch 2\.13\.0"))).to_be_visible()
    plot = page.locator(".st-key-certificate_styles .js-plotly-plot")
    expect(plot).to_contain_text("Loss: 7 curves in 1 line")
    widget(page, "optimizer").get_by_role("radio", name="SGD").click()
    expect(page.get_by_text("100 steps of SGD")).to_be_visible()
    expect(proof).to_be_visible()
    expect(badge).to_contain_text(IDENTICAL)


def test_a_large_network_is_certified_when_asked_a_huge_one_is_refused(visit):
    page = visit(Experiment(spec=NetworkSpec.mlp([1024] * 6)))
    unknown = "7 styles, not compared yet: a large network"
    badge, ask = (
        page.locator(f".st-key-{key} button") for key in ("badge", "certificate_ask")
    )
    expect(badge).to_contain_text(unknown)
    badge.click()
    ask.click()
    expect(badge).to_contain_text(COMPARED)
    page.locator(".st-key-certificate_stop button").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    expect(badge).to_contain_text(unknown)
    page.get_by_role("link", name="Build", exact=True).click()
    widths = widget(page, "widths").locator("input")
    widths.fill("65536-65536-65536")
    widths.press("Enter")
    expect(page.locator(".st-key-facts")).to_contain_text("65536-65536-65536")
    badge.click()
    ask.click()
    refusal = "7 styles, not compared: network 65536-65536-65536: expects at most"
    expect(badge).to_contain_text(refusal)
