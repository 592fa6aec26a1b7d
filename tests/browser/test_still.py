"""In Chromium: what is on the page stays where it is while the rest is drawn."""

import re

from conftest import settle, slow, widget
from playwright.sync_api import expect

from netlib import Experiment, TrainingPlan

# What the browser saw move up or down on the page, beside its sidebar, by more than a
# line does beside which another part of its row appears.
MOVED = """
window.moved = []
new PerformanceObserver((list) => {
  for (const { node, previousRect: from, currentRect: to } of
       list.getEntries().flatMap((entry) => entry.sources)) {
    const part = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node
    const isSeen = from.height && to.height && part?.isConnected
    if (isSeen && part.closest('[data-testid="stMain"]') && Math.abs(to.y - from.y) > 10) {
      moved.push(`${part.closest('[class*="st-key-"]')?.className}: ${from.y} to ${to.y}`)
    }
  }
}).observe({ type: "layout-shift" })
"""
# All that a part of the page was, frame by frame.
SEEN = """
window.seen = new Set()
const look = () => {
  const part = document.querySelector("%s")
  if (part) seen.add(part.%s)
  requestAnimationFrame(look)
}
look()
"""


def test_nothing_moves_while_a_page_that_was_there_before_is_drawn(page):
    names = ("Compare", "Weights", "Train", "Export", "Lesson", "Build", "Train")
    for name in names:  # all it needs has been loaded
        go(page, name)
    page.evaluate(MOVED)
    for name in names:
        go(page, name)
        assert page.evaluate("moved.splice(0)") == [], name


def test_chips_that_come_stand_in_the_place_of_those_that_go(page):
    slow(page, 200)
    chips = page.locator(".st-key-chips").get_by_role("radio")
    expect(page.locator(".st-key-diagram_slot .js-plotly-plot")).to_be_visible()
    page.evaluate(SEEN % (".st-key-styles", "getBoundingClientRect().top.toFixed()"))
    widget(page, "remove_2").locator("button").first.click()
    chips.first.click()  # before the first click has been answered
    expect(chips).to_have_count(4)
    expect(chips.first).to_have_attribute("aria-checked", "true")
    settle(page)
    assert page.evaluate("seen.size") == 1


def test_what_is_said_of_a_run_stays_while_the_page_is_drawn_anew(visit):
    page = visit(Experiment(plan=TrainingPlan(epochs=40)))
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_role("link", name="what helps")).to_be_visible()
    settle(page)
    page.evaluate(SEEN % (".st-key-status", "innerText"))
    chip = page.locator(".st-key-chips").get_by_role("radio").first
    chip.click()
    expect(chip).to_have_attribute("aria-checked", "true")
    settle(page)
    (said,) = page.evaluate("[...seen]")
    assert re.search("Finished after 40 epochs(.|\n)*what helps", said)


def go(page, name):
    page.get_by_role("link", name=name, exact=True).click()
    expect(page).to_have_title(f"{name} · Layerwright")
    settle(page)
    drawn = page.locator('[data-testid="stMain"] [data-testid="stSkeleton"]')
    expect(drawn).to_have_count(0)
