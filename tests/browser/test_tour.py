"""The tour over Build in Chromium: five stops, dismissed for good, called back."""

import re

from conftest import settle, wait_until
from playwright.sync_api import expect

from pages.build.tour import STOPS, WELCOME

TOUR, NEXT, END = ".st-key-tour", ".st-key-tour_next button", ".st-key-tour_end button"
BELOW = (".st-key-facts", ".st-key-diagram", ".st-key-lines_code", ".st-key-train")


def outlined(page, part):
    """Tells whether a seen part has the outline."""
    return page.locator(part).evaluate_all(
        """(parts) => parts.some((part) => part.getBoundingClientRect().width
            && getComputedStyle(part).outlineStyle === "solid")"""
    )


def all_outlined(page):
    return [stop.name for stop in STOPS if outlined(page, stop.part)]


def walk(page):
    for number, stop in enumerate(STOPS, 1):
        said = f"{number} of {len(STOPS)} · {stop.name}. "
        expect(page.locator(TOUR)).to_contain_text(said)
        wait_until(lambda name=stop.name: all_outlined(page) == [name])
        if stop != STOPS[-1]:
            page.locator(NEXT).click()
    expect(page.locator(NEXT)).to_have_count(0)


def places(page):
    settle(page)
    return [page.locator(part).first.bounding_box() for part in BELOW]


def test_five_stops_are_outlined_on_a_narrow_page_and_the_last_ends_it(visit):
    page = visit(width=400)
    expect(page.locator(TOUR)).to_contain_text(WELCOME)
    page.locator(NEXT).click()
    walk(page)
    page.locator(END).click()
    expect(page.locator(END)).to_have_count(0)
    assert all_outlined(page) == []


def test_who_would_rather_watch_one_learn_is_led_to_spirals(page):
    page.locator(".st-key-tour_spirals button").click()
    page.wait_for_url(re.compile("/Train"))
    board = page.locator(".layerwright-board")
    expect(board.locator(".facts")).to_contain_text(re.compile("epoch [1-9]"))
    expect(page.get_by_text("2-8-8-1 on spirals, as on Build.")).to_be_visible()
    page.get_by_role("link", name="Build", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(BELOW[0])).to_contain_text("16-12-10-1")


def test_it_is_dismissed_for_good_and_called_back_from_any_page(page):
    expect(page.locator(TOUR)).to_contain_text(WELCOME)
    expect(page.locator(f"{BELOW[1]} .js-plotly-plot")).to_be_visible()
    before, line = places(page), page.locator(TOUR).bounding_box()
    page.locator(END).click()
    expect(page.locator(END)).to_have_count(0)
    raised = [place | {"y": place["y"] - line["height"]} for place in before]
    assert places(page) == raised, "nothing but its own line goes"
    page.get_by_role("link", name="Weights", exact=True).click()
    expect(page.get_by_text("Weights before training")).to_be_visible()
    page.get_by_role("link", name="Build", exact=True).click()
    expect(page.locator(BELOW[0])).to_be_visible()
    expect(page.locator(END)).to_have_count(0)
    page.reload()  # another session of the same browser
    expect(page.locator(END)).to_have_count(1)
    expect(page.locator(TOUR)).not_to_be_visible()
    page.get_by_role("link", name="Lesson", exact=True).click()
    expect(page.locator(".st-key-lesson_next")).to_be_visible()
    page.get_by_role("button", name="Tour", exact=True).click()
    expect(page.locator(TOUR)).to_contain_text(f"1 of {len(STOPS)} · {STOPS[0].name}.")
    wait_until(lambda: all_outlined(page) == [STOPS[0].name])
