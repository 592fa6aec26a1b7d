"""Every page runs without an exception and says what it should, by Streamlit's AppTest."""

import base64
import re
import zlib

import numpy as np
import pytest
import torch
from apps import APP, keyed, opened, texts, unfolded
from specs import AWKWARD
from streamlit.testing.v1 import AppTest

from netlib import STYLES, Experiment, NetworkSpec, build, generate, train, write
from netlib.experiment import DataChoice, TrainingPlan
from netlib.exports import FORMATS
from netlib.jobs.kept import SavedWeights
from netlib.model.weights import array
from netlib.proofs.pairs import PAIRS
from netlib.source.mistakes import MISTAKES, planted
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.tasks import LOSSES
from netlib.spec.kinds import KINDS
from netlib.training.record import RunRecord
from pages.build import model
from pages.build.tour import SPIRALS, STOPS, WELCOME
from pages.lesson.example import FIVE_WAYS
from pages.lesson.steps import STEPS
from pages.shared import heatmaps, network, preview
from pages.shared.certificate import COMPARISON

COMPARE, WEIGHTS = "pages/1_Compare.py", "pages/2_Weights.py"
EXPORT, LESSON = "pages/5_Export.py", "pages/6_Lesson.py"
BROKEN = ("picture.png", b"PNG", "image/png")
LINEAR = {"kind": "Linear", "out_features": 3}


def compared(tab, experiment=None, **choices):
    """Compare with a tab open, and what was chosen there."""
    app = opened(experiment, COMPARE)
    app.session_state["session"].choices.update({COMPARISON: tab}, **choices)
    app.run()
    assert not app.exception
    return app


def change(widget, value):
    app = widget.set_value(value).run()
    assert not app.exception
    return app


def current(app):
    return app.session_state["session"].experiment


def title(app):
    return current(app).spec.title


@pytest.mark.parametrize("style", STYLES)
def test_build_and_weights_show_every_style(style):
    experiment = Experiment(style=style)
    build = opened(experiment)
    assert generate(experiment.spec, style).text.strip() in texts(build.code)
    weights = opened(experiment, WEIGHTS)
    assert any("tensor([[" in text for text in texts(weights.code))


@pytest.mark.parametrize(
    ("shape", "drawn_as"), [((5,), (1, 5)), ((4, 6), (4, 6)), ((3, 8, 8), (3, 64))]
)
def test_a_weight_is_drawn_as_a_matrix(shape, drawn_as, monkeypatch):
    figures = {}
    monkeypatch.setattr(
        heatmaps, "plot", lambda figure, key, **_: figures.update({key: figure})
    )
    spec = NetworkSpec(input_shape=shape, layers=[{"kind": "LayerNorm"}])
    weights = opened(Experiment(spec=spec), WEIGHTS)
    assert figures["map_weight_0"].data[0].z.shape == drawn_as
    said = "3 x 8 x 8: drawn as 3 x 64, the first dimension by all others together."
    assert (said in texts(weights.caption)) == (len(shape) > 2)


def test_weights_before_and_after_training_share_one_scale(monkeypatch):
    drawn = articles("sequential").parameters
    saved = SavedWeights(3, {name: 9 * array(each) for name, each in drawn.items()})
    figures, reach = {}, 9 * drawn["0.weight"].abs().max().item()
    monkeypatch.setattr(
        heatmaps, "plot", lambda figure, key, **_: figures.update({key: figure})
    )
    for module in network, model, heatmaps:
        monkeypatch.setattr(module, "trained_weights", lambda run, experiment: saved)
    opened()
    assert figures.pop("map_weight_0").data[0].zmax == pytest.approx(reach)
    weights = opened(page=WEIGHTS)
    after = figures["map_weight_0"].data[0]
    change(keyed(weights.button_group, "moment"), "before")
    before = figures["map_weight_0"].data[0]
    assert before.z.max() < after.z.max()
    assert before.zmax == after.zmax == pytest.approx(reach)


def test_the_compare_page_shows_styles_side_by_side():
    experiment = Experiment(spec=NetworkSpec.mlp([5, 4, 3, 2], "gelu", "log_softmax"))
    styles = ["subclass", "mixed", "modulelist"]
    sources = [generate(experiment.spec, style) for style in styles]
    shown = {
        tab: texts(compared(tab, experiment, compared_styles=styles).code)
        for tab in ("Code", "Trees", "Access")
    }
    assert shown["Code"] == [source.text.strip() for source in sources]
    for source in sources:
        keys = list(build(source).model.state_dict())
        assert build(source).tree in shown["Trees"]
        assert "\n".join(keys) in shown["Trees"]
    assert [text.splitlines()[:2] for text in shown["Access"]] == [
        ["# reach fc1", "model.fc1"],
        ["# reach fc1", "model.layers[0]"],
        ["# reach fc1", "model.layers[0]"],
    ]
    (table,) = [frame.value for frame in compared("Carry", experiment).dataframe]
    assert list(table.itertuples(index=False, name=None)) == [
        ("fc1", "W1", "fc1.weight"), ("fc1", "b1", "fc1.bias"),
        ("fc2", "W2", "fc2.weight"), ("fc2", "b2", "fc2.bias"),
        ("fc3", "W3", "fc3.weight"), ("fc3", "b3", "fc3.bias"),
    ]  # fmt: skip


def test_what_no_name_reaches_is_quoted_from_the_code():
    compare = compared("Access")
    compare.session_state["session"].lit = 1
    subclass = texts(compare.run().code)[1]
    assert subclass.endswith(
        "# rewrite in the code\nx = torch.relu(self.fc1(x))  # (n, 12)"
    )


@pytest.mark.parametrize("tab", ["Code", "Trees", "Access", "Proof", "Carry"])
def test_the_compare_page_shows_awkward_networks(tab):
    compare = compared(tab)
    for spec in AWKWARD.values():
        compare.session_state["session"].experiment = Experiment(spec=spec)
        compare.run()
        assert not compare.exception
        if tab == "Code":
            for style in ("manual", "subclass", "sequential"):
                assert generate(spec, style).text.strip() in texts(compare.code)


def test_too_few_and_too_many_styles_are_refused_in_the_picker():
    compare = opened(page=COMPARE)

    def pick(names):
        change(keyed(compare.button_group, "compared_styles"), names)
        picker = keyed(compare.button_group, "compared_styles")
        assert not compare.error
        return picker.label, picker.value

    assert pick(["manual", "mixed"])[1] == ["manual", "mixed"]
    label = "Styles side by side, 2 to 5"
    assert pick(["mixed"]) == (f"{label}: **Manual stays**", ["manual", "mixed"])
    five = list(STYLES)[:5]
    assert pick(five) == (label, five)
    assert pick([*five, "modulelist"]) == (f"{label}: **ModuleList is left out**", five)
    compare.run()
    assert keyed(compare.button_group, "compared_styles").label == label


@pytest.mark.parametrize("name", [*MISTAKES, *PAIRS])
def test_each_mistake_is_explained(name):
    compare = compared("Mistakes", puzzle=name)
    lesson = (MISTAKES | PAIRS)[name].lesson
    assert any(text.startswith(lesson) for text in texts(compare.markdown))
    if name in MISTAKES:
        for source in planted(Experiment().spec, name):
            assert source.text.strip() in texts(compare.code)


def test_a_mistake_that_has_no_place_in_a_network_is_told():
    spec = NetworkSpec(input_shape=(3,), layers=[{"kind": "ReLU"}])
    assert texts(compared("Mistakes", Experiment(spec=spec)).info) == [
        "mistake inside\\_forward: expects a network that has a place for it, got 3."
    ]


def test_the_export_page_shows_the_link():
    export = opened(page=EXPORT)
    link = next(text for text in texts(export.code) if "?design=" in text)
    assert Experiment.from_link(link.partition("design=")[2]) == Experiment()


def test_a_designs_file_is_opened_or_refused_and_undone():
    other = Experiment(spec=NetworkSpec.mlp([4, 3, 1]), style="manual", seed=7)
    export = change(keyed(opened(page=EXPORT).file_uploader, "export_file"), BROKEN)
    assert current(export) == Experiment()
    assert texts(export.error) == [
        (
            "design file: expects the JSON of a design, got PNG. "
            "Still in force: the design of before."
        )
    ]
    content = FORMATS["design"].write(RunRecord(other)).content
    file = ("design.json", content, "application/json")
    export = change(keyed(export.file_uploader, "export_file"), file)
    assert current(export) == other
    assert not export.error
    build = export.switch_page("app.py").run()
    build.button(key="undo").click().run()
    assert current(build) == Experiment()


@pytest.mark.parametrize("kind", ["Softmax", "GELU", "BatchNorm1d", "PReLU", "Flatten"])
def test_the_form_of_a_kind_is_built_from_its_fields(kind):
    experiment = Experiment(spec=NetworkSpec(input_shape=(4,), layers=[{"kind": kind}]))
    assert f"nn.{kind}(" in opened(experiment).code[0].value


def test_an_edit_is_undone_redone_and_set_back():
    app = change(keyed(opened().number_input, "size_0"), 20)
    assert title(app) == "16-20-10-1"
    assert title(app.button(key="undo").click().run()) == "16-12-10-1"
    assert title(app.button(key="redo").click().run()) == "16-20-10-1"
    assert title(app.button(key="default").click().run()) == "16-12-10-1"
    assert title(app.button(key="undo").click().run()) == "16-20-10-1"


def test_a_field_and_a_button_that_are_heard_of_at_once_are_both_taken():
    app = opened()
    keyed(app.number_input, "size_0").set_value(30)
    keyed(app.button, "double_1").click().run()
    assert title(app) == "16-30-10-10-1"
    keyed(app.number_input, "size_0").set_value(31)
    keyed(app.button, "remove_2").click().run()
    assert title(app) == "16-31-10-1"


def test_a_kind_and_an_activation_are_changed_in_their_row():
    app = change(keyed(opened().selectbox, "activation_0"), "GELU")
    app = change(keyed(app.selectbox, "approximate_1"), "tanh")
    assert 'nn.GELU(approximate="tanh"),' in app.code[0].value
    app = change(keyed(app.selectbox, "kind_1"), "Dropout")
    app = change(keyed(app.number_input, "p_2"), 0.25)
    assert "nn.Dropout(0.25)" in app.code[0].value


def test_a_broken_rule_is_told_and_the_design_kept():
    app = unfolded(opened(), "naming")
    app = change(keyed(app.text_input, "class_name"), "import")
    assert texts(app.error) == [
        (
            "class name: expects a name that is no Python keyword, got import. "
            "Still in force: MyNetwork."
        )
    ]
    assert app.session_state["session"].experiment.spec.name == "MyNetwork"


def test_new_widths_keep_the_rest_or_lay_new_layers():
    app = change(keyed(opened().text_input, "widths"), "16-5-4-1")
    kinds = [
        layer.kind for layer in app.session_state["session"].experiment.spec.layers
    ]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear", "Sigmoid"]
    app = change(keyed(app.text_input, "widths"), "16-5-1")
    kinds = [
        layer.kind for layer in app.session_state["session"].experiment.spec.layers
    ]
    assert kinds == ["Linear", "ReLU", "Linear", "Sigmoid"]


def test_data_and_network_are_fitted_in_one_click():
    app = change(keyed(opened().selectbox, "data_name"), "iris")
    misfit = (
        "data: expects 16 features, one for each input of the network, got 4. "
        "Give the network 4 inputs and 3 outputs."
    )
    assert set(texts(app.warning)) == {misfit}
    assert app.button(key="train").disabled
    app.button(key="fit_data").click().run()
    spec = app.session_state["session"].experiment.spec
    assert (spec.title, spec.layers[-1].kind) == ("4-12-10-3", "Linear")
    assert not app.warning
    assert not app.button(key="train").disabled


def test_a_mismatch_of_loss_and_activation_is_explained():
    spec = NetworkSpec.mlp([4, 8, 3], "relu", "softmax")
    app = opened(Experiment(spec=spec, data=DataChoice(name="iris")))
    mismatch = (
        "last layer: expects no softmax before cross-entropy, which applies it itself, "
        "got a softmax. Remove the softmax, or replace it by a log-softmax."
    )
    assert set(texts(app.warning)) == {mismatch}


def test_help_stands_where_its_question_arises(monkeypatch):
    figures = {}
    monkeypatch.setattr(
        model, "plot", lambda figure, key, **_: figures.update({key: figure})
    )
    spec = NetworkSpec.mlp([16, 5, 2], "tanh", "log_softmax")
    app = opened(Experiment(spec=spec))
    told = [text.proto.help for text in app.markdown if text.proto.help]
    assert told[0].endswith("`fc1` has 5 x 16 + 5 = 85 of them.")
    assert KINDS["Tanh"].__doc__ in told
    (loss,) = [text for text in app.caption if text.value.startswith("Loss: ")]
    assert loss.value == "Loss: negative log-likelihood of a log-softmax."
    assert loss.proto.help == LOSSES["nll_loss"].meaning
    style = keyed(app.button_group, "style").proto.help
    assert all(row.easy in style for row in STYLES.values())
    value, derivative = figures.pop("curve_1").data
    assert np.allclose(value.y, np.tanh(value.x), atol=1e-6)
    assert np.allclose(derivative.y, 1 - np.tanh(value.x) ** 2, atol=1e-6)
    assert "curve_3" not in figures, "a softmax is no function of one value"


def test_a_file_that_the_server_no_longer_has_is_asked_for():
    data = DataChoice(name="csv", sha256="0" * 64, filename="mine.csv")
    app = opened(Experiment(data=data))
    asked = (
        "This server no longer holds mine.csv: upload it again. "
        "How it is prepared is part of this design."
    )
    assert texts(app.info) == [asked]
    assert app.button(key="train").disabled


def test_a_person_puts_right_what_the_columns_are_read_as():
    rows = [f"{i + 1},note {i},{i * 7 % 19},{'ab'[i % 2]},{i % 5}" for i in range(60)]
    content = "\n".join(["row,note,size,kind,stars", *rows]).encode()
    app = change(keyed(opened().selectbox, "data_name"), "csv")
    app = change(app.file_uploader(key="file"), ("mine.csv", content, "text/csv"))
    assert used(app, 4) == ["left out", "left out", "number", "category"]
    assert list(first_rows(app).columns) == ["size", "kind", "stars (to predict)"]
    change(keyed(app.button_group, "use_0"), "number")
    change(keyed(app.button_group, "use_3"), "left out")
    assert used(app, 4) == ["number", "left out", "number", "left out"]
    assert current(app).data.read_as == {"row": "number"}
    assert current(app).data.left_out == ("kind",)
    change(keyed(app.button_group, "use_0"), "left out")
    assert current(app).data.read_as == {}, "what it is read as anyway is not kept"
    change(keyed(app.button_group, "use_1"), "date")
    told = "column 'note': expects a date in some row, got 'note 0'."
    assert told in " ".join(texts(app.error))
    assert used(app, 4)[1] == "left out"
    change(keyed(app.selectbox, "data_task"), "regression")
    assert "5 different numbers: regression, as chosen." in " ".join(texts(app.caption))
    app = change(keyed(app.selectbox, "target"), "kind")
    assert (current(app).data.task, current(app).data.left_out) == ("auto", ())


def used(app, n_columns):
    """What the first columns of a table are used as."""
    places = range(n_columns)
    return [keyed(app.button_group, f"use_{place}").value for place in places]


def test_a_person_is_warned_where_a_score_means_little():
    app = unfolded(opened(Experiment(data=DataChoice(name="iris"))), "plan")
    assert not any("kept back means little" in text for text in texts(app.warning))
    app = change(keyed(app.number_input, "plan_validation_share"), 0.05)
    told = "A score on 8 rows kept back means little; 20 tell more."
    assert any(told in text for text in texts(app.warning))


def test_made_data_is_drawn_as_it_is_chosen(monkeypatch):
    figures = {}
    monkeypatch.setattr(
        preview, "plot", lambda figure, key, **_: figures.update({key: figure})
    )

    def n_points():
        return [len(trace.x) for trace in figures["points"].data]

    app = opened(Experiment(data=DataChoice(name="blobs", n_classes=4)))
    app = unfolded(app, "plan")
    assert (len(n_points()), sum(n_points())) == (8, 400)
    assert "320 rows to train on, 80 kept back." in texts(app.caption)
    before = figures["points"].to_json()
    for key, value in ("data_noise", 0.3), ("data_seed", 3), ("plan_seed", 5):
        app = change(keyed(app.number_input, key), value)
        assert figures["points"].to_json() != before, key
        before = figures["points"].to_json()
    app = change(keyed(app.number_input, "data_n_rows"), 200)
    app = change(keyed(app.number_input, "data_n_classes"), 2)
    app = change(keyed(app.number_input, "plan_validation_share"), 0.5)
    assert sorted(n_points()) == [50, 50, 50, 50]
    for name in ("line", "ripples", "swiss-roll"):
        opened(Experiment(data=DataChoice(name=name)))
        assert n_points() == [320, 80]
    opened()
    assert figures["pictures"].data[0].z.shape == (4 * 5, 8 * 5)


def first_rows(app):
    frames = unfolded(app, "rows").dataframe
    (table,) = [f.value for f in frames if f.proto.alt == "First rows"]
    return table


def test_a_network_without_weights_is_no_error():
    experiment = Experiment(
        spec=NetworkSpec(input_shape=(4,), layers=[{"kind": "ReLU"}])
    )
    app = opened(experiment, WEIGHTS)
    assert texts(app.info) == [
        "This network has no weights. Add a Linear layer on the Build page."
    ]
    assert "This network has no weights." in texts(opened(experiment).caption)


def test_the_lit_layers_row_shines():
    app = opened()
    app.session_state["session"].lit = 2
    app.run()
    rules = app.dataframe[0].proto.arrow_data.styler.styles.splitlines()
    shining = "".join(rule for rule in rules if "background-color" in rule)
    assert set(re.findall(r"row\d", shining)) == {"row2"}


def test_forty_layers_are_a_page_like_any_other():
    app = opened(Experiment(spec=NetworkSpec.mlp([8] * 40 + [1])))
    assert "40** layers" in "".join(texts(app.markdown))


AWKWARD_LINKS = {
    "a square input": {"input_shape": (4, 4), "layers": [LINEAR]},
    "many inputs": {"input_shape": (2**12, 2**12), "layers": [{"kind": "Flatten"}]},
    "names that differ in case": {
        "input_shape": (4,),
        "layers": [LINEAR | {"name": "A"}, LINEAR | {"name": "a"}],
    },
    "an image": AWKWARD["image"],
    "channels": {
        "input_shape": (3, 5),
        "layers": [{"kind": "BatchNorm1d"}, {"kind": "PReLU", "per_channel": True}],
    },
}


@pytest.mark.parametrize("case", AWKWARD_LINKS)
def test_awkward_designs_are_shown_on_both_pages(case):
    experiment = Experiment(spec=AWKWARD_LINKS[case])
    opened(experiment)
    opened(experiment, WEIGHTS)


def test_a_link_with_broken_characters_is_told():
    app = AppTest.from_file(APP, default_timeout=60)
    text = zlib.compress(rb'{"style": "\ud800"}')
    app.query_params["design"] = base64.urlsafe_b64encode(text).decode()
    app.run()
    assert not app.exception
    assert "got \\\\ud800." in app.error[0].value


def test_what_a_link_says_is_shown_as_text_not_as_markdown():
    app = AppTest.from_file(APP, default_timeout=60)
    text = zlib.compress(b'{"style": "![x](https://example.org/x.png)"}')
    app.query_params["design"] = base64.urlsafe_b64encode(text).decode()
    app.run()
    assert r"\!\[x\](https://example.org/x.png)" in app.error[0].value


def test_a_network_that_cannot_be_fitted_says_why():
    layers = [{"kind": "Softmax", "dim": 2}, {"kind": "Flatten"}, LINEAR]
    spec = NetworkSpec(input_shape=(4, 5), layers=layers)
    app = opened(Experiment(spec=spec))
    assert "fit_data" not in [button.key for button in app.button]
    assert any("Softmax" in text for text in texts(app.caption))


def test_one_row_a_batch_is_refused_with_batch_norm():
    layers = [LINEAR, {"kind": "BatchNorm1d"}, LINEAR | {"out_features": 1}]
    spec = NetworkSpec(input_shape=(16,), layers=layers)
    app = opened(Experiment(spec=spec, plan=TrainingPlan(batch_size=1)))
    refusal = (
        "plan: expects at least 2 rows a batch, as batch statistics need, got 1. "
        "Raise the rows a batch in the training plan."
    )
    assert set(texts(app.warning)) == {refusal}


def test_the_export_page_says_why_it_cannot_train_and_fits_the_network():
    app = opened(Experiment(data=DataChoice(name="iris")), EXPORT)
    assert app.button(key="train").disabled
    (reason,) = texts(app.warning)
    assert reason.startswith(
        "data: expects 16 features, one for each input of the network, got 4."
    )
    fit = app.button(key="fit_train")
    assert fit.label == "Fit the network: 4 in, 3 out, without Sigmoid"
    fit.click().run()
    assert title(app) == "4-12-10-3"
    assert not app.warning
    assert not app.button(key="train").disabled


def test_the_spirals_that_are_watched_are_learned():
    assert train(SPIRALS).history["score"].iloc[-1] > 0.95


def articles(style):
    return build(generate(Experiment().spec, style))


def the_only(values):
    (value,) = values
    return value


def parameters_of_fc2():
    return str(sum(p.numel() for p in articles("subclass").model.fc2.parameters()))


def layers_that_the_subclass_hides():
    shown = dict(articles("subclass").model.named_children())
    hidden = [s.name for s in Experiment().spec.stages if s.name not in shown]
    return f"{', '.join(hidden[:-1])} and {hidden[-1]}"


def titles_of(styles, shown, hidden="nothing"):
    trees = {STYLES[style].title: articles(style).tree for style in styles}
    return the_only(t for t in trees if shown in trees[t] and hidden not in trees[t])


def place_of_fc2():
    modules = articles("sequential").model.insert(2, torch.nn.Dropout())
    fc2 = "Linear(in_features=12, out_features=10, bias=True)"
    return f"`model[{[str(module) for module in modules].index(fc2)}]`"


def key_of_fc2():
    state = articles("mixed").model.state_dict()
    return f"`{the_only(name for name in state if state[name].shape == (10, 12))}`"


def section_that_differs():
    one, other = (write(Experiment(style=s)) for s in ("sequential", "subclass"))
    parts = {
        name: "\n".join(one.text.splitlines()[first - 1 : last])
        for name, (first, last) in one.sections.items()
    }
    return the_only(name for name in parts if parts[name] not in other.text).title()


def what_differs_without_an_activation():
    meant, mistaken = map(build, planted(Experiment().spec, "forgotten_activation"))
    old, new = meant.model.state_dict(), mistaken.model.state_dict()
    assert old.keys() == new.keys()
    assert all(torch.equal(old[name], new[name]) for name in old)
    rows = torch.ones(2, 16)
    assert not torch.equal(meant.model(rows), mistaken.model(rows))
    return "Outputs"


# What PyTorch itself says to each question of the lesson.
ANSWERS = {
    "manual": parameters_of_fc2,
    "subclass": layers_that_the_subclass_hides,
    "sequential": lambda: titles_of(("manual", "subclass", "sequential"), "ReLU"),
    "ordered_dict": place_of_fc2,
    "mixed": key_of_fc2,
    "one_layer": lambda: titles_of(FIVE_WAYS, "ReLU", "Sigmoid"),
    "training": section_that_differs,
    "mistakes": what_differs_without_an_activation,
}


def lesson_at(key):
    lesson = opened(page=LESSON)
    place = [step.key for step in STEPS].index(key)
    lesson.session_state["session"].choices["lesson_step"] = place
    lesson.run()
    assert not lesson.exception
    return lesson


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_each_step_of_the_lesson_runs_and_its_answer_is_what_networks_say(step):
    lesson, question = lesson_at(step.key), step.ask()
    assert texts(lesson.subheader) == [step.title]
    assert question.right == ANSWERS[step.key]()
    assert len(question.reasons) > 2
    for answer, reason in question.reasons.items():
        change(keyed(lesson.button_group, f"lesson_answer_{step.key}"), answer)
        said = "Right." if answer == question.right else "Not quite."
        assert any(f"**{said}** {reason}" in text for text in texts(lesson.markdown))
    assert current(lesson) == Experiment()


@pytest.mark.parametrize(
    ("step", "key", "choices"),
    [
        ("manual", "lesson_manual", range(6)),
        ("subclass", "lesson_subclass", range(6)),
        ("sequential", "lesson_sequential", range(6)),
        ("mixed", "lesson_mixed", range(6)),
        ("one_layer", "lesson_way", FIVE_WAYS),
        ("training", "lesson_optimizer", OPTIMIZERS),
        ("mistakes", "lesson_mistake", MISTAKES),
    ],
)
def test_whatever_is_tried_in_the_lesson_runs(step, key, choices):
    lesson, shown = lesson_at(step), []
    for choice in choices:
        change(keyed(lesson.button_group, key), choice)
        shown.append([*texts(lesson.code), *texts(lesson.caption)])
    assert all(shown.count(each) == 1 for each in shown)
    assert current(lesson) == Experiment()


def test_a_dropout_in_the_lesson_moves_the_index_and_not_the_name():
    lesson = lesson_at("ordered_dict")
    assert "`model.fc2` is layer 2, counted from 0." in texts(lesson.caption)
    change(keyed(lesson.toggle, "lesson_ordered_dict"), True)
    assert "`model.fc2` is layer 3, counted from 0." in texts(lesson.caption)


def test_the_tour_stops_at_parts_of_the_page_and_ends():
    app = opened()
    assert WELCOME in texts(app.markdown)
    for number in range(1, len(STOPS) + 1):
        app.button(key="tour_next").click().run()
        shown = " ".join(texts(app.markdown))
        assert f"{number} of {len(STOPS)} · **{STOPS[number - 1].name}.**" in shown
    app.button(key="tour_end").click().run()
    assert not app.exception
    assert not [button for button in app.button if button.key == "tour_end"]
    assert "seven" in WELCOME and len(STYLES) == 7
