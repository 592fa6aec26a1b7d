"""Every page runs without an exception and says what it should, by Streamlit's AppTest."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from netlib import STYLES, Experiment, NetworkSpec, generate
from netlib.experiment import DataChoice

APP = Path(__file__).parent.parent / "app.py"
WEIGHTS = "pages/2_Weights.py"


def run(experiment=None, page=None):
    app = AppTest.from_file(APP, default_timeout=60)
    if experiment:
        app.query_params["design"] = experiment.to_link()
    app.run()
    if page:
        app.switch_page(page).run()
    assert not app.exception
    return app


def change(widget, value):
    app = widget.set_value(value).run()
    assert not app.exception
    return app


def texts(elements):
    return [element.value for element in elements]


def title(app):
    return app.session_state["experiment"].spec.title


@pytest.mark.parametrize("style", STYLES)
def test_both_pages_show_every_style(style):
    experiment = Experiment(style=style)
    build = run(experiment)
    assert generate(experiment.spec, style).text.strip() in texts(build.code)
    weights = run(experiment, WEIGHTS)
    assert any("tensor([[" in text for text in texts(weights.code))


@pytest.mark.parametrize("kind", ["Softmax", "GELU", "BatchNorm1d", "PReLU", "Flatten"])
def test_the_form_of_a_kind_is_built_from_its_fields(kind):
    experiment = Experiment(spec=NetworkSpec(input_shape=(4,), layers=[{"kind": kind}]))
    assert f"nn.{kind}(" in run(experiment).code[0].value


def test_an_edit_is_undone_redone_and_set_back():
    app = change(run().number_input(key="size_0"), 20)
    assert title(app) == "16-20-10-1"
    assert title(app.button(key="undo").click().run()) == "16-12-10-1"
    assert title(app.button(key="redo").click().run()) == "16-20-10-1"
    assert title(app.button(key="back_to_the_default").click().run()) == "16-12-10-1"
    assert title(app.button(key="undo").click().run()) == "16-20-10-1"


def test_a_kind_and_an_activation_are_changed_in_their_row():
    app = change(run().selectbox(key="activation_0"), "GELU")
    app = change(app.selectbox(key="approximate_1"), "tanh")
    assert 'nn.GELU(approximate="tanh"),' in app.code[0].value
    app = change(app.selectbox(key="kind_1"), "Dropout")
    app = change(app.number_input(key="p_2"), 0.25)
    assert "nn.Dropout(0.25)" in app.code[0].value


def test_a_broken_rule_is_told_and_the_design_kept():
    app = change(run().text_input(key="class_name"), "import")
    assert texts(app.error) == [
        "class name: expects a name that is no Python keyword, got import."
    ]
    assert app.session_state["experiment"].spec.name == "MyNetwork"


def test_new_widths_keep_the_rest_or_lay_new_layers():
    app = change(run().text_input(key="widths"), "16-5-4-1")
    kinds = [layer.kind for layer in app.session_state["experiment"].spec.layers]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear", "Sigmoid"]
    app = change(app.text_input(key="widths"), "16-5-1")
    kinds = [layer.kind for layer in app.session_state["experiment"].spec.layers]
    assert kinds == ["Linear", "ReLU", "Linear", "Sigmoid"]


def test_data_and_network_are_fitted_in_one_click():
    app = change(run().selectbox(key="data_name"), "iris")
    misfit = (
        "data: expects 16 features, as the network takes, got 4. "
        "Give the network 4 inputs."
    )
    assert texts(app.warning) == [misfit]
    assert app.button(key="train").disabled
    app.button(key="fit").click().run()
    spec = app.session_state["experiment"].spec
    assert (spec.title, spec.layers[-1].kind) == ("4-12-10-3", "Linear")
    assert not app.warning
    assert not app.button(key="train").disabled


def test_a_mismatch_of_loss_and_activation_is_explained():
    spec = NetworkSpec.mlp([4, 8, 3], "relu", "softmax")
    app = run(Experiment(spec=spec, data=DataChoice(name="iris")))
    mismatch = (
        "last layer: expects no softmax before cross-entropy, which applies it itself, "
        "got a softmax. Remove the softmax, or replace it by a log-softmax."
    )
    assert texts(app.warning) == [mismatch]


def test_a_file_that_the_server_no_longer_has_is_asked_for():
    data = DataChoice(name="csv", sha256="0" * 64, filename="mine.csv")
    app = run(Experiment(data=data))
    asked = (
        "This server no longer holds mine.csv: upload it again. "
        "How it is prepared is part of this design."
    )
    assert texts(app.info) == [asked]
    assert app.button(key="train").disabled


def test_a_network_without_weights_is_no_error():
    experiment = Experiment(
        spec=NetworkSpec(input_shape=(4,), layers=[{"kind": "ReLU"}])
    )
    app = run(experiment, WEIGHTS)
    assert texts(app.info) == [
        "This network has no weights. Add a Linear layer on the Build page."
    ]
    assert "This network has no weights." in texts(run(experiment).caption)


def test_forty_layers_are_a_page_like_any_other():
    app = run(Experiment(spec=NetworkSpec.mlp([8] * 40 + [1])))
    assert "40** layers" in "".join(texts(app.markdown))
