"""What a person who imports the library writes, and sees of it."""

import copy
import inspect
import io
import sys
import threading

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from mypy import api

import netlib
from netlib import (
    STYLES,
    Experiment,
    NetworkSpec,
    TrainingPlan,
    build,
    certify,
    generate,
    train,
)
from netlib.errors import ExportError
from netlib.model.threads import one_thread

SPEC = NetworkSpec.mlp([4, 3, 2])


@pytest.fixture(scope="module")
def record():
    return train(Experiment(style="mixed", plan=TrainingPlan(epochs=2)))


def weights(network):
    return [tensor.tolist() for tensor in network.parameters.values()]


def test_the_top_of_the_library_is_what_is_documented():
    assert dir(netlib) == sorted(
        [
            "NetworkSpec",
            "Experiment",
            "TrainingPlan",
            "generate",
            "write",
            "build",
            "train",
            "certify",
            "carry",
            "export",
            "NetlibError",
            "STYLES",
        ]
    )
    assert all(getattr(netlib, name).__doc__ for name in dir(netlib))


@pytest.mark.parametrize(
    "widths", [(4, 3, 2), np.array([4, 3, 2]), "4-3-2", "4, 3 -> 2"], ids=str
)
def test_widths_are_numbers_an_array_or_a_text(widths):
    assert NetworkSpec.mlp(widths) == SPEC


def test_a_network_is_built_of_a_spec_an_experiment_or_a_source():
    experiment = Experiment(spec=SPEC, style="mixed", seed=3)
    assert build(SPEC).source.style == "sequential"
    assert build(experiment).source == generate(SPEC, "mixed")
    assert weights(build(experiment)) == weights(build(SPEC, seed=3))
    assert weights(build(SPEC)) == weights(build(generate(SPEC, "manual")))
    assert weights(build(experiment, seed=0)) == weights(build(SPEC))


@pytest.mark.parametrize("style", STYLES)
def test_a_built_model_is_inspected_copied_and_saved(style):
    source = generate(SPEC, style)
    model = build(source).model
    if inspect.isfunction(model) or "class " in source.text:
        own = model if inspect.isfunction(model) else type(model)
        assert inspect.getsource(own).strip() in source.text
    x = torch.ones(2, 4)
    assert torch.equal(copy.deepcopy(model)(x), model(x))
    if STYLES[style].is_module:
        file, other = io.BytesIO(), build(source, seed=1).model
        torch.save(model.state_dict(), file)
        file.seek(0)
        other.load_state_dict(torch.load(file))
        assert torch.equal(other(x), model(x))


def test_a_certificate_is_printed_as_a_table():
    proof = certify(SPEC, ["manual", "mixed"], steps=2)
    header, first, second, verdict = str(proof).splitlines()
    assert header.endswith("losses final weights next random number")
    assert first.split() == ["manual", *["identical"] * 6]
    assert second.split() == ["mixed", *["identical"] * 6]
    assert verdict.startswith("Identical to the last bit: 4-3-2, 2 steps of adam from ")
    assert "<th>mixed</th>" in proof._repr_html_() and verdict in proof._repr_html_()


def test_a_record_shows_its_history_its_model_and_its_curve(record):
    history = record.history
    assert [*history] == ["loss", "validation_loss", "score"]
    assert history.index.tolist() == [1, 2]
    assert [*history.loc[2]] == [*record.epochs[1][1:]]
    assert "16-12-10-1 on digits-odd, mixed: 2 epochs, finished" in record._repr_html_()
    weight = record.model.layers[0].weight.detach().numpy()
    assert weight.tobytes() == record.weights["layers.0.weight"].tobytes()
    figure = record.plot()
    assert isinstance(figure, go.Figure)
    assert [trace.name for trace in figure.data] == [*history]
    assert [*figure.data[0].y] == [epoch.loss for epoch in record.epochs]


def test_a_plot_without_plotly_says_what_to_install(record, monkeypatch):
    monkeypatch.setattr("pandas.plotting._core._backends", {})
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(ExportError) as caught:
        record.plot()
    assert str(caught.value) == (
        "plot: expects the package plotly, got none. Install it: pip install plotly."
    )


MISSPELT = """
from netlib import Experiment, NetworkSpec, generate

spec = NetworkSpec.mlp([2, 1])
generate(spec, "mixed"), Experiment(style="manual")
generate(spec, "mixd")
"""


def test_a_misspelt_style_is_a_type_error(tmp_path):
    path = tmp_path / "misspelt.py"
    path.write_text(MISSPELT)
    found, _, status = api.run(["--no-error-summary", str(path)])
    assert status == 1
    (line,) = found.splitlines()
    assert line.partition("misspelt.py:")[2].startswith(
        '6: error: Argument 2 to "generate" has incompatible type "Literal[\'mixd\']"'
    )


def test_two_who_compute_on_one_thread_take_turns():
    before, inside = torch.get_num_threads(), threading.Event()
    torch.set_num_threads(2)
    try:
        with one_thread():
            other = threading.Thread(target=hold_one_thread, args=[inside])
            other.start()
            assert not inside.wait(0.1), "not before the first has ended"
        other.join()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def hold_one_thread(inside):
    with one_thread():
        inside.set()
