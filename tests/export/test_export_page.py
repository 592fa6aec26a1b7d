"""The Export page by AppTest: what is had at once, and the network's answers to rows."""

import io
from dataclasses import replace

import numpy as np
from apps import drawn, keyed, opened, texts
from experiments import fitted

from netlib import Experiment, TrainingPlan
from netlib.data.choice import DataChoice
from netlib.exports import FORMATS
from pages.shared.job import registry
from pages.shared.table import uploads

EXPORT = "pages/5_Export.py"
# Numbers with points and a comma, dates, a category; a gap in each but the target.
TABLE = "joined;price;kind;sold\n" + "".join(
    f"{i % 28 + 1}.02.2024;{'' if i == 3 else f'1.{100 + i * 37 % 800},5'};"
    f"{'' if i == 9 else 'abc'[i % 3]};{'yes' if i % 5 < 2 else 'no'}\n"
    for i in range(40)
)


def downloads(app):
    """Whether each download can be had, by its label."""
    protos = [element.proto for element in app.get("download_button")]
    return {proto.label: not proto.disabled for proto in protos}


def predicting(experiment):
    """The page of a run, its panel open, and the run."""
    app = opened(experiment, EXPORT)
    app.button(key="train").click().run()
    run = registry().get(app.session_state["session"].run)
    assert run.job.wait(60)
    drawn(app).button(key="predict_ask").click().run()
    errand = registry().get_errand(app.session_state["session"].errands["predict"])
    assert errand.job.wait(60)
    return drawn(app), run


def said(app):
    (metric,) = app.metric
    return metric.value, metric.delta


def answer(record, cells):
    found = record.predict(io.BytesIO(cells.encode())).iloc[0]
    return found["prediction"], f"{found.iloc[1:].max():.1%} sure"


def test_a_row_of_a_table_is_taken_typed_and_answered():
    content = TABLE.encode()
    choice = DataChoice(name="csv", sha256=uploads().put(content), filename="t.csv")
    plan = TrainingPlan(epochs=2)
    app, run = predicting(fitted(content, (3,), data=choice, plan=plan))
    record, (header, *lines) = replace(run.record(), csv=content), TABLE.splitlines()
    assert said(app) == answer(record, f"{header}\n{lines[0]}\n")
    assert "The data says yes." in texts(app.caption)
    told = run.snapshot()
    n_rows, score = told.started.n_validation_rows, told.history[-1].score
    rating = f"Accuracy over the {n_rows} rows kept back: {score:.4g}."
    assert rating in texts(app.caption)
    keyed(app.number_input, "predict_row").set_value(5).run()
    assert said(app) == answer(record, f"{header}\n{lines[4]}\n")
    fields = [keyed(app.text_input, f"predict_{place}") for place in range(3)]
    assert texts(fields) == lines[4].split(";")[:3]
    keyed(app.text_input, "predict_1").set_value("").run()
    keyed(app.text_input, "predict_2").set_value("unheard of").run()
    assert said(app) == answer(record, f"{header}\n5.02.2024;;unheard of;\n")
    assert not any(text.startswith("The data says") for text in texts(app.caption))
    assert texts(app.caption)[-2:] == [
        ":material/info: price is empty: the median of the training rows stands in.",
        ":material/info: kind: unheard of was never seen in training.",
    ]
    keyed(app.text_input, "predict_1").set_value("much").run()
    assert texts(app.warning)[0] == (
        "column 'price': expects cells as those that were learned from, got 'much'."
    )
    app.switch_page("pages/3_Train.py").run()
    assert texts(app.warning)[0].startswith("column 'price': expects cells")
    app.button(key="predict_another").click().run()
    assert not app.warning and app.metric


def test_digits_are_typed_in_one_field_beside_their_picture():
    choice, plan = DataChoice(name="digits"), TrainingPlan(epochs=2)
    app, run = predicting(fitted(data=choice, plan=plan))
    field = keyed(app.text_input, "predict_all")
    assert field.value.startswith("0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, ")
    assert "The data says 0." in texts(app.caption)
    field.set_value(", ".join(map(str, range(64)))).run()
    expected = run.record().predict(np.arange(64))
    assert said(app)[0] == str(expected["prediction"][0])


def test_what_needs_a_run_says_so_and_the_rest_is_there_at_once():
    app = opened(Experiment(), EXPORT)
    shown = downloads(app)
    at_once = [form for form in FORMATS.values() if not form.run]
    assert {form.title: shown[form.title] for form in at_once} == {
        form.title: not form.needs_run for form in at_once
    }
    cards = [name for name in FORMATS if FORMATS[name].run]
    inside = FORMATS["prediction"].parts
    n_waiting = texts(app.caption).count("Needs a training run.")
    assert n_waiting == len({*cards} - {*inside}) + 1  # to predict, too
