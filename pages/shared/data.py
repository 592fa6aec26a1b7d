"""The choice of data, its first rows, and whether the network fits it."""

import math
from itertools import zip_longest

import streamlit as st

from netlib.data.choice import CSV, DATA_NAMES, DataChoice
from netlib.data.examples import EXAMPLES
from netlib.data.features import FEATURES, GIVEN, INPUTS
from netlib.data.loader import Dataset, load
from netlib.data.table import Table
from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.program.fit import examples_for, fitted
from netlib.program.writer import Program, arrange
from netlib.spec.network import NetworkSpec
from pages.frame.looks import plain, told
from pages.frame.session import current, edit, tell
from pages.frame.widgets import bound_default, bound_index
from pages.shared.fields import field_widget
from pages.shared.preview import rows_view, understood
from pages.shared.table import columns_form, csv_content, table_form, uploaded_file


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


def class_names(choice: DataChoice) -> list[str]:
    """Returns what the classes of the data are called, [] where there are none."""
    found = dataset(choice)
    return found.class_names if isinstance(found, Dataset) else []


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
            sorted(DATA_NAMES, key=lambda name: name != CSV),
            lambda name: (
                EXAMPLES[name].title if name in EXAMPLES else "Your own CSV file"
            ),
        ),
    )
    if choice.name == CSV:
        table_form(choice)
    else:
        st.button(
            "Use a CSV file of your own",
            icon=":material/upload_file:",
            key="own_csv",
            on_click=edit,
            kwargs={"data": {"name": CSV}},
        )
        _options_form(choice)
    if choice.name == CSV and csv_content(choice) is None:
        _missing_file(choice)
        return
    found = dataset(choice)
    if isinstance(found, NetlibError):
        st.warning(told(found), icon=":material/table:")
        columns_form(choice)
        if file := uploaded_file(choice):
            rows_view(file.frame)
    else:
        columns_form(choice)
        if found.table:
            _table_inputs(choice, found.table)
        understood(experiment, found)
        fit_form(experiment, program)


def _missing_file(choice: DataChoice) -> None:
    """Asks for a file that this server does not hold."""
    st.info(
        f"This server no longer holds {plain(choice.filename)}: upload it again. "
        "How it is prepared is part of this design."
        if choice.sha256
        else "Choose a file to train on.",
        icon=":material/upload_file:",
    )


def _options_form(choice: DataChoice) -> None:
    """Draws what a person chooses of points that are made, two fields a line."""
    options = EXAMPLES[choice.name].options
    for pair in zip_longest(options[::2], options[1::2]):
        for option, column in zip(filter(None, pair), st.columns(2)):
            with column:
                field_widget(choice, option, f"data_{option}", _change)
    features_form(choice)


def features_form(choice: DataChoice) -> None:
    """Draws the inputs of data that has two features: these, and what is made of them."""
    found = dataset(choice)
    if isinstance(found, NetlibError) or not found.given:
        return
    st.pills(
        "Inputs",
        selection_mode="multi",
        **bound_default(
            "data_features",
            list(choice.inputs or GIVEN),
            _choose_inputs,
            list(INPUTS),
            lambda name: INPUTS[name].title,
        ),
    )


def _table_inputs(choice: DataChoice, table: Table) -> None:
    """Draws the inputs of a table of two columns of numbers, and which these are."""
    features_form(choice)
    if table.given:
        st.caption(plain("x1 is {}, x2 is {}.".format(*table.given)))


def _choose_inputs(names: list[str]) -> None:
    """Takes these inputs, and keeps a network fitted that was so before."""
    experiment = current()
    without = tuple(name for name in GIVEN if name not in names)
    features = tuple(name for name in FEATURES if name in names)
    data = experiment.data.replace(without=without, features=features)
    found, spec = dataset(data), experiment.spec
    if isinstance(found, NetlibError):
        tell(found)
        return
    if not isinstance(written(experiment), NetlibError):
        plan = experiment.plan
        n_inputs = found.count_features(plan.validation_share, plan.seed)
        spec = spec.fitted(n_inputs, found.n_outputs)
    edit(data=data, spec=spec)


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
    """Says why there is no program; offers to fit the network, or to take other data."""
    st.warning(told(reason), icon=":material/straighten:")
    spec = _fitted(experiment)
    if not isinstance(spec, NetlibError):
        n_inputs, n_outputs = math.prod(spec.input_shape), spec.output_shape[0]
        is_shorter = len(spec.layers) < len(experiment.spec.layers)
        lost = f", without {experiment.spec.layers[-1].kind}" if is_shorter else ""
        st.button(
            f"Fit the network: {n_inputs} in, {n_outputs} out{lost}",
            key=f"fit_{place}",
            icon=":material/straighten:",
            on_click=_fit,
        )
    elif str(spec) != str(reason):
        st.caption(told(spec))
    if names := examples_for(experiment):
        key = f"take_{place}"
        label = f"Or take data that fits {plain(experiment.spec.title)}"
        st.pills(
            label,
            **bound_default(key, None, _take, names, lambda name: EXAMPLES[name].title),
        )


def _take(name: str | None) -> None:
    if name is not None:
        edit(data={"name": name})


def _fitted(experiment: Experiment) -> NetworkSpec | NetlibError:
    """Returns a network that fits the data, or why there is none."""
    found = dataset(experiment.data)
    if isinstance(found, NetlibError):
        return found
    try:
        return fitted(experiment, found).spec
    except NetlibError as error:
        return error


def _fit() -> None:
    """Fits the network as it stands when the button is pressed."""
    spec = _fitted(current())
    if isinstance(spec, NetlibError):
        tell(spec)
    else:
        edit(spec=spec)


def _change(**fields: object) -> None:
    edit(data=current().data.model_dump() | fields)
