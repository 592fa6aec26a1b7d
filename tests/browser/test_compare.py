"""The Compare page in Chromium: one layer lit in every column, the proof, the mistakes."""

import re

import pytest
from conftest import widget
from playwright.sync_api import expect

from netlib import NetworkSpec
from netlib.experiment import Experiment
from netlib.source.mistakes import MISTAKES

CLEAR = "rgba(0, 0, 0, 0)"
COLORS = "(spans) => spans.map((span) => getComputedStyle(span).backgroundColor)"


@pytest.fixture
def compare(page):
    return opened(page)


def opened(page):
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.locator(".st-key-lines_code_manual code")).to_be_visible()
    return page


def choose(page, key, name):
    widget(page, key).get_by_role("button", name=name, exact=True).click()


def lit(page, key):
    """Returns the lit lines of a listing."""
    spans = page.locator(f".st-key-lines_{key} code > span")
    colors = spans.evaluate_all(COLORS)
    return [t for t, c in zip(spans.all_inner_texts(), colors) if c != CLEAR]


def test_a_chosen_layer_lights_up_in_every_column(compare):
    choose(compare, "compared_styles", "Mixed")
    choose(compare, "compared_styles", "ModuleList")
    expect(compare.locator(".st-key-lines_code_modulelist code")).to_be_visible()
    compare.locator(".st-key-chips").get_by_role("radio", name="fc2").click()
    expect(compare.locator("code", has_text="# reach fc2")).to_have_count(5)
    tree = [line.strip() for line in lit(compare, "tree_mixed")]
    assert tree == ["(2): Linear(in_features=12, out_features=10, bias=True)"]
    found = {
        style: [line.strip() for line in lit(compare, f"code_{style}")]
        for style in ("manual", "subclass", "sequential", "mixed", "modulelist")
    }
    linear, relu = "nn.Linear(12, 10)", "torch.relu(self.fc2(x))"
    assert found["subclass"] == [f"self.fc2 = {linear}", f"x = {relu}  # (n, 10)"]
    assert found["sequential"] == [f"{linear},  # (n, 10)"]
    assert found["mixed"] == [
        f"{linear},  # (n, 10)",
        "return torch.sigmoid(self.layers(x))  # (n, 1)",
    ]
    assert found["modulelist"] == [
        "self.layers.append(nn.Linear(n_in, n_out))  # (n, n_out)",
        "x = layer(x)",
    ]
    assert found["manual"][0] == "W2 = torch.empty(10, 12, requires_grad=True)"
    assert len(found["manual"]) == 5


def test_the_choice_of_styles_is_kept_and_too_few_are_refused(compare):
    choose(compare, "compared_styles", "Manual")
    expect(compare.locator(".st-key-lines_code_manual")).to_have_count(0)
    choose(compare, "compared_styles", "Subclass")
    message = "comparison: expects 2 to 5 styles side by side, got 1."
    expect(compare.get_by_text(message)).to_be_visible()
    expect(compare.locator(".st-key-lines_code_subclass code")).to_be_visible()
    compare.get_by_role("link", name="Weights", exact=True).click()
    expect(widget(compare, "layer")).to_be_visible()
    compare.get_by_role("link", name="Compare", exact=True).click()
    expect(compare.locator(".st-key-lines_code_subclass code")).to_be_visible()
    expect(compare.locator(".st-key-lines_code_manual")).to_have_count(0)


def test_all_styles_are_certified_and_their_curves_lie_in_one_line(compare):
    compare.locator(".st-key-certificate_ask button").click()
    proof = "Identical to the last bit: 7 styles of 16-12-10-1."
    expect(compare.get_by_text(proof)).to_be_visible()
    expect(compare.get_by_text(re.compile(r"Terms: torch 2\.13\.0"))).to_be_visible()
    plot = compare.locator(".st-key-certificate_styles .js-plotly-plot")
    expect(plot).to_contain_text("Loss: 7 curves in 1 line")
    widget(compare, "optimizer").get_by_role("radio", name="sgd").click()
    expect(compare.get_by_text("has changed since: press")).to_be_visible()
    expect(compare.get_by_text(proof)).to_have_count(0)


def test_a_planted_mistake_is_found_and_named(compare):
    mistake = MISTAKES["other_way_round"].title
    widget(compare, "puzzle").get_by_role("radio", name=mistake).click()
    expect(compare.locator(".st-key-lines_puzzle_mistaken")).to_contain_text("x @ W1")
    compare.locator(".st-key-puzzle_ask button").click()
    found = "initial weights: fc1.weight: shape (16, 12), the first has (12, 16)"
    expect(compare.get_by_text(found)).to_be_visible()
    expect(compare.get_by_text("Not the same network")).to_be_visible()


def test_two_runs_show_a_habit(compare):
    name = "Evaluation mode forgotten with dropout"
    widget(compare, "puzzle").get_by_role("radio", name=name).click()
    compare.locator(".st-key-puzzle_ask button").click()
    plot = compare.locator(".st-key-pair_score .js-plotly-plot")
    expect(plot).to_contain_text("Accuracy: 2 curves in 2 lines")


def test_steps_are_timed(compare):
    compare.locator(".st-key-times_ask button").click()
    expect(compare.get_by_text("20 rounds by turns")).to_be_visible()
    expect(compare.locator(".st-key-times .js-plotly-plot")).to_be_visible()


def test_a_long_task_is_stopped(visit):
    compare = opened(visit(Experiment(spec=NetworkSpec.mlp([1024] * 6))))
    compare.locator(".st-key-times_ask button").click()
    compare.locator(".st-key-times_stop button").click()
    expect(compare.get_by_text("Stopped.")).to_be_visible()
    expect(compare.locator(".st-key-times_ask button")).to_be_visible()
