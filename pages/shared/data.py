"""The choice of data: by name or as a CSV file, and whether the network fits it."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st
from netlib.data.table import DATASETS, load, prepare, read_csv

from netlib.data.uploads import Uploads
from netlib.errors import NetlibError
from netlib.experiment import DataChoice, Experiment
from netlib.training.run import loss_for
from pages.frame.session import (
    bound_default,
    bound_index,
    current,
    edit,
    plain,
    tell,
    told,
    widget_value,
)
from pages.shared.fields import field_widget

CSV = "csv"
SAMPLE_ROWS = 400


@dataclass(frozen=True)
class Facts:
    """What a page says of a table, once it is prepared; `sample` is its first rows."""

    task: str
    n_features: int
    n_outputs: int
    report: tuple[str, ...]
    sample: pd.DataFrame


@st.cache_resource
def uploads() -> Uploads:
    """Returns the uploaded files of this server, in memory."""
    return Uploads()


def csv_content(choice: DataChoice) -> bytes | None:
    """Returns the uploaded file of `choice`, or None if the server has it no more."""
    return uploads().get(choice.sha256) if choice.name == CSV else None


def facts(experiment: Experiment) -> Facts | NetlibError:
    """Returns the facts of the chosen table, or why it cannot be used."""
    choice, plan = experiment.data, experiment.plan
    content = csv_content(choice)
    key = (choice.model_dump_json(), content is not None)
    return _facts(*key, plan.validation_share, plan.seed, choice, content)


@st.cache_resource(max_entries=8, show_spinner=False, scope="session")
def _facts(
    name: str,
    is_there: bool,
    share: float,
    seed: int,
    _choice: DataChoice,
    _content: bytes | None,
) -> Facts | NetlibError:
    try:
        table = load(_choice, _content)
        data = prepare(table.features, table.target, table.task, share, seed)
    except NetlibError as error:
        return error
    n_outputs = len(data["class_names"]) if table.task == "multiclass" else 1
    n_features = data["train_features"].shape[1]
    target = table.target.rename(f"{table.target.name or 'target'} (target)")
    sample = pd.concat([table.features, target], axis=1).head(SAMPLE_ROWS)
    return Facts(table.task, n_features, n_outputs, table.report, sample)


def misfit(experiment: Experiment, found: Facts) -> NetlibError | None:
    """Returns why the network cannot be trained on the table, or None."""
    spec = experiment.spec
    rows = experiment.plan.batch_size
    try:
        loss_for(spec, rows, found.task, found.n_features, found.n_outputs)
    except NetlibError as error:
        return error
    return None


def data_form(experiment: Experiment) -> None:
    """Draws the choice of data and what came of it."""
    choice = experiment.data
    st.selectbox(
        "Data",
        **bound_index(
            "data_name",
            choice.name,
            lambda name: edit(data={"name": name}),
            [*DATASETS, CSV],
            lambda name: (
                DATASETS[name].title if name in DATASETS else "Your own CSV file"
            ),
        ),
    )
    if choice.name == CSV:
        _csv_form(choice)
    elif DATASETS[choice.name].synthetic:
        left, right = st.columns(2)
        with left:
            field_widget(choice, "noise", "data_noise", _change)
        with right:
            field_widget(choice, "seed", "data_seed", _change)
    found = facts(experiment)
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
        _sample(found)
        _fit_form(experiment, found)


def _sample(found: Facts) -> None:
    with st.expander("Look at the data"):
        names = list(found.sample.columns)
        if len(names) == 3 and found.n_features == 2 and found.task != "regression":
            points = found.sample.set_axis(["x", "y", "class"], axis=1)
            points["class"] = points["class"].astype(str)
            labels = {"x_label": names[0], "y_label": names[1]}
            st.scatter_chart(points, x="x", y="y", color="class", height=260, **labels)
        st.dataframe(found.sample, hide_index=True, height=220, alt="First rows")


def _fit_form(experiment: Experiment, found: Facts) -> None:
    reason = misfit(experiment, found)
    if reason is None:
        n_inputs, n_outputs = found.n_features, experiment.spec.output_shape[0]
        st.caption(
            f":material/check: Fits the network: {n_inputs} in, {n_outputs} out."
        )
        return
    st.warning(told(reason), icon=":material/straighten:")
    st.button(
        f"Fit the network: {found.n_features} in, {found.n_outputs} out",
        key="fit",
        icon=":material/straighten:",
        on_click=_fit,
        args=(found,),
    )


def _fit(found: Facts) -> None:
    try:
        spec = current().spec.fitted(found.n_features, found.n_outputs)
        if misfit(current().replace(spec=spec), found):
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
