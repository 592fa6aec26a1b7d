"""How well a network answers, drawn: what stands where."""

import numpy as np

from netlib.figures import (
    confusion,
    importance_bars,
    pictures,
    predictions,
    threshold_curves,
    weight_pictures,
)


def test_a_confusion_matrix_has_counts_and_shares_of_each_class():
    figure = confusion(np.array([[3, 1], [0, 0]]), ["no", "yes"])
    (trace,) = figure.data
    places = [(each.x, each.y, each.text) for each in figure.layout.annotations]
    assert places == [(0, 0, "3"), (1, 0, "1")]
    assert trace.z.tolist() == [[0.75, 0.25], [0, 0]]
    assert (trace.x, trace.y) == (("no", "yes"), ("no", "yes"))
    assert figure.layout.yaxis.autorange == "reversed"
    many = confusion(np.eye(30, dtype=int), list(map(str, range(30))))
    assert many.layout.annotations == ()


def test_threshold_curves_stand_beside_guessing():
    curves = {"a": ((0, 1), (0.5, 1)), "b": ((0, 1), (0, 1))}
    lines = threshold_curves(curves, "recall", "precision", True).data
    assert [line.name for line in lines] == ["a", "b", "guessing"]
    assert (lines[0].x, lines[0].y) == ((0, 1), (0.5, 1))
    assert lines[0].line.color != lines[1].line.color
    assert len(threshold_curves(curves, "recall", "precision", False).data) == 2


def test_predictions_stand_over_true_values_and_the_line_of_equals():
    line, points = predictions([1.0, 3.0], [0.5, 4.0]).data
    assert (points.x, points.y) == ((1, 3), (0.5, 4))
    assert line.x == line.y == (0.5, 4)


def test_what_matters_most_stands_at_the_top():
    figure = importance_bars({"age": (0.3, 0.1), "size": (-0.01, 0.0)}, "accuracy")
    (bars,) = figure.data
    assert (bars.y, bars.x.tolist()) == (("age", "size"), [0.3, -0.01])
    assert bars.error_x.array.tolist() == [0.1, 0]
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.xaxis.title.text == "accuracy lost"


def test_pictures_have_their_labels_below_them():
    rows = np.arange(3 * 4).reshape(3, 4)
    figure = pictures(rows, 2, 2, ["zero", "one", "two"])
    z = figure.data[0].z
    assert z.shape == (10, 6)
    assert z[5:7, :2].tolist() == [[8, 9], [10, 11]]
    assert np.isnan(z[2:5]).all()
    places = [(each.text, each.x, each.y) for each in figure.layout.annotations]
    assert places == [("zero", 0.5, 4.5), ("one", 3.5, 4.5), ("two", 0.5, 9.5)]


def test_weights_over_pixels_are_coloured_about_0():
    (trace,) = weight_pictures(np.array([[-2.0, 1, 0, 0]]), 2, 1).data
    assert (trace.zmin, trace.zmax) == (-2, 2)
