"""Training in Chromium: a curve that grows, a page that answers, runs that survive."""

import re

import psutil
import pytest
from conftest import ROOT, SOCKETS, settle, wait_until, widget, workers
from playwright.sync_api import expect
from test_build import CODE, choose_style, fill

from netlib import Experiment, NetworkSpec
from netlib.experiment import DataChoice, TrainingPlan

LONG = Experiment(plan=TrainingPlan(epochs=50_000))
CURVE = "document.querySelector('.st-key-loss_curve .js-plotly-plot')"
COUNT_RUNS = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  window.runs = 0
  new MutationObserver(() => (runs += app.dataset.testScriptState === "running")).observe(
    app, { attributeFilter: ["data-test-script-state"] })
}"""
N_POINTS = f"() => {CURVE}.calcdata[0].length"


def epoch(page):
    text = page.locator(".st-key-training_slot").inner_text()
    found = re.search(r"Epoch ([\d,]+) of", text)
    return int(found[1].replace(",", "")) if found else 0


STATUS, REMARK, SLOT = ".st-key-status", ".st-key-remark", ".st-key-training_slot"


def finish(page):
    page.locator(".st-key-train button").first.click()
    ending = page.get_by_text(re.compile(r"Finished after [\d,]+ epochs"))
    expect(ending).to_be_visible()
    settle(page)


def height_of(page, selector):
    return page.locator(selector).first.bounding_box()["y"]


def is_cut(page, selector, below):
    """Tells whether a place hides some of its text, or whether it lies over `below`."""
    hides = page.locator(selector).evaluate(
        """(place) => [place, ...place.querySelectorAll("*")].some((part) =>
            getComputedStyle(part).overflowY !== "visible" &&
            part.scrollHeight > part.clientHeight + 1)"""
    )
    text = page.locator(f"{selector} p").last.bounding_box()
    return hides or text["y"] + text["height"] > height_of(page, below) + 1


@pytest.fixture
def training(visit):
    """A page on which a run of 50,000 epochs goes on."""
    page = visit(LONG)
    page.evaluate(SOCKETS)
    page.locator(".st-key-train button").first.click()
    wait_until(lambda: epoch(page) > 0)
    yield page
    if page.locator(".st-key-stop button").is_visible():
        page.locator(".st-key-stop button").click()
        expect(page.get_by_text(re.compile("Stopped after"))).to_be_visible()


def test_curve_and_heatmaps_follow_in_place_while_the_design_is_edited(training):
    page = training
    page.set_viewport_size({"width": 1400, "height": 2000})  # both are in sight
    page.wait_for_function(f"({N_POINTS})() > 0")
    page.evaluate(f"window.node = {CURVE}")
    plot = "document.querySelector('.st-key-map_weight_0 .js-plotly-plot')"
    page.wait_for_function(f"{plot}?.data")
    values = f"JSON.stringify([...{plot}._fullData[0].z[0]])"
    first = page.evaluate(f"window.map = {plot}, {values}")
    before = page.evaluate(N_POINTS)
    choose_style(page, "Subclass")
    expect(page.locator(CODE)).to_contain_text("def forward(self, x):")
    page.wait_for_function(f"({N_POINTS})() > {before}")
    page.wait_for_function(f"{values} !== {first!r}")
    assert page.evaluate(f"{CURVE} === window.node && {plot} === window.map")
    for width in range(6, 14):
        fill(page, "size_0", str(width))
        expect(page.locator(CODE)).to_contain_text(f"nn.Linear(16, {width})")
    expect(page.get_by_text("has encountered an error")).to_have_count(0)
    expect(page.get_by_text("Of another experiment: 16-12-10-1")).to_be_visible()


def test_a_page_says_so_while_it_is_not_live_and_draws_the_end_at_once(training):
    page = training
    lost = page.get_by_text("Not live: trying again.")
    page.evaluate("window.isCut = true, sockets.at(-1).close()")
    expect(lost).to_be_visible()
    seen = epoch(page)
    page.get_by_role("button", name="Refresh").click()
    wait_until(lambda: epoch(page) > seen)
    expect(lost).to_be_visible()
    page.evaluate("window.isCut = false")
    expect(lost).not_to_be_visible()
    settle(page)
    page.evaluate(COUNT_RUNS)
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text("Stopped after")).to_be_visible()
    settle(page)
    # One for the click, and one for the end.
    assert page.evaluate("window.runs") <= 2


def test_a_run_survives_a_refresh_and_a_page_switch_and_tells_where_it_stopped(
    training,
):
    page = training
    reached = epoch(page)
    page.reload()
    settle(page)
    wait_until(lambda: epoch(page) > reached)
    page.get_by_role("link", name="Weights", exact=True).click()
    expect(page.get_by_text(re.compile(r"after epoch [\d,]+")).first).to_be_visible()
    page.get_by_role("link", name="Build").click()
    wait_until(lambda: epoch(page) > reached)
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text(re.compile(r"Stopped after [\d,]+ epochs"))).to_be_visible()
    expect(page.locator(".st-key-train button").first).to_be_visible()


def test_a_killed_worker_is_told_whole_and_the_next_run_starts(app, training):
    page = training
    for worker in workers(app):
        worker.kill()
    message = page.get_by_text("run: expects its worker process to finish")
    expect(message).to_be_visible()
    failed = re.compile(r"Failed after [\d,]+ epoch")
    expect(page.locator(STATUS)).to_contain_text(failed)
    expect(page.locator(STATUS)).to_contain_text("Press Train to start again.")
    assert not is_cut(page, STATUS, ".st-key-loss_curve")
    page.locator(".st-key-train button").first.click()
    wait_until(lambda: epoch(page) > 0)


def test_a_diverging_loss_is_explained(visit):
    plan = TrainingPlan(optimizer="sgd", learning_rate=1e6, epochs=200)
    spec = NetworkSpec.mlp([10, 8, 1])
    data = DataChoice(name="diabetes")
    page = visit(Experiment(spec=spec, data=data, plan=plan))
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_text(re.compile("finite"))).to_be_visible()
    expect(page.get_by_text(re.compile("learning rate")).last).to_be_visible()


def test_a_csv_is_refused_or_uploaded_fitted_and_trained_on(page, tmp_path):
    table, empty = tmp_path / "flowers.csv", tmp_path / "empty.csv"
    rows = [f"{i % 7},{i % 3},{'red' if i % 7 > 3 else 'blue'}" for i in range(200)]
    table.write_text("\n".join(["size;leaves;colour".replace(";", ","), *rows]))
    widget(page, "data_name").get_by_role("combobox").click()
    page.get_by_role("option", name="Your own CSV file").click()
    empty.write_text("")
    page.locator(".st-key-file input[type=file]").set_input_files(empty)
    expect(page.get_by_text(re.compile("expects .*, got "))).to_be_visible()
    expect(page.locator(".st-key-train button").first).to_be_disabled()
    settle(page)
    page.locator(".st-key-file input[type=file]").set_input_files(table)
    misfit = "data: expects 16 features, one for each input of the network, got 2."
    expect(page.get_by_text(misfit).first).to_be_visible()
    # What was made of the file is brought into sight.
    expect(widget(page, "target")).to_be_in_viewport()
    expect(page.locator(".st-key-columns")).to_be_in_viewport()
    page.locator(".st-key-fit_data button").first.click()
    expect(page.locator(CODE)).to_contain_text("nn.Linear(2, 12)")
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_text(re.compile("Finished after 100 epochs"))).to_be_visible()


def test_no_worker_outlives_its_server(serve, page):
    server = serve(ROOT / "app.py")
    page.goto(f"{server.url}/?design={LONG.to_link()}")
    settle(page)
    page.locator(".st-key-train button").first.click()
    wait_until(lambda: epoch(page) > 0)
    left = workers(server)
    assert left
    server.kill()
    _, alive = psutil.wait_procs(left, timeout=10)
    assert not alive


def test_a_run_ends_in_a_score_and_nothing_has_moved(page):
    places = (".st-key-loss_curve", ".st-key-download_history", ".st-key-lines_tree")
    download = page.locator(".st-key-download_history button")
    expect(download).to_be_disabled()
    expect(page.locator(".st-key-loss_curve .js-plotly-plot")).to_be_visible()
    before = [height_of(page, place) for place in places]
    ending = page.get_by_text("Finished after 100 epochs")
    page.locator(".st-key-train button").first.click()
    wait_until(lambda: epoch(page) > 0 or ending.is_visible())
    # For a moment what goes stands beside what comes.
    wait_until(lambda: [height_of(page, place) for place in places] == before)
    expect(ending).to_be_visible()
    said = r"accuracy (0.\d+) \(always answering the most frequent class: (0.\d+)\)"
    score = re.search(said, ending.inner_text())
    assert float(score[1]) >= 0.87
    assert float(score[2]) < 0.6
    expect(page.locator(REMARK)).to_contain_text("The validation loss was lowest in")
    assert [height_of(page, place) for place in places] == before
    with page.expect_download() as caught:
        download.click()
    assert caught.value.path().read_text().count("\n") == 101
    page.set_viewport_size({"width": 1400, "height": 900})
    helps = page.get_by_role("link", name="Overfitting since epoch 5: what helps")
    expect(helps).to_be_in_viewport()
    expect(helps).to_have_attribute("href", re.compile(r"^Train\?.*run="))
    for place in (CODE, ".st-key-loss_curve", ".st-key-score_curve"):
        box = page.locator(place).first.bounding_box()
        assert box["y"] + box["height"] <= 900, place


def test_an_obstacle_is_said_beside_the_button_whatever_has_finished(visit):
    page = visit(Experiment(plan=TrainingPlan(epochs=2)))
    finish(page)
    widget(page, "data_name").get_by_role("combobox").click()
    page.get_by_role("option", name="Iris").click()
    reason = page.locator(SLOT).get_by_text(
        "expects 16 features, one for each input of the network"
    )
    expect(reason).to_be_in_viewport()
    expect(page.locator(".st-key-train button").first).to_be_disabled()
    remark = "Of another experiment: 16-12-10-1, seed 0, data digits-odd."
    expect(page.locator(STATUS)).to_contain_text(remark)
    expect(page.locator(REMARK)).to_have_text("")
    assert not is_cut(page, STATUS, ".st-key-loss_curve")
    page.locator(".st-key-fit_train button").first.click()
    expect(page.locator(".st-key-train button").first).to_be_enabled()
    expect(reason).not_to_be_visible()


def test_a_network_that_learned_nothing_is_told_so(visit):
    plan = TrainingPlan(epochs=2, learning_rate=1e-6)
    page = visit(Experiment(seed=1, plan=plan))
    finish(page)
    expect(page.locator(REMARK)).to_contain_text(
        "No better than always answering the most frequent class. "
        "What usually helps: another learning rate, more epochs or more units."
    )
    assert not is_cut(page, REMARK, ".st-key-lines_tree")
