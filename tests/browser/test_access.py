"""Every page in both themes, as axe-core reads it for those who see or point otherwise."""

from axe_playwright_python.sync_playwright import Axe
from conftest import settle
from playwright.sync_api import expect

READY = {
    "Build": ".st-key-map_weight_4",
    "Compare": ".st-key-chips",
    "Weights": ".st-key-histogram",
    "Train": ".layerwright-board",
    "Export": ".st-key-file_snippet",
    "Lesson": ".st-key-lesson_next",
}


def violations(page):
    """Returns what axe-core calls serious or critical, with the places of each."""
    return {
        violation["id"]: [
            (node["html"][:300], node["failureSummary"][:300])
            for node in violation["nodes"]
        ]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    }


def test_nothing_serious_stands_in_the_way_on_any_page_in_either_theme(page):
    found = {}
    for name, ready in READY.items():
        page.get_by_role("link", name=name, exact=True).click()
        place = page.locator(ready).first
        expect(place).to_be_visible()
        settle(page)
        place.scroll_into_view_if_needed()
        expect(place.locator(".layerwright-plot:empty")).to_have_count(0)
        for theme in "light", "dark":
            page.emulate_media(color_scheme=theme)
            app = page.get_by_test_id("stApp")
            expect(app).to_have_css("color-scheme", theme)
            if serious := violations(page):
                found[name, theme] = serious
    assert found == {}
