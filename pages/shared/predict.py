"""A row of the data, or one that is typed, and what the network answers."""

import random
from functools import partial

import pandas as pd
import streamlit as st

from netlib.data.loader import Dataset
from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.figures import pictures
from netlib.jobs.errand import Errand, ErrandSnapshot
from netlib.jobs.protocol import Export
from netlib.jobs.run import Run
from netlib.program.prediction import PREPARATION_FILE, write_prediction
from netlib.program.training_section import WEIGHTS_FILE
from netlib.training.prediction import Predictor
from pages.frame.looks import plain, told
from pages.frame.plot import plot
from pages.frame.session import choose, chosen, session
from pages.frame.widgets import bound
from pages.shared.data import dataset
from pages.shared.job import errand_view, registry
from pages.shared.rows import Rows, as_file, rows_of
from pages.shared.run import scored_epoch
from pages.shared.table import csv_content

MOST_FIELDS, MOST_CLASSES = 14, 5
ASK = "Ask for a row of your own, or one of the data"


def predict_view(run: Run | None) -> None:
    """Draws the panel of a run that has trained the experiment."""
    if run is None:
        st.caption("Needs a training run.")
        return
    experiment = run.experiment
    request = Export(
        format="preparation", experiment=experiment, history=run.snapshot().history
    )
    errand = registry().get_errand(session().errands.get("predict", ""))
    if errand and errand.state == "finished" and errand.answers(request):
        st.fragment(partial(_panel, run))(errand)
        return
    csv = csv_content(experiment.data)
    show = partial(_panel, run)
    errand_view("predict", ASK, request, show, csv, run.weights_content)


def _panel(run: Run, errand: Errand, *_: ErrandSnapshot) -> None:
    found, preparation = dataset(run.experiment.data), errand.content()
    weights = run.weights_content()
    if isinstance(found, NetlibError) or preparation is None or weights is None:
        st.caption("This server has dropped what it needs: press the button again.")
        return
    rows = rows_of(run.experiment.data, found)
    predictor = _predictor(errand.id, hash(weights), run, found, preparation, weights)
    row, cells = _asked(run.experiment, rows)
    asked, answered = st.columns([3, 2], gap="large")
    with asked:
        st.markdown("**Type values of your own**, or take a row of the data:")
        _fields(run.experiment, rows, row, cells)
        _choice_of_row(run.experiment, rows, row)
        if found.image_side:
            _picture(cells, found.image_side)
    with answered:
        _answer(predictor, run, found, rows, row, cells)


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _predictor(
    errand_id: str,
    fingerprint: int,
    _run: Run,
    _found: Dataset,
    _preparation: bytes,
    _weights: bytes,
) -> Predictor:
    """Returns `predict.py`, executed beside what the worker has prepared and trained."""
    experiment = _run.experiment
    text = write_prediction(experiment, csv_content(experiment.data))
    files = {PREPARATION_FILE: _preparation, WEIGHTS_FILE: _weights}
    return Predictor(text, files, _found)


def _asked(experiment: Experiment, rows: Rows) -> tuple[int, dict[str, str]]:
    """Returns the number of the row, from 0, and its cells as a person left them."""
    data, row, cells = chosen("predict", (experiment.data, 0, {}))
    row = row if data == experiment.data and row < len(rows.cells) else 0
    typed = cells if data == experiment.data else {}
    return row, rows.cells.iloc[row].to_dict() | typed


def _choice_of_row(experiment: Experiment, rows: Rows, row: int) -> None:
    n_rows = len(rows.cells)

    def take(number: float | None) -> None:
        place = min(max(int(number or 1), 1), n_rows) - 1
        choose("predict", (experiment.data, place, {}))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = f"Row of the data, 1 to {n_rows:,}"
        st.number_input(label, step=1, width=220, **bound("predict_row", row + 1, take))
        st.button(
            "Another",
            key="predict_another",
            icon=":material/casino:",
            on_click=lambda: take(random.randint(1, n_rows)),
        )


def _fields(
    experiment: Experiment, rows: Rows, row: int, cells: dict[str, str]
) -> None:
    """Draws a field a cell, or one for all of them where they are many."""

    def change(name: str, text: str) -> None:
        choose("predict", (experiment.data, row, cells | {name: text}))

    def change_all(text: str) -> None:
        parts = [part.strip() for part in text.split(",")]
        typed = dict(zip(cells, parts + [""] * len(cells)))
        choose("predict", (experiment.data, row, typed))

    if len(cells) > MOST_FIELDS:
        label = f"{plain(next(iter(cells)))} to {plain(list(cells)[-1])}"
        st.text_input(
            label, **bound("predict_all", ", ".join(cells.values()), change_all)
        )
        return
    with st.container(horizontal=True):
        for place, (name, text) in enumerate(cells.items()):
            key = f"predict_{place}"
            st.text_input(
                plain(name), width=140, **bound(key, text, partial(change, name))
            )


def _picture(cells: dict[str, str], side: int) -> None:
    pixels = pd.to_numeric(pd.Series(cells), errors="coerce").fillna(0).to_numpy(float)
    figure = pictures(pixels[None, :], side, 1)
    said = f"The row as a picture of {side} x {side} pixels"
    plot(figure, "predict_picture", alt=said, height=200)


def _answer(
    predictor: Predictor,
    run: Run,
    found: Dataset,
    rows: Rows,
    row: int,
    cells: dict[str, str],
) -> None:
    try:
        answers = predictor.predict(as_file(cells, found.table))
        notes = predictor.notes(as_file(cells, found.table))
    except NetlibError as error:
        st.warning(told(error))
        return
    said, shares = answers["prediction"].iloc[0], answers.iloc[0, 1:].astype(float)
    says = "The network says"
    if found.table:
        says = f"{plain(str(found.table.target.name))}, says the network"
    if found.n_classes:
        st.metric(
            says,
            str(said),
            f"{shares.max():.1%} sure",
            "off",
            delta_arrow="off",
        )
    else:
        st.metric(says, f"{said:.6g}")
    st.caption(_rating(run))
    is_given = cells == rows.cells.iloc[row].to_dict()
    if is_given:
        st.caption(f"The data says {plain(_truth(predictor, rows, row))}.")
    else:
        st.caption("A row of your own.")
    for note in notes:
        st.caption(f":material/info: {plain(note)}")
    for name, share in shares.nlargest(MOST_CLASSES).items():
        st.progress(min(share, 1.0), f"{plain(name[2:-1])} {share:.1%}")


def _rating(run: Run) -> str:
    """Says beside one answer how good all answers are to rows that were kept back."""
    told = run.snapshot()
    n_rows, score = told.started.n_validation_rows, scored_epoch(told).score
    return f"{told.started.score.capitalize()} over the {n_rows:,} rows kept back: {score:.4g}."


def _truth(predictor: Predictor, rows: Rows, row: int) -> str:
    value, classes = rows.target.iloc[row], predictor.names.get("classes")
    if classes is None:
        return f"{value:.6g}"
    return str(value if value in classes else classes[int(value)])
