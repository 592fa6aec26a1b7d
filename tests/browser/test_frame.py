"""In Chromium: what frames every page: keys, the link to share, the connection."""

from conftest import settle, widget
from playwright.sync_api import expect

from netlib import Experiment
from netlib.data.choice import DataChoice

CODE = ".st-key-lines_code code"
BAR = ".layerwright-offline"


def test_keys_undo_redo_and_train_but_not_inside_a_text_field(page):
    page.locator(".st-key-add_Dropout button").click()
    expect(page.locator(CODE)).to_contain_text("Dropout")
    settle(page)  # until then there is nothing to undo, and no key for it
    page.keyboard.press("Control+z")
    expect(page.locator(CODE)).not_to_contain_text("Dropout")
    settle(page)
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator(CODE)).to_contain_text("Dropout")
    settle(page)
    widget(page, "widths").locator("input").focus()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".st-key-status")).not_to_contain_text("Nothing trained yet.")
    expect(page.locator(CODE)).to_contain_text("Dropout")


def test_the_link_to_share_is_the_same_on_every_page_and_opens_the_design(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget(page, "style").get_by_role("radio", name="Manual", exact=True).click()
    expect(page.locator(CODE)).to_contain_text("def model(x):")
    settle(page)
    page.get_by_role("button", name="Share or open").click()
    link = page.locator("code", has_text="?design=")
    link.hover()
    page.locator(".stCode", has=link).get_by_role("button").click()
    page.wait_for_function(
        "async () => (await navigator.clipboard.readText()).includes('?design=')"
    )
    copied = page.evaluate("navigator.clipboard.readText()").strip()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Export", exact=True).click()  # which has it as well
    expect(link).to_have_text(copied)
    page.get_by_role("button", name="Share or open").click()
    expect(link).to_have_text([copied, copied])
    said = page.locator("p", has_text="This link is the design.")
    expect(said.first).to_have_text(
        "This link is the design. Whoever opens it gets the same network, style, data and "
        "plan, but not your run. It opens on this machine alone; design.json, wherever "
        "Layerwright runs."
    )
    with page.expect_download() as caught:
        page.locator(".st-key-menu_design button").click()
    design = Experiment.from_json(caught.value.path().read_bytes())
    assert design == Experiment(style="manual")
    page.goto(copied)
    expect(page.locator(CODE)).to_contain_text("def model(x):")


def test_what_the_address_tells_beyond_the_design_is_said_where_it_is_shared(visit):
    data = DataChoice(name="csv", sha256="0" * 64, filename="own.csv")
    page = visit(Experiment(data=data))
    page.get_by_role("button", name="Share or open").click()
    said = page.locator("p", has_text="This link is the design.")
    expect(said).to_contain_text("It holds no file of yours either; while this server")
    page.keyboard.press("Escape")
    page.goto(f"{page.url.split('?')[0]}?run=some")
    page.get_by_role("button", name="Share or open").click()
    expect(said).to_contain_text("The browser's own address names your run too")


def test_a_lost_connection_is_told_until_it_is_back(page):
    bar = page.locator(BAR)
    expect(bar).to_be_hidden()
    page.context.set_offline(True)
    expect(bar).to_have_text(
        "No connection to the server. Clicks and edits do nothing until it is back."
    )
    page.context.set_offline(False)
    expect(bar).to_be_hidden()
    app = page.locator('[data-testid="stApp"]')
    app.evaluate("(app) => app.dataset.testConnectionState = 'PINGING_SERVER'")
    expect(bar).to_be_visible()
    app.evaluate("(app) => app.dataset.testConnectionState = 'CONNECTED'")
    expect(bar).to_be_hidden()
