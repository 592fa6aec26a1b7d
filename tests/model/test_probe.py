"""What a network does on a plane through its data: held against the network itself."""

import numpy as np
import pytest
import torch
from experiments import DATA, experiment_of
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

from netlib import Experiment, NetworkSpec, write
from netlib.data.choice import DataChoice
from netlib.model.builder import execute
from netlib.model.plane import plane_through
from netlib.model.probe import MOST_UNITS, SIDE, Probe
from netlib.model.weights import weights_of

SPEC = NetworkSpec.mlp([2, 8, 5, 1], "tanh", "sigmoid")
NOISY = NetworkSpec(
    input_shape=(2,),
    layers=[
        {"kind": "BatchNorm1d"},
        {"kind": "Linear", "out_features": 6},
        {"kind": "BatchNorm1d"},
        {"kind": "ReLU"},
        {"kind": "Dropout", "p": 0.5},
        {"kind": "Linear", "out_features": 1},
    ],
)


def running(**fields):
    spirals = {"spec": SPEC, "data": DataChoice(name="spirals")}
    return execute(write(Experiment(**spirals | fields)))


def maps_of(content, n_maps):
    maps = np.frombuffer(content, np.uint8, n_maps * SIDE * SIDE)
    return maps.reshape(n_maps, SIDE, SIDE).astype(int)


def grid(span):
    """The points of a picture, from the top left, as a person would write them."""
    (left, right), (bottom, top) = span
    across, down = np.linspace(left, right, SIDE), np.linspace(top, bottom, SIDE)
    points = [(x, y) for y in down for x in across]
    return torch.tensor(points).float()


@pytest.mark.parametrize("style", ["sequential", "manual"])
def test_a_picture_is_what_the_network_computes(style):
    found = running(style=style)
    list(found.train_epoch())
    probe = Probe(found)
    scene, _ = probe.scene()
    facts, content = probe.picture(found.network.tensors)
    points = grid(scene["span"])
    tensors = [t.detach() for t in found.network.tensors.values()]
    with torch.no_grad():
        answer = found.network.model(points)
    first = torch.tanh(F.linear(points, *tensors[:2]))
    second = torch.tanh(F.linear(first, *tensors[2:4]))
    units = torch.cat((first, second), 1)
    peaks = units.abs().amax(0)
    assert facts["peaks"] == pytest.approx(peaks.tolist(), rel=1e-4)
    wanted = torch.cat((answer * 255, 128 + 127 * units / peaks), 1)
    wanted = wanted.T.reshape(14, SIDE, SIDE).numpy()
    maps = maps_of(content, 14)
    assert np.abs(maps - wanted).max() <= 1.01
    assert maps.std(axis=(1, 2)).min() > 1
    assert facts["loss"] == pytest.approx(found.validate()[0], abs=1e-6)
    weights = np.frombuffer(content, "<f4", offset=14 * SIDE * SIDE)
    assert weights.tobytes() == b"".join(t.numpy().tobytes() for t in tensors)


def test_points_stand_where_their_features_are_that_are_no_inputs():
    data = DataChoice(name="spirals", features=("x1*x2",), without=("x1",))
    found = running(spec=NetworkSpec.mlp([2, 3, 1], "tanh", "sigmoid"), data=data)
    scene, drawn = Probe(found).scene()
    assert scene["inputs"] == ["x2", "x1·x2"]
    points = np.frombuffer(drawn, "<f4", 3 * scene["n_points"]).reshape(-1, 3)
    names = found.names
    both = np.column_stack([names["x1"], names["x2"]])
    split = train_test_split(both, test_size=0.2, stratify=names["y"], random_state=0)
    expected = StandardScaler().fit(split[0]).transform(np.concatenate(split))
    assert np.allclose(points[:, :2], expected, atol=1e-6)
    rows = torch.cat([found.data[f"X_{part}"] for part in ("train", "val")])
    assert np.allclose(points[:, 1], rows[:, 0], atol=1e-6)


def test_the_inputs_of_a_table_are_called_as_its_columns():
    experiment, csv = experiment_of("csv")
    found = execute(write(experiment, csv), csv)
    scene, _ = Probe(found).scene()
    names = found.names["columns"].get_feature_names_out()
    texts = [name.split("__")[1].replace("_", " ") for name in names]
    assert scene["inputs"] == texts[:8]
    assert scene["inputs"][3:6] == ["size 3", "price", "city Bern"]


def test_a_picture_is_drawn_through_the_features_made_of_two():
    data = DataChoice(name="spirals", features=("x1*x2", "sin x2"))
    found = running(spec=NetworkSpec.mlp([4, 3, 1], "tanh", "sigmoid"), data=data)
    probe = Probe(found)
    scene, drawn = probe.scene()
    assert (scene["n_features"], scene["share"]) == (2, 1)
    assert scene["inputs"] == ["x1", "x2", "x1·x2", "sin x2"]
    points = np.frombuffer(drawn, "<f4", 3 * scene["n_points"]).reshape(-1, 3)
    given = found.data["X_train"][:, :2]
    assert np.allclose(points[: scene["n_training"], :2], given)
    # As a person would do it with the program's own names.
    scaler = found.names["scaler"]
    x1, x2 = (grid(scene["span"]).numpy() * scaler.scale_[:2] + scaler.mean_[:2]).T
    rows = scaler.transform(np.column_stack([x1, x2, x1 * x2, np.sin(x2)]))
    with torch.no_grad():
        answer = found.network.model(torch.tensor(rows).float()) * 255
    _, content = probe.picture(found.network.tensors)
    wanted = answer.reshape(SIDE, SIDE).numpy()
    assert np.abs(maps_of(content, 4)[0] - wanted).max() <= 1.01
    inputs = maps_of(drawn[12 * scene["n_points"] :], 4)
    wanted = (128 + 127 * rows / np.abs(rows).max(0)).T.reshape(inputs.shape)
    assert np.abs(inputs - wanted).max() <= 1.01


def test_a_picture_leaves_the_run_as_it_is():
    plain = running(spec=NOISY)
    expected = [*plain.train_epoch(), *plain.train_epoch()]
    drawn = running(spec=NOISY)
    probe = Probe(drawn)
    losses = []
    for _ in range(2):
        for loss in drawn.train_epoch():
            losses.append(loss)
            mode = drawn.network.model.training
            probe.picture(drawn.network.tensors)
            assert drawn.network.model.training == mode
    assert losses == expected
    kept, wanted = (weights_of(each.network) for each in (drawn, plain))
    assert [v.tobytes() for v in kept.values()] == [
        v.tobytes() for v in wanted.values()
    ]


@pytest.mark.parametrize("task", DATA)
def test_every_task_is_drawn_and_its_points_lie_within_the_picture(task):
    experiment, csv = experiment_of(task)
    found = execute(write(experiment, csv), csv)
    probe = Probe(found)
    scene, content = probe.scene()
    points = np.frombuffer(content, "<f4", 3 * scene["n_points"]).reshape(-1, 3)
    assert len(content) == points.nbytes + len(scene["inputs"]) * SIDE * SIDE
    for values, (low, high) in zip(points[: scene["n_training"]].T, scene["span"]):
        assert low < values.min() < values.max() < high
    n_rows = sum(len(found.data[name]) for name in ("X_train", "X_val"))
    assert len(points) == n_rows
    assert 0 < scene["share"] < 1
    assert scene["has_classes"] == (task != "regression")
    facts, content = probe.picture(found.network.tensors)
    assert facts["n_answers"] == (3 if task == "multiclass" else 1)
    if task == "multiclass":
        sums = maps_of(content, 3).sum(0)
        assert np.abs(sums - 255).max() <= 2
    if task == "regression":
        assert scene["reach"] == pytest.approx(found.data["y_train"].abs().max().item())


def test_wide_layers_are_drawn_in_part_and_many_weights_left_out():
    found = running(spec=NetworkSpec.mlp([2, 100, 100, 1], "relu", "sigmoid"))
    probe = Probe(found)
    scene, _ = probe.scene()
    assert not scene["has_weights"]
    assert [block["n_shown"] for block in scene["blocks"]] == [
        MOST_UNITS,
        MOST_UNITS,
        1,
    ]
    _, content = probe.picture(found.network.tensors)
    assert len(content) == (1 + 2 * MOST_UNITS) * SIDE * SIDE


def test_a_plane_through_many_features_is_that_of_the_principal_components():
    torch.manual_seed(0)
    spread = torch.tensor([0.1, 5.0, 0.1, 2.0])
    rows = torch.randn(500, 4) * spread + torch.arange(4)
    before = torch.get_rng_state()
    plane = plane_through(rows)
    assert torch.equal(before, torch.get_rng_state())
    assert plane.axes.abs().argmax(1).tolist() == [1, 3]
    assert plane.share > 0.99
    assert torch.allclose(plane.axes @ plane.axes.T, torch.eye(2), atol=1e-5)
    points = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    assert torch.allclose(plane.points(plane.rows(points)), points, atol=1e-5)


def test_one_feature_is_a_plane_too():
    plane = plane_through(torch.tensor([[1.0], [3.0]]))
    assert plane.points(torch.tensor([[2.0]])).tolist() == [[2.0, 0.0]]
    assert plane.rows(torch.tensor([[2.0, 9.0]])).tolist() == [[2.0]]
