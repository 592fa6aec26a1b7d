"""The Weights page in Chromium: a layer in full, before and after training."""

import re

from conftest import widget
from playwright.sync_api import expect

from netlib import Experiment, build, generate


def open_weights(page):
    page.get_by_role("link", name="Weights", exact=True).click()
    expect(widget(page, "layer")).to_be_visible()


def test_a_layer_is_printed_as_the_style_reaches_it(page):
    open_weights(page)
    page.get_by_role("radio", name="Mixed").click()
    page.get_by_role("radio", name="model.layers[2]").click()
    experiment = Experiment(style="mixed")
    layer = build(generate(experiment.spec, "mixed"), seed=0).model.layers[2]
    printed = page.locator("code", has_text=">>> model.layers[2].weight")
    expect(printed).to_contain_text(str(layer.weight))
    expect(printed).to_contain_text(str(layer.bias))
    plots = page.locator(".js-plotly-plot")
    expect(plots.filter(has_text="fc2.weight").first).to_be_visible()
    expect(page.locator(".st-key-histogram .js-plotly-plot")).to_be_visible()


def test_before_and_after_training_are_compared(page):
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_text(re.compile("Finished after 100 epochs"))).to_be_visible()
    open_weights(page)
    expect(
        page.get_by_text("Weights before training, or after epoch 100")
    ).to_be_visible()
    after = page.get_by_role("radio", name="after training")
    expect(after).to_have_attribute("aria-checked", "true")
    printed = page.locator("code", has_text=">>> model[0].weight")
    trained = printed.inner_text()
    page.get_by_role("radio", name="before training").click()
    first = str(build(generate(Experiment().spec, "sequential")).model[0].weight)
    expect(printed).to_contain_text(first)
    assert first not in trained
