"""The Weights page in Chromium: a layer in full, before and after training."""

import re

import pytest
from conftest import settle, widget
from playwright.sync_api import expect
from safetensors.numpy import load_file
from test_build import CODE, choose_style

from netlib import Experiment, TrainingPlan, build, generate


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
    expect(plots.filter(has_text="layers.2.weight").first).to_be_visible()
    expect(page.locator(".st-key-histogram .js-plotly-plot")).to_be_visible()


def test_before_and_after_training_are_compared_and_carried_to_another_style(
    visit, tmp_path
):
    page = visit(Experiment(plan=TrainingPlan(epochs=5)))
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_text("Finished after 5 epochs")).to_be_visible()
    open_weights(page)
    expect(
        page.get_by_text("Weights before training, or after epoch 5")
    ).to_be_visible()
    after = page.get_by_role("radio", name="after training")
    expect(after).to_have_attribute("aria-checked", "true")
    printed = page.locator("code", has_text=">>> model[0].weight")
    trained = printed.inner_text()
    page.get_by_role("radio", name="before training").click()
    first = str(build(generate(Experiment().spec, "sequential")).model[0].weight)
    expect(printed).to_contain_text(first)
    assert first not in trained
    page.get_by_role("radio", name="after training").click()
    expect(after).to_have_attribute("aria-checked", "true")
    settle(page)
    page.get_by_role("link", name="Build", exact=True).click()
    choose_style(page, "Subclass")
    expect(page.locator(CODE)).to_contain_text("def forward(self, x):")
    settle(page)
    expect(page.get_by_text("Weights after epoch 5")).to_be_visible()
    expect(page.get_by_text("Of another experiment")).not_to_be_visible()
    open_weights(page)
    printed = page.locator("code", has_text=">>> model.fc1.weight")
    first = str(build(generate(Experiment().spec, "subclass")).model.fc1.weight)
    expect(printed).to_contain_text("Parameter containing:")
    assert first not in printed.inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the weights").click()
    download.value.save_as(tmp_path / "model.safetensors")
    weights = load_file(tmp_path / "model.safetensors")
    names = [f"fc{n}.{tensor}" for n in (1, 2, 3) for tensor in ("bias", "weight")]
    assert sorted(weights) == names
    shown = re.search(r"tensor\(\[\[ *(-?[\d.e+-]+)", printed.inner_text())[1]
    assert float(shown) == pytest.approx(weights["fc1.weight"][0, 0], abs=1e-4)
