"""A table of one's own on the page: what was made of it, seen and put right."""

import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from conftest import settle, wait_until, widget
from playwright.sync_api import expect

from netlib import Experiment, NetworkSpec

sys.path.append(str(Path(__file__).parents[1] / "data"))
from corpus import CORPUS

TEN = [
    "thousands separators",
    "euros in Windows-1252",
    "dashes for missing",
    "a stray text",
    "German dates",
    "row numbers",
    "identifiers as texts",
    "mixed case",
    "booleans with gaps",
    "ten columns",
]
CHOSEN = '.st-key-columns [role="radio"][aria-checked="true"]'
SMALL = NetworkSpec.mlp([2, 1])
USES = {"number": "Number", "category": "Category", "date": "Date"}


def upload(page, path):
    page.locator(".st-key-file input[type=file]").set_input_files(path)


def uses(page):
    """What the columns are used as, from the first on."""
    return page.locator(CHOSEN).all_inner_texts()


def test_ten_awkward_tables_are_understood_and_one_is_put_right(visit, tmp_path):
    page = visit(Experiment(spec=SMALL))
    page.get_by_role("button", name="Use a CSV file of your own").click()
    expect(page.get_by_text("Choose a file to train on.")).to_be_visible()
    page.set_viewport_size({"width": 1400, "height": 600})
    for number, name in enumerate(TEN):
        case, path = CORPUS[name], tmp_path / f"table {number}.csv"
        path.write_bytes(case.content)
        widget(page, "widths").scroll_into_view_if_needed()
        upload(page, path)
        expect(widget(page, "target")).to_be_in_viewport()
        expect(page.get_by_text(f"{path.name}").first).to_be_visible()
        kinds = case.kinds.split(", ")[:-1]
        expected = [USES.get(kind, "Left out") for kind in kinds]
        wait_until(lambda: uses(page) == expected)  # noqa: B023
        n_used = len(expected) - expected.count("Left out")
        columns = page.get_by_text(f"Columns: {n_used} of {len(expected)} used")
        expect(columns).to_be_visible()
    settle(page)
    widget(page, "use_0").get_by_role("radio", name="Number").click()
    expect(page.get_by_text("Columns: 8 of 9 used")).to_be_visible()
    wait_until(lambda: "design=" in page.url)
    settle(page)
    page.reload()
    expect(page.get_by_text("Columns: 8 of 9 used")).to_be_visible()
    wait_until(lambda: uses(page)[:1] == ["Number"])  # as the link says
    settle(page)
    for violation in Axe().run(page).response["violations"]:
        assert violation["impact"] not in ("serious", "critical"), violation
