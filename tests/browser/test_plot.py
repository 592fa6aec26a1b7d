"""Plots in Chromium: drawn in place, zoom kept, themed, clickable."""

from collections.abc import Iterator

import pytest
from conftest import PATIENCE
from playwright.sync_api import Page

APP = """
import numpy as np
import streamlit as st

from netlib.figures import Column, diagram, heatmap, loss_curves
from netlib.training.epoch import Epoch
from pages.frame.plot import clicked, load_plotly, plot


@st.fragment(run_every=0.2)
def live():
    tick = st.session_state.tick = st.session_state.get("tick", 0) + 1
    values = np.random.default_rng(tick).normal(size=(8, 8))
    plot(heatmap(values, "weights"), "live", alt=f"Tick {tick}", height=240)


def select():
    st.session_state.layer = clicked("network")


def begin_anew():
    st.session_state.begun = st.session_state.get("begun", 0) + 1


load_plotly()
live()
st.button("Begin anew", on_click=begin_anew)
n_epochs = 0 if st.session_state.get("begun", 0) % 2 else 3
history = [Epoch(n, 0.2 / n, 0.3 / n, 0.9) for n in range(1, n_epochs + 1)]
plot(loss_curves(history, "Loss", 3), "losses", alt=f"{n_epochs} epochs", height=200)
layer = st.session_state.get("layer")
columns = [
    Column("input", "", 4, None, "#808080", False),
    Column("fc1", "Linear", 3, 0, "#0072B2", True, np.ones((3, 4), np.float32)),
    Column("fc2", "Linear", 1, 7, "#E69F00", True, np.ones((1, 3), np.float32)),
]
network = diagram(columns, "", layer)
plot(network, "network", alt="Network 4-3-1", height=260, on_click=select)
st.write(f"Selected: {layer}")
st.html('<div style="height: 3000px"></div>')
plot(network, "far", alt="The same network, far below", height=260)
"""
LIVE, NETWORK = ".st-key-live .js-plotly-plot", ".st-key-network .js-plotly-plot"
PIXELS = "(image) => image.href.baseVal"
WATCH = """(node) => {
  window.watched = { node, frames: 0, blanks: 0 }
  const look = () => {
    watched.frames += 1
    const drawn = node.isConnected && node.querySelector(".heatmaplayer image")
    if (!drawn) watched.blanks += 1
    requestAnimationFrame(look)
  }
  look()
}"""


@pytest.fixture(scope="module")
def page(serve, tab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    script = tmp_path_factory.mktemp("plot") / "plot_app.py"
    script.write_text(APP)
    with tab(width=1000) as page:
        page.goto(serve(script).url)
        page.locator(f"{LIVE} .heatmaplayer image").wait_for(state="attached")
        page.locator(f"{NETWORK} .points path").first.wait_for()
        yield page


def tick(page: Page) -> int:
    return int(str(page.locator(LIVE).get_attribute("aria-label")).split()[-1])


def wait_for_ticks(page: Page, count: int) -> None:
    page.wait_for_function(
        "([plot, tick]) => document.querySelector(plot).ariaLabel.split(' ')[1] > tick",
        arg=[LIVE, tick(page) + count - 1],
    )


def ranges(page: Page) -> list[list[float]]:
    axes = "(node) => [node._fullLayout.xaxis.range, node._fullLayout.yaxis.range]"
    return page.locator(LIVE).evaluate(axes)


def drag(page: Page, wait: bool) -> None:
    """Draws a zoom box over the middle of the live plot."""
    box = page.locator(f"{LIVE} .nsewdrag").bounding_box()
    assert box
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + width * 0.3, y + height * 0.3)
    page.mouse.down()
    page.mouse.move(x + width * 0.5, y + height * 0.5, steps=3)
    if wait:
        wait_for_ticks(page, 2)
    page.mouse.move(x + width * 0.7, y + height * 0.7, steps=3)
    page.mouse.up()


def test_an_alternative_text_and_the_height_are_there(page: Page) -> None:
    network = page.get_by_role("figure", name="Network 4-3-1")
    box = network.bounding_box()
    assert box and box["height"] == 260
    assert not page.locator(".st-key-load_plotly").is_visible()


def test_updates_keep_the_node_and_never_blink(page: Page) -> None:
    page.locator(LIVE).evaluate(WATCH)
    before = page.locator(f"{LIVE} .heatmaplayer image").evaluate(PIXELS)
    wait_for_ticks(page, 4)
    page.wait_for_function("watched.frames > 10")
    same, blanks = page.evaluate(
        "(plot) => [watched.node === document.querySelector(plot), watched.blanks]",
        LIVE,
    )
    after = page.locator(f"{LIVE} .heatmaplayer image").evaluate(PIXELS)
    assert same and blanks == 0
    assert after != before


@pytest.mark.parametrize("wait", [False, True], ids=["between", "across"])
def test_a_zoom_drawn_between_or_across_updates_is_kept(page: Page, wait: bool) -> None:
    whole = ranges(page)
    drag(page, wait)
    page.wait_for_function(
        "([plot, x]) => document.querySelector(plot)._fullLayout.xaxis.range[0] > x",
        arg=[LIVE, whole[0][0]],
    )
    wait_for_ticks(page, 2)
    zoomed = ranges(page)
    wait_for_ticks(page, 2)
    assert ranges(page) == zoomed != whole
    page.locator(f"{LIVE} .nsewdrag").dblclick()
    page.wait_for_function(
        "([plot, x]) => document.querySelector(plot)._fullLayout.xaxis.range[0] == x",
        arg=[LIVE, whole[0][0]],
    )


def test_a_click_on_a_unit_gives_its_layer(page: Page) -> None:
    units = page.locator(f"{NETWORK} .points path")
    box = units.last.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("Selected: 7").wait_for()
    page.locator(f"{NETWORK} .shapelayer path").wait_for()


def test_a_figure_is_drawn_once_it_comes_near(page: Page) -> None:
    far = page.locator(".st-key-far .layerwright-plot")
    assert far.evaluate("(node) => node.childElementCount") == 0
    far.scroll_into_view_if_needed()
    far.locator(".points path").first.wait_for()
    page.locator(NETWORK).scroll_into_view_if_needed()


def test_colours_follow_the_theme_and_width_the_page(page: Page) -> None:
    text = page.locator(f"{NETWORK} .textpoint text").first
    fill = "(node) => getComputedStyle(node).fill"
    light = text.evaluate(fill)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_function(
        "([plot, light]) => { const node = document.querySelector(plot);"
        " const text = node.querySelector('.textpoint text');"
        " return getComputedStyle(text).fill !== light"
        " && node.querySelector('.main-svg').clientWidth === node.clientWidth"
        " && node.clientWidth < 400 }",
        arg=[NETWORK, light],
    )
    body = page.locator(".stApp").evaluate("(node) => getComputedStyle(node).color")
    assert text.evaluate(fill) == body


# The last one: a second window can leave the first in the background, undrawn.
def test_a_finger_scrolls_the_page_over_a_plot(page: Page) -> None:
    phone = page.context.browser.new_context(
        viewport={"width": 400, "height": 400}, has_touch=True, is_mobile=True
    )
    try:
        touched = phone.new_page()
        touched.set_default_timeout(PATIENCE)
        touched.goto(page.url)
        touched.locator(".st-key-live").scroll_into_view_if_needed()
        drag_layer = touched.locator(f"{LIVE} .nsewdrag")
        box = drag_layer.bounding_box()
        assert box
        swipe(touched, box["x"] + 100, box["y"] + 150, -100)
        touched.wait_for_function(
            "([plot, y]) => document.querySelector(plot).getBoundingClientRect().y < y",
            arg=[f"{LIVE} .nsewdrag", box["y"] - 50],
        )
    finally:
        phone.close()


def swipe(page: Page, x: float, y: float, distance: float) -> None:
    session = page.context.new_cdp_session(page)
    moves = [{"x": x, "y": y + distance * step / 10} for step in range(11)]
    for kind, points in [
        ("touchStart", moves[:1]),
        *(("touchMove", [move]) for move in moves),
        ("touchEnd", []),
    ]:
        event = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", event)


def test_an_axis_fits_a_curve_that_begins_anew(page: Page) -> None:
    losses = page.locator(".st-key-losses .js-plotly-plot")
    axis = "(node) => node._fullLayout.yaxis.range"
    before = losses.evaluate(axis)
    for alt in ("0 epochs", "3 epochs"):
        page.get_by_role("button", name="Begin anew").click()
        page.get_by_role("figure", name=alt).wait_for()
    assert before[0] == 0
    assert losses.evaluate(axis) == before
