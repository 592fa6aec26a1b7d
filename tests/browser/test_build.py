"""The main job in Chromium: design, read, light up, share, go back."""

import re

from conftest import settle, slow, widget
from playwright.sync_api import expect

from netlib import Experiment, NetworkSpec, generate, write

CODE, TREE = ".st-key-lines_code code", ".st-key-lines_tree code"
PROGRAM = ".st-key-lines_program code"


def fill(page, key, text):
    field = widget(page, key).locator("input")
    field.fill(text)
    field.press("Enter")


def choose_style(page, name):
    widget(page, "style").get_by_role("radio", name=name, exact=True).click()


def background(page, selector, text):
    line = page.locator(f"{selector} > span", has_text=text).first
    return line.evaluate("(span) => getComputedStyle(span).backgroundColor")


def light_up(page, name):
    page.locator(".st-key-chips").get_by_text(name, exact=True).click()
    page.wait_for_function(
        """(selector) => new Set([...document.querySelectorAll(selector)].map(
            (line) => getComputedStyle(line).backgroundColor)).size > 1""",
        arg=f"{CODE} > span",
    )
    settle(page)


def test_the_articles_network_is_there_at_once_in_every_style_and_copied(page):
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 12),  # (n, 12)")
    expect(page.locator(TREE)).to_contain_text("(5): Sigmoid()")
    expect(page.locator(".st-key-facts")).to_contain_text("345 parameters in 3 layers")
    expect(page.locator(".st-key-train button")).to_be_enabled()
    shown = generate(Experiment().spec, "sequential").text
    with page.expect_download() as download:
        page.locator(".st-key-download button").click()
    assert download.value.suggested_filename == "mynetwork_sequential.py"
    assert download.value.path().read_text() == shown
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(CODE).hover()
    page.locator(".st-key-lines_code").get_by_role("button").click()
    page.wait_for_function(
        "async (text) => (await navigator.clipboard.readText()).trim() === text.trim()",
        arg=shown,
    )
    choose_style(page, "Manual")
    expect(page.locator(CODE)).to_contain_text("def model(x):")
    expect(page.locator(TREE)).to_contain_text("W1  (12, 16)  trained")
    choose_style(page, "Mixed")
    expect(page.locator(TREE)).to_contain_text("(layers): Sequential(")


def test_a_changed_width_is_followed_everywhere(page):
    fill(page, "size_0", "20")
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 20)")
    expect(page.locator(TREE)).to_contain_text("out_features=20")
    expect(page.locator(".st-key-facts")).to_contain_text("16-20-10-1")
    expect(page.locator(".st-key-diagram")).to_contain_text("20")
    page.locator(".st-key-undo button").first.click()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 12)")


def test_the_shorthand_designs_in_one_line_or_says_what_is_wrong(page):
    fill(page, "widths", "16-8-x")
    problem = page.get_by_text("widths: expects whole numbers joined by hyphens")
    expect(problem).to_be_visible()
    expect(widget(page, "widths").locator("input")).to_have_value("16-12-10-1")
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 12)")
    fill(page, "widths", "16-8-6-4-1")
    expect(page.locator(CODE)).to_contain_text("nn.Linear(8, 6)")
    expect(problem).not_to_be_visible()


def test_rows_are_added_moved_doubled_and_removed_in_one_click(page):
    page.locator(".st-key-add_Dropout button").click()
    expect(page.locator(CODE)).to_contain_text("nn.Dropout(0.5)")
    settle(page)
    widget(page, "up_2").locator("button").first.click()
    text = re.compile(r"Dropout\(0\.5\),\s+nn\.Linear\(12, 10\)")
    expect(page.locator(CODE)).to_contain_text(text)
    settle(page)
    widget(page, "double_1").locator("button").first.click()
    expect(page.locator(".st-key-chips")).to_contain_text("dropout2")
    settle(page)
    widget(page, "remove_2").locator("button").first.click()
    expect(page.locator(".st-key-chips")).not_to_contain_text("dropout2")
    settle(page)
    widget(page, "remove_1").locator("button").first.click()
    expect(page.locator(CODE)).not_to_contain_text("Dropout")


def test_a_layer_lights_up_everywhere(page):
    unlit = background(page, CODE, "nn.Linear(12, 10)")
    light_up(page, "fc2")
    shine = background(page, CODE, "nn.Linear(12, 10)")
    assert shine != unlit
    assert background(page, CODE, "nn.Linear(16, 12)") == unlit
    assert background(page, TREE, "in_features=12") == shine
    expect(page.locator(".st-key-map_weight_2")).to_be_visible()
    expect(page.locator(".st-key-map_weight_0")).not_to_be_visible()
    page.wait_for_selector(".st-key-diagram .js-plotly-plot .points path.point")
    points = page.locator(".st-key-diagram .points path.point")
    points.last.click(force=True)  # Plotly's drag layer takes the pointer
    chip = page.locator(".st-key-chips").get_by_role("radio", name="fc3", exact=True)
    expect(chip).to_have_attribute("aria-checked", "true")


def test_the_training_program_is_shown_marked_lit_and_handed_out(page):
    light_up(page, "fc2")
    page.get_by_role("tab", name="Training program").click()
    lines = page.locator(PROGRAM)
    expect(lines).to_contain_text("def train_epoch():")
    program = write(Experiment())
    shown = page.locator(f"{PROGRAM} > span").all_text_contents()
    assert "".join(shown).splitlines() == program.text.splitlines()
    shine = background(page, PROGRAM, "nn.Linear(12, 10)")
    assert background(page, PROGRAM, "nn.Linear(16, 12)") != shine
    assert background(page, PROGRAM, "optimizer.step()") != shine
    for title, (first, _) in zip(
        ["Data", "Model", "Training", "Run"], program.sections.values()
    ):
        line = page.locator(f"{PROGRAM} > span").nth(first - 1)
        mark = line.evaluate("(span) => getComputedStyle(span, '::after').content")
        assert mark == f'"{title}"'
    with page.expect_download() as download:
        page.get_by_role("button", name="Download train.py").click()
    assert download.value.path().read_text() == program.text
    fill(page, "size_0", "20")
    expect(lines).to_contain_text("nn.Linear(16, 20)")
    page.get_by_role("link", name="Weights").click()
    expect(page.get_by_text("in_features=20")).to_be_visible()
    page.get_by_role("link", name="Build").click()
    expect(lines).to_contain_text("def train_epoch():")


def test_a_network_that_does_not_fit_its_data_is_told_in_place_of_its_program(page):
    page.get_by_role("tab", name="Training program").click()
    fill(page, "widths", "16-12-10-3")
    reason = "network: expects 1 output, or 2 of one softmax, got 3."
    expect(page.get_by_text(reason).first).to_be_visible()
    page.get_by_role("button", name="Fit the network: 16 in, 1 out").first.click()
    expect(page.locator(PROGRAM)).to_contain_text("def train_epoch():")
    fill(page, "widths", "2-8-1")
    page.get_by_role("radio", name="Spirals").first.click()
    expect(page.locator(PROGRAM)).to_contain_text(
        "the classes of the Spirals data apart"
    )
    expect(page.get_by_text("Fits the network: 2 in, 1 out.")).to_be_visible()


def test_a_link_opens_the_same_experiment_in_another_browser(page, visit):
    fill(page, "widths", "16-9-1")
    choose_style(page, "OrderedDict")
    expect(page.locator(CODE)).to_contain_text("fc1=nn.Linear(16, 9)")
    page.wait_for_url(re.compile("design="))
    other = visit()
    other.goto(page.url)
    expect(other.locator(CODE)).to_contain_text("fc1=nn.Linear(16, 9)")
    assert other.url == page.url


def test_nothing_is_lost_on_the_way_to_another_page_and_back(page):
    field = widget(page, "size_0").locator("input")
    field.fill("21")
    page.get_by_role("link", name="Weights").click()  # sooner than any finger
    expect(widget(page, "layer")).to_be_visible()
    expect(page.get_by_text("out_features=21")).to_be_visible()
    page.get_by_role("link", name="Build").click()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 21)")
    page.go_back()
    expect(widget(page, "layer")).to_be_visible()
    expect(page.get_by_text("out_features=21")).to_be_visible()
    page.go_back()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 21)")


def test_a_click_and_the_way_to_another_page_in_one_moment_are_both_taken(page):
    for key, widths in (("double_0", "16-12-12-10-1"), ("remove_2", "16-12-12-1")):
        button = f"[class*=st-key-{key}-] button"
        page.wait_for_function(
            """(button) => {
              const parts = [button, '.st-key-menu a[href*="Weights"]']
              const found = parts.map((part) => document.querySelector(part))
              found.every(Boolean) && found.forEach((part) => part.click())
              return found.every(Boolean)
            }""",
            arg=button,
        )
        expect(widget(page, "layer")).to_be_visible()
        page.get_by_role("link", name="Build").click()
        expect(widget(page, "widths").locator("input")).to_have_value(widths)
        settle(page)


def test_quick_edits_on_a_slow_connection_are_all_kept(page):
    slow(page, 300)
    widget(page, "size_0").locator("input").fill("21")
    page.keyboard.press("Tab")
    fill(page, "size_2", "13")  # before the first edit has been answered
    expect(page.locator(CODE)).to_contain_text("nn.Linear(21, 13)")
    expect(widget(page, "widths").locator("input")).to_have_value("16-21-13-1")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(21, 10)")


def test_back_takes_an_edit_back_and_reload_keeps_it(page):
    fill(page, "size_0", "22")
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 22)")
    page.wait_for_url(re.compile("design="))
    light_up(page, "fc2")
    page.go_back()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 12)")
    settle(page)
    fill(page, "size_0", "22")
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 22)")
    fill(page, "size_0", "23")
    expect(widget(page, "widths").locator("input")).to_have_value("16-23-10-1")
    page.reload()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 23)")
    page.go_back()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 22)")


def test_a_broken_link_says_so_and_opens_the_default(app, page):
    page.goto(f"{app.url}/?design=nonsense")
    message = "design link: expects a link copied whole from this page, got nonsense."
    expect(page.get_by_text(message)).to_be_visible()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(16, 12)")


def test_a_huge_network_is_described_and_not_built(visit):
    page = visit(Experiment(spec=NetworkSpec.mlp([65536] * 4)))
    expect(page.locator(CODE)).to_contain_text("nn.Linear(65536, 65536)")
    expect(page.get_by_text("MB of weights").first).to_be_visible()
    expect(page.get_by_text("in_features=65536").first).to_be_visible()


def test_a_large_matrix_is_shown_in_blocks_and_exactly_on_demand(visit):
    page = visit(Experiment(spec=NetworkSpec.mlp([16, 600, 400, 1])))
    caption = "400 x 600: each cell is the mean of 2 x 3 values."
    expect(page.get_by_text(caption)).to_be_visible()
    widget(page, "exact_weight_2").locator("label").click()
    exact = "400 x 600: rows 0 to 255 and columns 0 to 255, value for value."
    expect(page.get_by_text(exact)).to_be_visible()


def test_the_narrow_pages_fit_and_fold_the_design_away(visit):
    page = visit(width=400)
    expect(page.locator(CODE)).to_be_visible()
    expect(widget(page, "widths")).not_to_be_in_viewport()
    opener = page.get_by_test_id("stExpandSidebarButton")
    label = "(button) => getComputedStyle(button, '::after').content"
    assert opener.evaluate(label) == '"Design"'
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 400
    page.get_by_role("link", name="Weights", exact=True).click()
    expect(page.locator(".st-key-map_weight_0 .js-plotly-plot")).to_be_visible()
    expect(page.get_by_test_id("stExpandSidebarButton")).not_to_be_visible()
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 400


def test_the_keyboard_reaches_everything(page):
    place = """() => [...document.querySelectorAll('[class*=st-key-]')]
        .filter((part) => part.contains(document.activeElement))
        .flatMap((part) => [...part.classList])
        .filter((name) => name.startsWith("st-key-"))"""
    keys = (
        "menu widths size_0 activation_0 up_1 remove_1 add_Linear data_name chips style"
    )
    missing = {*keys.split(), "train", "download", "map_weight_4"}
    settle(page)
    for _ in range(150):
        missing -= {name.split("-")[2] for name in page.evaluate(place)}
        if not missing:
            break
        page.keyboard.press("Tab")
    assert not missing
