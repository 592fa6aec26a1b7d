"""The chosen data: what was made of it, points, digits, a histogram a column, its rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from netlib.data.cautions import cautions_on
from netlib.data.choice import DataChoice
from netlib.data.loader import Dataset
from netlib.errors import NetlibError
from netlib.experiment import Experiment, TrainingPlan
from netlib.figures import class_points, pictures, value_points
from pages.frame.looks import plain
from pages.frame.plot import plot
from pages.shared.sketch import sketches

SAMPLE_ROWS, MOST_POINTS, MOST_COLUMNS = 400, 2_000, 40
DIGITS, DIGITS_ACROSS = 32, 8


def understood(experiment: Experiment, found: Dataset) -> None:
    """Says what was made of the data, warns where a score means little, and draws it."""
    st.caption(plain(" ".join(found.report)))
    if cautions := _cautions(experiment, found):
        bullet = "- " if len(cautions) > 1 else ""
        said = "\n".join(bullet + plain(caution) for caution in cautions)
        st.warning(said, icon=":material/warning:")
    _preview(experiment.data, found, experiment.plan)


def _cautions(experiment: Experiment, found: Dataset) -> Sequence[str]:
    plan = experiment.plan
    name = experiment.data.model_dump_json()
    return _cautions_on(name, plan.validation_share, plan.seed, found)


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _cautions_on(name: str, share: float, seed: int, _found: Dataset) -> Sequence[str]:
    try:
        return list(cautions_on(_found, share, seed))
    except NetlibError:  # said where network and data are fitted
        return []


def _preview(choice: DataChoice, found: Dataset, plan: TrainingPlan) -> None:
    """Draws the data as it is, and which of it a split keeps back."""
    rows = _rows(choice.model_dump_json(), found)
    features, target = rows.iloc[:, :-1], rows.iloc[:, -1]
    held = _held(found, target, plan)
    if held is not None:
        st.caption(
            f"{len(target) - held.sum():,} rows to train on, {held.sum():,} kept back."
        )
    if found.image_side:
        _pictures(features, found.image_side)
    elif held is not None and _are_points(features):
        _points(features, target, held, found.n_classes > 0)
    folded = st.expander("Look at the data", key="rows", on_change="rerun")
    if folded.open:
        with folded:
            if found.table is None:
                sketches(choice.model_dump_json(), rows.iloc[:, :MOST_COLUMNS])
            rows_view(rows)


def rows_view(rows: pd.DataFrame) -> None:
    """Draws the first rows as a table."""
    sample = rows.head(SAMPLE_ROWS)
    st.dataframe(sample, hide_index=True, height=220, alt="First rows")


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _rows(name: str, _found: Dataset) -> pd.DataFrame:
    """Returns the features, and the target as the last column."""
    from netlib.model.builder import example_rows

    if _found.table is None:
        return example_rows(_found)
    target = _found.table.target
    return _found.table.features.assign(**{f"{target.name} (to predict)": target})


def _held(
    found: Dataset, target: pd.Series, plan: TrainingPlan
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]] | None":
    try:
        _, held = found.split(target, plan.validation_share, plan.seed)
    except (NetlibError, ValueError):
        return None
    return target.index.isin(held.index)


def _are_points(features: pd.DataFrame) -> bool:
    n_features = features.shape[1]
    return n_features <= 3 and features.select_dtypes("number").shape[1] == n_features


def _pictures(features: pd.DataFrame, side: int) -> None:
    digits = features.head(DIGITS).to_numpy(float)
    said = f"The first {DIGITS} rows as pictures of {side} x {side} pixels"
    plot(pictures(digits, side, DIGITS_ACROSS), "pictures", alt=said, height=176)


def _points(
    features: pd.DataFrame, target: pd.Series, held: "np.ndarray", has_classes: bool
) -> None:
    """Draws the first and the last feature, or one feature and what is to predict."""
    step = -(-len(target) // MOST_POINTS)
    features, target, held = features[::step], target[::step], held[::step]
    x, y = features.iloc[:, 0].to_numpy(float), features.iloc[:, -1].to_numpy(float)
    names = (features.columns[0], features.columns[-1])
    if has_classes:
        figure = class_points(x, y, target.astype(str).tolist(), held, names)
    elif features.shape[1] == 1:
        figure = value_points(
            x, target.to_numpy(float), None, held, (names[0], str(target.name))
        )
    else:
        figure = value_points(x, y, target.to_numpy(float), held, names)
    said = f"{len(target):,} points by {' and '.join(dict.fromkeys(names))}, hollow: kept back"
    plot(figure, "points", alt=said, height=260)
    st.caption("Hollow points are kept back.")
