"""The board of a run in Chromium: drawn live, played, bent, gone back to, forked."""

import re

import experiments
import pytest
from conftest import SOCKETS, settle, wait_until, widget
from playwright.sync_api import expect

from netlib import Experiment, TrainingPlan

SPIRALS = experiments.SPIRALS.replace(plan=TrainingPlan(epochs=50_000))
BOARD = ".layerwright-board"
CURVE = f"document.querySelector('{BOARD} .curve')"


@pytest.fixture
def board(visit):
    """The Train page with a run that waits before its first step."""
    page = visit(SPIRALS)
    page.evaluate(SOCKETS)
    page.get_by_role("link", name="Train", exact=True).click()
    page.locator(".st-key-begin_paused button").click()
    expect(page.locator(f"{BOARD}[data-moment='0,0']")).to_be_visible()
    yield page
    page.locator(".st-key-begin_paused button").click()  # ends the one that plays
    settle(page)


def moment(page):
    epoch, steps = page.locator(BOARD).get_attribute("data-moment").split(",")
    return int(epoch), int(steps)


def state(page, name):
    return expect(page.locator(f"{BOARD}[data-state='{name}']"))


def loss(page):
    text = page.locator(f"{BOARD} .facts").inner_text()
    return re.search(r"validation loss ([\d.e-]+)", text)[1]


def answer(page):
    """What the canvas under the points shows."""
    return page.evaluate(f"document.querySelector('{BOARD} .answer').toDataURL()")


def test_a_run_is_played_stepped_bent_and_forked_on_the_board(board):
    page = board
    expect(page.locator(f"{BOARD} .legend span")).to_have_text(["0", "1"])
    before = answer(page)
    page.keyboard.press("s")
    wait_until(lambda: moment(page) == (0, 1))
    page.keyboard.press("e")
    wait_until(lambda: moment(page) == (1, 0))
    assert answer(page) != before
    # A weight under the finger: boundary and loss follow, and undo brings them back.
    kept = loss(page), answer(page)
    box = page.locator(f"{BOARD} .diagram").bounding_box()
    page.mouse.click(box["x"] + 194, box["y"] + 43)
    expect(page.locator(f"{BOARD} .named")).to_have_text("fc1: bias of unit 1")
    page.locator(f"{BOARD} .weight").fill("4")
    wait_until(lambda: loss(page) != kept[0])
    page.mouse.move(0, 0)
    page.locator(f"{BOARD} .undo").click()
    wait_until(lambda: loss(page) == kept[0])
    wait_until(lambda: answer(page) == kept[1])
    # Without the rows kept back, and as if the network were sure.
    for name in ("held", "discrete"):
        page.locator(f"{BOARD} .{name}").click()
        assert answer(page) != kept[1]
        page.locator(f"{BOARD} .{name}").click()
        assert answer(page) == kept[1]
    # It plays and is drawn again and again; a connection that is cut leaves no gap.
    page.locator(f"{BOARD} .rate").fill("0.02")
    page.locator(f"{BOARD} .rate").press("Enter")
    page.locator("[data-do=play]").click()
    state(page, "playing").to_be_visible()
    page.wait_for_function(f"{CURVE}.n_drawn > 20")
    n_drawn = int(page.locator(BOARD).get_attribute("data-drawn"))
    health = page.locator(f"{BOARD} .health").inner_text()
    wait_until(
        lambda: int(page.locator(BOARD).get_attribute("data-drawn")) > n_drawn + 20
    )
    # The layers are told anew, in their table and nowhere else.
    wait_until(lambda: page.locator(f"{BOARD} .health").inner_text() != health)
    assert page.evaluate(f"{CURVE}.querySelectorAll('tr').length") == 0
    # What is edited elsewhere on the page leaves the connection and the board alone.
    page.evaluate(f"window.board = document.querySelector('{BOARD}').board")
    n_sockets = page.evaluate("sockets.length")
    widget(page, "train_learning_rate").locator("input").fill("0.003")
    widget(page, "train_learning_rate").locator("input").press("Enter")
    expect(
        page.get_by_text("The design, the data or the plan has changed")
    ).to_be_visible()
    assert page.evaluate(f"document.querySelector('{BOARD}').board === window.board")
    assert page.evaluate("sockets.length") == n_sockets
    page.evaluate("sockets.at(-1).close()")
    expect(page.locator(f"{BOARD} .lost")).to_have_text("Not live: trying again.")
    expect(page.locator(f"{BOARD} .lost")).to_have_text("")
    page.wait_for_function(f"{CURVE}.n_drawn > 60")
    page.locator("[data-do=play]").click()
    state(page, "paused").to_be_visible()
    page.wait_for_function(f"{CURVE}.n_drawn >= {moment(page)[0]}")
    # Of a long curve every second epoch is drawn, or every fourth.
    assert page.evaluate(
        f"{CURVE}.data[0].x.every((x, i) => x === (i + 1) * {CURVE}.stride)"
    )
    assert page.evaluate(f"{CURVE}.layout.annotations[0].text") == "rate 0.02"
    # Smoothed over the raw lines.
    page.locator(f"{BOARD} .smooth").fill("0.9")
    page.wait_for_function(f"{CURVE}.data[2]?.name === 'training, smoothed'")
    way = "(line) => line.y.slice(1).reduce((sum, y, i) => sum + Math.abs(y - line.y[i]), 0)"
    raw, smooth = page.evaluate(f"[{CURVE}.data[0], {CURVE}.data[2]].map({way})")
    assert smooth < raw
    # The score beside that of the best constant answer, in the same place.
    page.evaluate(f"window.chart = {CURVE}")
    page.locator(f"{BOARD} .measure").select_option("accuracy")
    page.wait_for_function(f"{CURVE}.layout.yaxis.title.text === 'accuracy'")
    names = ["validation", "validation, smoothed", "majority class 0.500"]
    assert page.evaluate(f"{CURVE}.data.map((line) => line.name)")[:3] == names
    assert page.evaluate(
        f"Math.max(...{CURVE}.data[0].y) <= 1 && {CURVE} === window.chart"
    )
    page.locator(f"{BOARD} .measure").select_option("loss")
    page.wait_for_function(f"{CURVE}.data[0].name === 'training'")
    # Back to the beginning, and on from there with another plan.
    page.locator(f"{BOARD} .look").fill("0")
    expect(page.locator(f"{BOARD} .facts")).to_contain_text("Looking back: epoch 0")
    wait_until(lambda: moment(page) == (0, 0))
    assert answer(page) == before
    # So do the rows kept back, below the board.
    expect(page.get_by_text("rows kept back, after epoch 0")).to_be_visible()
    expect(page.get_by_role("figure", name="Confusion matrix; right")).to_be_visible()
    page.locator("[data-do=now]").click()
    wait_until(lambda: moment(page)[0] > 60)
    page.locator(f"{BOARD} .look").fill("1")
    epoch = int(page.locator(f"{BOARD} .epoch").inner_text().removeprefix("epoch "))
    wait_until(lambda: moment(page) == (epoch, 0))
    page.locator("[data-do=fork]").click()
    begun = re.compile(f"^epoch {epoch} ")
    expect(page.locator(f"{BOARD} .facts")).to_contain_text(begun)
    # It is drawn beside the run that it was forked from.
    page.wait_for_function(
        f"{CURVE}.data.at(-1).name === 'validation, learning rate 0.01'"
    )
    assert page.evaluate(f"{CURVE}.data.length") == 5
    before_it = re.compile(
        r"^The run before, learning rate 0.01: validation loss 0.\d+, "
    )
    expect(page.locator(f"{BOARD} .before")).to_have_text(before_it)
    page.locator("[data-do=reset]").click()
    wait_until(lambda: moment(page) == (0, 0))
    wait_until(lambda: answer(page) == before)


def test_what_is_off_is_met_by_a_new_beginning_and_held_against_the_run_before(visit):
    page = visit(Experiment(plan=TrainingPlan(epochs=40)))
    page.get_by_role("link", name="Train", exact=True).click()
    page.locator(".st-key-train button").click()
    findings = page.locator(f"{BOARD} .findings")
    state(page, "finished").to_be_visible()
    expect(findings).to_contain_text("(overfitting). What usually helps: ")
    findings.get_by_role("button", name="Take the weights of epoch 5").click()
    said = "What usually helps: the weights of epoch 5 (taken), or: "
    expect(findings).to_contain_text(said)
    expect(widget(page, "take_best").get_by_role("switch")).to_be_checked()
    settle(page)
    stopping = findings.get_by_role("button", name="Begin anew with early stopping")
    stopping.click()
    before = re.compile(
        r"^The run before, without limits: validation loss 0.\d+, accuracy"
    )
    expect(page.locator(f"{BOARD} .before")).to_have_text(before)
    state(page, "finished").to_be_visible()
    expect(page.locator(f"{BOARD} .facts")).to_contain_text(
        "No lower validation loss in 10"
    )
    expect(stopping).to_have_count(0)
    page.locator(".st-key-begin_paused button").click()
    expect(findings).to_have_text("")
    page.locator(".st-key-stop button").click()
    state(page, "stopped").to_be_visible()
    settle(page)


def test_a_board_is_left_without_an_error(visit):
    page, errors = visit(experiments.SPIRALS), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.get_by_role("link", name="Train", exact=True).click()
    page.locator(".st-key-train button").click()
    state(page, "finished").to_be_visible()
    page.wait_for_function(f"{CURVE}.n_drawn > 0")
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_text("Exports the run of")).to_be_visible()
    settle(page)
    assert errors == []
