"""The code of an edited width, shown before the page's own run has drawn it."""

import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import widget
from playwright.sync_api import expect

from netlib import Experiment, NetworkSpec, generate

CODE = ".st-key-lines_code code"
FACTS, BADGE = ".st-key-facts", ".st-key-badge"
DESIGN = Experiment(spec=NetworkSpec.mlp([16, 12, 11, 1]), style="subclass")


def code(*widths):
    return generate(DESIGN.spec.with_widths(widths), DESIGN.style).text


def ask(app, design=None, **edits):
    """What the server answers, or the reason for which it does not."""
    link = DESIGN.to_link() if design is None else design
    query = urllib.parse.urlencode({"design": link, **edits})
    try:
        with urllib.request.urlopen(f"{app.url}/ahead?{query}") as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def test_the_server_answers_edits_in_their_order(app):
    assert ask(app) == code(16, 12, 11, 1)
    assert ask(app, size_0="13") == code(16, 13, 11, 1)
    assert ask(app, widths="5-4-3-2", size_2="7") == code(5, 4, 7, 2)
    assert ask(app, size_2="7", widths="5-4-3-2") == code(5, 4, 3, 2)


@pytest.mark.parametrize(
    "edits, reason",
    [
        ({"size_0": "0"}, "layer 1 (Linear): expects 1 to 65536 units, got 0."),
        (
            {"size_9": "3"},
            "edit: expects the name of a width's field and a whole number, got size_9=3.",
        ),
        (
            {"seed": "x"},
            "edit: expects the name of a width's field and a whole number, got seed=x.",
        ),
    ],
)
def test_what_the_page_would_refuse_is_refused(app, edits, reason):
    assert ask(app, **edits) == f"422 {reason}"


def test_what_is_no_design_is_refused(app):
    assert ask(app, design="nothing").startswith("422 design link: expects ")
    assert ask(app, design="").startswith("422 design link: expects ")


def test_the_code_shows_an_edit_that_no_run_has_drawn(visit):
    page = visit(DESIGN)
    facts = page.locator(FACTS).inner_text()
    expect(page.locator(BADGE)).to_contain_text("identical to the last bit")
    page.evaluate("WebSocket.prototype.send = () => {}")  # so that none begins
    for key, size in ("size_0", 14), ("size_2", 9):
        field = widget(page, key).locator("input")
        field.fill(str(size))
        field.press("Tab")
    expect(page.locator(CODE)).to_have_text(code(16, 14, 9, 1))
    assert page.locator(FACTS).inner_text() == facts
    # That was said of the network before.
    expect(page.locator(BADGE)).not_to_be_visible()


def test_the_run_has_the_last_word(visit):
    page = visit(DESIGN)
    field = widget(page, "size_0").locator("input")
    # What Streamlit does not hear of is no edit.
    field.evaluate(
        "node => { node.value = 14;"
        ' node.dispatchEvent(new Event("change", { bubbles: true })) }'
    )
    expect(page.locator(CODE)).to_have_text(code(16, 14, 11, 1))
    page.locator(".st-key-chips").get_by_role("radio").first.click()
    expect(page.locator(CODE)).to_have_text(code(16, 12, 11, 1))
    expect(page.locator(BADGE)).to_be_visible()
