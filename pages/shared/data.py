"""The choice of data: by name or as a CSV file, and whether the network fits it."""

import math

import pandas as pd
import streamlit as st

from netlib.data.choice import CSV, DATA_NAMES, DataChoice
from netlib.data.csv_file import read_csv
from netlib.data.examples import EXAMPLES
from netlib.data.loader import Dataset, load
from netlib.data.uploads import Uploads
from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.program.writer import Program, arrange
from pages.frame.looks import plain, told
from pages.frame.session import current, edit, tell
from pages.frame.widgets import bound_default, bound_index, problem_at, widget_value
from pages.shared.fields import field_widget

SAMPLE_ROWS = 400


@st.cache_resource
def uploads() -> Uploads:
    """Returns the uploaded files of this server, in memory."""
    return Uploads()


def csv_content(choice: DataChoice) -> bytes | None:
    """Returns the uploaded file of `choice`, or None if the server has it no more."""
    return uploads().get(choice.sha256) if choice.name == CSV else None


def dataset(choice: DataChoice) -> Dataset | NetlibError:
    """Returns the chosen data set, or why it cannot be used."""
    content = csv_content(choice)
    return _dataset(choice.model_dump_json(), content is not None, choice, content)


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _dataset(
    name: str, is_there: bool, _choice: DataChoice, _content: bytes | None
) -> Dataset | NetlibError:
    try:
        return load(_choice, _content)
    except NetlibError as error:
        return error


def written(experiment: Experiment) -> Program | NetlibError:
    """Returns the program of the experiment, or why it cannot be written."""
    is_there = csv_content(experiment.data) is not None
    return _written(experiment.model_dump_json(), is_there, experiment)


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _written(
    name: str, is_there: bool, _experiment: Experiment
) -> Program | NetlibError:
    found = dataset(_experiment.data)
    if isinstance(found, NetlibError):
        return found
    try:
        return arrange(_experiment, found)
    except NetlibError as error:
        return error


def data_form(experiment: Experiment, program: Program | NetlibError) -> None:
    """Draws the choice of data, and whether the network fits what came of it."""
    choice = experiment.data
    st.selectbox(
        "Data",
        **bound_index(
            "data_name",
            choice.name,
            lambda name: edit(data={"name": name}),
            list(DATA_NAMES),
            lambda name: (
                EXAMPLES[name].title if name in EXAMPLES else "Your own CSV file"
            ),
        ),
    )
    if choice.name == CSV:
        _csv_form(choice)
    elif EXAMPLES[choice.name].is_made:
        left, right = st.columns(2)
        with left:
            field_widget(choice, "noise", "data_noise", _change)
        with right:
            field_widget(choice, "seed", "data_seed", _change)
    found = dataset(choice)
    if choice.name == CSV and csv_content(choice) is None:
        st.info(
            f"This server no longer holds {plain(choice.filename)}: upload it again. "
            "How it is prepared is part of this design."
            if choice.sha256
            else "Choose a file to train on.",
            icon=":material/upload_file:",
        )
    elif isinstance(found, NetlibError):
        st.warning(told(found), icon=":material/table:")
    else:
        st.caption(plain(" ".join(found.report)))
        _sample(choice, found)
        fit_form(experiment, program)


def _sample(choice: DataChoice, found: Dataset) -> None:
    with st.expander("Look at the data"):
        sample = _first_rows(choice.model_dump_json(), found)
        names = list(sample.columns)
        if len(names) == 3 and found.n_features == 2:
            points = sample.set_axis(["x", "y", "class"], axis=1)
            points["class"] = points["class"].astype(str)
            labels = {"x_label": names[0], "y_label": names[1]}
            st.scatter_chart(points, x="x", y="y", color="class", height=260, **labels)
        st.dataframe(sample, hide_index=True, height=220, alt="First rows")


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _first_rows(name: str, _found: Dataset) -> pd.DataFrame:
    from netlib.model.builder import example_rows

    if _found.table is None:
        return example_rows(_found).head(SAMPLE_ROWS)
    target = _found.table.target
    features = _found.table.features.head(SAMPLE_ROWS)
    return features.assign(**{f"{target.name} (target)": target})


def fit_form(experiment: Experiment, program: Program | NetlibError) -> None:
    """Says that the network fits the data, or why not, and offers to fit it."""
    if not isinstance(program, NetlibError):
        spec = experiment.spec
        n_inputs, n_outputs = math.prod(spec.input_shape), spec.output_shape[0]
        st.caption(
            f":material/check: Fits the network: {n_inputs} in, {n_outputs} out."
        )
        return
    misfit_view(experiment, program, "data")


def misfit_view(experiment: Experiment, reason: NetlibError, place: str) -> None:
    """Says why there is no program, and offers to fit the network to the data."""
    st.warning(told(reason), icon=":material/straighten:")
    if sizes := _sizes(experiment):
        n_inputs, n_outputs = sizes
        st.button(
            f"Fit the network: {n_inputs} in, {n_outputs} out",
            key=f"fit_{place}",
            icon=":material/straighten:",
            on_click=_fit,
            args=sizes,
        )


def _sizes(experiment: Experiment) -> tuple[int, int] | None:
    """Returns the inputs and outputs that the data asks for, None if it can't tell."""
    found, plan = dataset(experiment.data), experiment.plan
    if isinstance(found, NetlibError):
        return None
    try:
        n_inputs = found.count_features(plan.validation_share, plan.seed)
    except NetlibError:
        return None
    return n_inputs, found.n_outputs


def _fit(n_inputs: int, n_outputs: int) -> None:
    try:
        spec = current().spec.fitted(n_inputs, n_outputs)
        if isinstance(written(current().replace(spec=spec)), NetlibError):
            spec = spec.without_output_activation()
    except NetlibError as error:
        tell(error)
    else:
        edit(spec=spec)


def _change(**fields: object) -> None:
    edit(data=current().data.model_dump() | fields)


def _csv_form(choice: DataChoice) -> None:
    st.file_uploader(
        "CSV file with a header, up to 20 MB", type=None, key="file", on_change=_upload
    )
    st.caption(
        "The file goes to this server's memory, for this session. It is forgotten once "
        "this page is closed and 30 minutes have passed since its last use. The link "
        "carries its name and fingerprint, not its contents; until then, whoever has "
        "the link can train on it here."
    )
    content = csv_content(choice)
    if content is None:
        return
    columns = _columns(choice.sha256, content)
    if not columns:
        return
    target = choice.target if choice.target in columns else columns[-1]
    st.selectbox(
        "Target, the column to predict",
        **bound_index(
            "target",
            target,
            lambda name: _change(target=name, left_out=()),
            columns,
        ),
    )
    features = [name for name in columns if name != target]
    left_out = [name for name in choice.left_out if name in features]
    st.multiselect(
        "Columns left out",
        **bound_default(
            "left_out", left_out, lambda names: _change(left_out=names), features
        ),
    )
    problem_at("left_out")


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _columns(sha256: str, _content: bytes) -> list[str]:
    try:
        return [str(name) for name in read_csv(_content).frame.columns]
    except NetlibError:
        return []


def _upload() -> None:
    file = widget_value("file")
    if file is None:
        return
    sha256 = uploads().put(file.getvalue())
    if sha256 != current().data.sha256:
        edit(data=DataChoice(name=CSV, sha256=sha256, filename=file.name[:200]))
