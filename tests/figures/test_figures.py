import base64
import math
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netlib.figures import (
    Column,
    class_points,
    diagram,
    function_curve,
    heatmap,
    histogram,
    intervals,
    layer_color,
    loss_curves,
    overlaid,
    pale,
    pictures,
    reduce_blocks,
    score_curve,
    value_points,
)
from netlib.figures.base import LAYER_COLORS, NEGATIVE, POSITIVE
from netlib.training.epoch import Epoch

ROOT = Path(__file__).parents[2]
SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)
VALUES = st.floats(-100, 100, width=32)
HISTORY = [Epoch(1, 0.7, 0.69, 0.5), Epoch(2, 0.5, 0.51, 0.8)]


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def oklab(color: str) -> np.ndarray:
    """Björn Ottosson, "A perceptual color space for image processing", 2020."""
    cones = linear(color) @ [
        [0.4122, 0.2119, 0.0883],
        [0.5363, 0.6807, 0.2817],
        [0.0514, 0.1074, 0.6300],
    ]
    return np.cbrt(cones) @ [
        [0.2105, 1.9780, 0.0259],
        [0.7936, -2.4286, 0.7828],
        [-0.0041, 0.4506, -0.8087],
    ]


def test_layer_colors_are_told_apart_on_a_light_and_on_a_dark_page():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    pages = [luminance(theme[name]["backgroundColor"]) for name in ("light", "dark")]
    for color in map(luminance, LAYER_COLORS):
        for page in pages:
            low, high = sorted((color, page))
            assert (high + 0.05) / (low + 0.05) >= 3
    for one, other in combinations(map(oklab, LAYER_COLORS), 2):
        assert np.linalg.norm(one - other) > 0.12


def test_fourteen_layers_with_activations_have_colours_of_their_own():
    assert len({layer_color(index) for index in range(0, 28, 2)}) == 14
    assert layer_color(15) == layer_color(0)


def test_pale_is_the_same_colour_seen_through():
    assert pale("#E69F00", 0.25) == "rgba(230,159,0,0.25)"


def naive_blocks(values, limit):
    """The same means, one block after the other."""
    height, width = (-(-size // limit) for size in values.shape)
    rows = [
        [
            values[y : y + height, x : x + width].mean(dtype=np.float64)
            for x in range(0, values.shape[1], width)
        ]
        for y in range(0, values.shape[0], height)
    ]
    return np.array(rows, dtype=values.dtype), (height, width)


@given(arrays.arrays(np.float32, SHAPES, elements=VALUES), st.integers(1, 45))
def test_reduced_blocks_are_the_means_of_what_is_there(values, limit):
    blocks, size = reduce_blocks(values, limit)
    expected, expected_size = naive_blocks(values, limit)
    assert size == expected_size
    assert max(blocks.shape) <= limit
    assert blocks.dtype == np.float32
    np.testing.assert_allclose(blocks, expected, rtol=1e-6, atol=1e-5)


def test_a_small_matrix_is_not_reduced():
    values = np.zeros((256, 256), np.float32)
    blocks, size = reduce_blocks(values)
    assert blocks is values
    assert size == (1, 1)


def test_a_diverged_matrix_reduces_without_a_warning():
    values = np.array([[np.inf, -np.inf, np.nan, 1.0]], np.float32)
    blocks, _ = reduce_blocks(values, 2)
    assert np.isnan(blocks).all()


def test_a_heatmap_sends_float32_centred_at_zero():
    values = np.array([[1, -3, 0.5], [0, 2, np.nan]], np.float32)
    figure = heatmap(values, "fc1.weight")
    trace = figure.data[0]
    sent = figure.to_dict()["data"][0]["z"]
    assert (sent["dtype"], sent["shape"]) == ("f4", "2, 3")
    assert base64.b64decode(sent["bdata"]) == values.tobytes()
    assert (trace.zmin, trace.zmax) == (-3, 3)
    assert [stop for stop, _ in trace.colorscale] == [0, 0.5, 1]
    assert axis_names(figure) == ("input", "output")
    assert figure.layout.title.text == "fc1.weight"


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_a_heatmap_without_a_largest_value_has_a_scale_all_the_same(value):
    trace = heatmap(np.full((2, 2), value, np.float32), "w").data[0]
    assert (trace.zmin, trace.zmax) == (-1, 1)


def test_a_heatmap_takes_the_scale_of_another():
    trace = heatmap(np.ones((2, 2), np.float32), "w", limit=3.5).data[0]
    assert (trace.zmin, trace.zmax) == (-3.5, 3.5)


def test_a_bias_is_one_row_over_the_outputs():
    figure = heatmap(np.ones(3, np.float32), "fc1.bias")
    assert figure.data[0].z.shape == (1, 3)
    assert figure.data[0].hovertemplate == (
        "output %{x}<br>value %{z:.4g}<extra></extra>"
    )
    assert axis_names(figure) == ("output", "")


def test_heatmap_axes_show_the_indices_of_the_whole_tensor():
    blocks = heatmap(np.ones((3, 4), np.float32), "w", block=(4, 2)).data[0]
    assert (blocks.y0, blocks.dy, blocks.x0, blocks.dx) == (1.5, 4, 0.5, 2)
    crop = heatmap(np.ones((3, 4), np.float32), "w", offset=(100, 700)).data[0]
    assert (crop.y0, crop.dy, crop.x0, crop.dx) == (100, 1, 700, 1)


def test_a_zoom_outlives_new_values_but_not_a_new_shape():
    old = heatmap(np.ones((3, 4), np.float32), "w").layout.uirevision
    assert heatmap(np.zeros((3, 4), np.float32), "w").layout.uirevision == old
    assert heatmap(np.ones((4, 3), np.float32), "w").layout.uirevision != old


def test_a_histogram_counts_every_finite_value():
    values = np.array([[0.1, 0.2, np.nan], [-0.5, np.inf, 0.2]], np.float32)
    figure = histogram(values, "fc1.weight")
    assert figure.data[0].y.sum() == 4
    assert axis_names(figure) == ("value", "count")


def test_a_histogram_of_one_constant_is_one_bar():
    bars = histogram(np.full(100, 0.25, np.float32), "b").data[0]
    assert bars.y.max() == 100 == bars.y.sum()


def test_loss_curves_grow_into_the_planned_epochs():
    figure = loss_curves(HISTORY, "Loss", 100)
    training, validation = figure.data
    assert (training.name, validation.name) == ("training", "validation")
    assert (training.line.dash, validation.line.dash) == ("solid", "dash")
    assert training.x.tolist() == [1, 2]
    assert training.y.tolist() == [0.7, 0.5]
    assert validation.y.tolist() == [0.69, 0.51]
    assert figure.layout.xaxis.range == (0, 100)
    assert axis_names(figure) == ("epoch", "")
    assert not figure.layout.annotations


@pytest.mark.parametrize("n_epochs", [500, 501, 1001, 4999, 5001])
def test_a_long_history_is_thinned_and_keeps_first_and_last(n_epochs):
    history = [Epoch(k, k / 7, 0.0, 0.0) for k in range(1, n_epochs + 1)]
    training = loss_curves(history, "Loss", 5000).data[0]
    assert 250 <= len(training.x) <= 501
    assert (training.x[0], training.x[-1]) == (1, n_epochs)
    assert training.y.tolist() == [k / 7 for k in training.x.tolist()]


def test_values_that_are_no_numbers_are_gaps():
    history = [*HISTORY, Epoch(3, math.nan, math.nan, 0.5)]
    training, validation = loss_curves(history, "Loss", 10).data
    assert np.isnan(training.y[2:]).all()
    assert np.isnan(validation.y[2:]).all()


def test_a_single_epoch_is_a_point():
    assert loss_curves(HISTORY[:1], "Loss", 100).data[0].mode == "markers"
    assert loss_curves(HISTORY, "Loss", 100).data[0].mode == "lines"


def test_empty_curves_say_what_to_press():
    for figure in (loss_curves([], "Loss", 100), empty_score()):
        assert [note.text for note in figure.layout.annotations] == ["Press Train"]
        assert figure.layout.xaxis.range == (0, 100)
        assert all(len(trace.x) == 0 for trace in figure.data)


@pytest.mark.parametrize(("n_epochs", "step"), [(1, 1), (10, 1), (11, None)])
def test_epochs_are_counted_in_whole_numbers(n_epochs, step):
    axis = loss_curves(HISTORY, "Loss", n_epochs).layout.xaxis
    assert (axis.range[0], axis.dtick) == (0, step)


def empty_score():
    return score_curve([], "Accuracy", 100, 0.5, "majority class")


def test_a_score_stands_beside_its_baseline():
    figure = score_curve(HISTORY, "", 100, 0.503, "majority class")
    score, baseline = figure.data
    assert score.y.tolist() == [0.5, 0.8]
    assert baseline.name == "majority class 0.503"
    assert (baseline.x, baseline.y) == ((0, 100), (0.503, 0.503))
    assert baseline.line.dash != score.line.dash
    assert axis_names(figure) == ("epoch", "")


def axis_names(figure):
    return figure.layout.xaxis.title.text, figure.layout.yaxis.title.text


def network(*widths: int, weights: bool = True) -> list[Column]:
    rng = np.random.default_rng(0)
    columns = [Column("input", "", widths[0], None, "#808080", False)]
    for layer, shape in enumerate(zip(widths[1:], widths)):
        weight = rng.normal(size=shape).astype(np.float32) if weights else None
        dense = Column(
            f"fc{layer + 1}",
            "Linear + ReLU",
            shape[0],
            layer,
            layer_color(layer),
            True,
            weight,
        )
        columns.append(dense)
    return columns


def circles(figure: Any) -> Any:
    (trace,) = [trace for trace in figure.data if trace.mode == "markers"]
    return trace


def n_edges(figure: Any) -> int:
    return sum(len(trace.x) // 3 for trace in figure.data if trace.mode == "lines")


def texts(figure: Any) -> list[list[str]]:
    return [list(trace.text) for trace in figure.data if trace.mode == "text"]


def test_a_diagram_joins_every_unit_to_every_unit_of_the_column_before():
    figure = diagram(network(3, 4, 2), "net", None)
    assert n_edges(figure) == 3 * 4 + 4 * 2
    assert list(circles(figure).customdata) == [None] * 3 + [0] * 4 + [1] * 2
    names, numbers, _ = texts(figure)
    assert names == ["input", "fc1", "fc2"]
    assert numbers == ["3<br>", "4<br>Linear<br>ReLU", "2<br>Linear<br>ReLU"]


def test_a_column_that_is_not_dense_joins_each_unit_to_its_own():
    dropout = Column("dropout1", "Dropout", 4, 1, "#E69F00", False)
    figure = diagram([*network(3, 4), dropout], "", None)
    assert n_edges(figure) == 3 * 4 + 4


def test_a_wide_column_shows_its_ends_and_its_true_number():
    figure = diagram(network(2, 1024), "", None)
    units = [text for text in circles(figure).text if text.startswith("fc1")]
    assert [unit.split("<br>")[0] for unit in units] == [
        f"fc1, unit {unit}" for unit in [*range(7), *range(1017, 1024)]
    ]
    _, numbers, dots = texts(figure)
    assert numbers[1] == "1,024<br>Linear<br>ReLU"
    assert dots == ["", "⋮"]
    assert n_edges(figure) == 2 * 14


def strengths(weight: np.ndarray) -> dict[str, int]:
    """Edges a line colour, for one unit that sees two."""
    columns = network(2, 1)
    columns[1] = Column("fc1", "Linear", 1, 0, "#0072B2", True, weight)
    lines = [t for t in diagram(columns, "", None).data if t.mode == "lines"]
    return {line.line.color: len(line.x) // 3 for line in lines if len(line.x)}


def test_edges_are_coloured_by_weight_and_grey_without():
    blue, vermilion, grey = (
        pale("#2388CC", 0.7),
        pale("#D55E00", 0.7),
        pale("#808080", 0.35),
    )
    assert strengths(np.array([[0.2, -0.2]], np.float32)) == {blue: 1, vermilion: 1}
    assert strengths(np.array([[np.nan, 0.2]], np.float32)) == {grey: 1, blue: 1}
    assert strengths(np.zeros((1, 2), np.float32)) == {pale("#808080", 0.1): 2}
    without = diagram(network(3, 4, weights=False), "", None).data
    assert [t.line.color for t in without if t.mode == "lines" and len(t.x)] == [grey]


def test_edges_lead_from_the_unit_before_to_the_unit_of_the_row():
    columns = network(2, 3)
    weight = np.zeros((3, 2), np.float32)
    weight[2, 0] = 1
    columns[1] = Column("fc1", "Linear", 3, 0, "#0072B2", True, weight)
    (line,) = [
        trace
        for trace in diagram(columns, "", None).data
        if trace.mode == "lines" and trace.line.color == pale("#2388CC", 0.7)
    ]
    assert line.x[:2].tolist() == [0, 1]
    assert line.y[:2].tolist() == [0.5, -1]


def test_the_selected_layer_is_framed_in_its_colour():
    figure = diagram(network(3, 4, 2), "", 1)
    (frame,) = figure.layout.shapes
    assert (frame.xanchor, frame.line.color) == (2, layer_color(1))
    assert texts(figure)[0] == ["input", "fc1", "<b>fc2</b>"]
    assert not diagram(network(3, 4, 2), "", None).layout.shapes


def test_forty_layers_are_all_there_under_thinned_names():
    figure = diagram(network(*[8] * 41), "", 17)
    assert len(circles(figure).x) == 41 * 8
    assert len([trace for trace in figure.data if trace.mode == "lines"]) == 10
    names = texts(figure)[0]
    assert "<b>fc18</b>" in names
    assert 10 <= len([name for name in names if name]) <= 15


@pytest.mark.parametrize(
    "figure",
    [
        heatmap(np.ones((2, 2), np.float32), "w"),
        histogram(np.ones(4, np.float32), "w"),
        loss_curves(HISTORY, "Loss", 10),
        empty_score(),
        diagram(network(16, 12, 10, 1), "", 0),
    ],
    ids=["heatmap", "histogram", "loss", "score", "diagram"],
)
def test_background_and_text_are_left_to_the_page(figure):
    layout = figure.to_dict()["layout"]
    assert "paper_bgcolor" not in layout
    assert "plot_bgcolor" not in layout
    assert "color" not in layout.get("font", {})
    assert "layout" not in layout["template"]


def test_equal_curves_lie_in_one_line_and_the_title_says_so():
    same, other = [3.0, 2.0, 1.0], [3.0, 2.0, 1.0 + 2**-52]
    figure = overlaid(
        {"a": same, "b": list(same), "c": other}, "Loss", "step", "mse", 1
    )
    assert figure.layout.title.text == "Loss: 3 curves in 2 lines"
    assert [trace.line.width for trace in figure.data] == [5, 2, 2]
    assert [trace.x0 for trace in figure.data] == [1, 1, 1]
    assert list(figure.data[2].y) == other
    alone = overlaid({"a": same}, "Loss", "step", "mse")
    assert alone.layout.title.text == "Loss: 1 curve in 1 line"


def test_intervals_reach_from_quartile_to_quartile():
    figure = intervals({"one": (1.0, 2.0, 4.0), "two": (3.0, 3.0, 3.5)}, "T", "us")
    (trace,) = figure.data
    assert list(trace.x) == [2.0, 3.0]
    assert list(trace.error_x.arrayminus) == [1.0, 0.0]
    assert list(trace.error_x.array) == [2.0, 0.5]


def test_a_function_lies_beside_its_derivative():
    x = np.array([-1, 0, 1], np.float32)
    figure = function_curve(x, x**2, 2 * x)
    value, derivative = figure.data
    assert (value.name, list(value.y)) == ("value", [1, 0, 1])
    assert (derivative.name, list(derivative.y)) == ("derivative", [-2, 0, 2])
    assert list(value.x) == list(derivative.x) == [-1, 0, 1]


def test_points_show_their_class_and_whether_they_are_kept_back():
    x, y, held = np.arange(4.0), np.arange(4.0) ** 2, np.array([0, 0, 1, 1], bool)
    figure = class_points(x, y, ["b", "a", "a", "b"], held, ("x1", "x2"))
    shown = {trace.name: (list(trace.x), trace.marker.symbol) for trace in figure.data}
    assert shown == {
        "a to train on": ([1.0], "circle"),
        "a kept back": ([2.0], "circle-open"),
        "b to train on": ([0.0], "circle"),
        "b kept back": ([3.0], "circle-open"),
    }
    colors = {trace.name[0]: trace.marker.color for trace in figure.data}
    assert colors == {"a": NEGATIVE, "b": POSITIVE}
    assert figure.layout.xaxis.title.text == "x1"


def test_points_of_both_parts_share_the_colours_of_their_values():
    held = np.array([0, 1, 0], bool)
    values = np.array([5.0, 9.0, 7.0])
    figure = value_points(np.ones(3), np.ones(3), values, held, ("x1", "x2"))
    scales = {(trace.marker.cmin, trace.marker.cmax) for trace in figure.data}
    assert scales == {(5.0, 9.0)}
    assert [list(trace.marker.color) for trace in figure.data] == [[5.0, 7.0], [9.0]]
    alone = value_points(np.ones(3), values, None, held, ("x1", "y"))
    assert {trace.marker.color for trace in alone.data} == {POSITIVE}


def test_rows_of_pixels_are_pictures_beside_each_other():
    rows = np.arange(12.0).reshape(3, 4)
    grid = pictures(rows, side=2, n_across=2).data[0].z
    assert grid.shape == (6, 6)
    assert grid[:2, :2].tolist() == [[0, 1], [2, 3]]
    assert grid[:2, 3:5].tolist() == [[4, 5], [6, 7]]
    assert grid[3:5, :2].tolist() == [[8, 9], [10, 11]]
    assert np.isnan(grid[:, 2]).all()
    assert np.isnan(grid[3:, 3:]).all(), "where no picture is"
