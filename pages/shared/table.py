"""A table of one's own: its file, its target, and what each column is read as."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from netlib.data.choice import CSV, DataChoice
from netlib.data.columns import DATE, Column
from netlib.data.csv_file import CsvFile, read_csv
from netlib.data.readings import CATEGORY, DAYS, NUMBER, READINGS
from netlib.data.table import choose_columns, find_target
from netlib.data.uploads import Uploads
from netlib.errors import NetlibError
from pages.frame.looks import css
from pages.frame.session import choose, chosen, current, edit, session, tell
from pages.frame.widgets import (
    bound,
    bound_default,
    bound_index,
    problem_at,
    widget_value,
)
from pages.shared.sketch import column_head

MOST_COLUMNS = 20
# So that all four have room in a line on a phone.
NARROW_BUTTONS = ".st-key-columns button { padding-inline: .6rem }"
# What was made of a new file begins with the target, below the place for the file. The
# browser runs a script again only where its text is another one: that of another file.
TO_THE_COLUMNS = """<script>{  // %s
  const target = document.querySelector('[class*="st-key-target-"]')
  target?.style.setProperty("scroll-margin-top", "1rem")
  target?.scrollIntoView()
}</script>"""
UPLOADED = "uploaded"
LEFT_OUT = "left out"
USES = (NUMBER, CATEGORY, DATE, LEFT_OUT)
TASKS = {
    "auto": "As the target suggests",
    "classes": "Tell classes apart",
    "regression": "Predict a number",
}
# Another column is another x1 or x2: what was made of them goes.
AS_GIVEN = {"features": (), "without": ()}
DATES = [name for name, reading in READINGS.items() if reading.parts]


@st.cache_resource
def uploads() -> Uploads:
    """Returns the uploaded files of this server, in memory."""
    return Uploads()


def csv_content(choice: DataChoice) -> bytes | None:
    """Returns the uploaded file of `choice`, or None if the server has it no more."""
    return uploads().get(choice.sha256) if choice.name == CSV else None


def uploaded_file(choice: DataChoice) -> CsvFile | None:
    """Returns the uploaded table as it was read, None if there is none to read."""
    content = csv_content(choice)
    return _read(choice.sha256, content) if content is not None else None


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _read(sha256: str, _content: bytes) -> CsvFile | None:
    try:
        return read_csv(_content)
    except NetlibError:
        return None


def columns_of(choice: DataChoice) -> Mapping[str, Column]:
    """Returns the columns of the uploaded table, none where they can't be read so."""
    file = uploaded_file(choice)
    return _columns(choice.model_dump_json(), choice, file) if file else {}


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _columns(name: str, _choice: DataChoice, _file: CsvFile) -> Mapping[str, Column]:
    try:
        return choose_columns(_file, _choice)
    except NetlibError:
        return {}


def table_form(choice: DataChoice) -> None:
    """Draws the choice of a file, of its target and of what is asked of it."""
    st.file_uploader(
        "CSV file with a header, up to 20 MB", type=None, key="file", on_change=_upload
    )
    st.caption(
        "The file goes to this server's memory, for this session. It is forgotten once "
        "this page is closed and 30 minutes have passed since its last use. The link "
        "carries its name and fingerprint, not its contents; until then, whoever has "
        "the link can train on it here."
    )
    file = uploaded_file(choice)
    if file is None:
        return
    names, target = list(file.frame.columns), find_target(file, choice)
    st.selectbox(
        "Target, the column to predict",
        **bound_index(
            "target",
            target if target in names else names[-1],
            _choose_target,
            names,
        ),
    )
    st.selectbox(
        "Task",
        **bound_index(
            "data_task",
            choice.task,
            lambda task: _edit(task=task),
            list(TASKS),
            TASKS.__getitem__,
        ),
    )


def columns_form(choice: DataChoice) -> None:
    """Draws every column with what it is read as and why, to be changed in one click."""
    columns = columns_of(choice)
    target = choice.target or next(reversed(columns), "")
    features = [name for name in columns if name != target]
    if not features:
        return
    column_head(choice.sha256, columns[target])
    n_used = sum(bool(columns[name].reading) for name in features)
    st.markdown(f"**Columns**: {n_used:,} of {len(features):,} used")
    first = _first_shown(len(features))
    css([NARROW_BUTTONS])
    with st.container(key="columns"):
        for index in range(first, min(first + MOST_COLUMNS, len(features))):
            _column_row(choice, columns[features[index]], index)
    if session().choices.pop(UPLOADED, "") == choice.sha256:
        st.html(TO_THE_COLUMNS % choice.sha256, unsafe_allow_javascript=True)


def _first_shown(n_columns: int) -> int:
    """Returns the place of the first column to draw, 0 where all have room."""
    if n_columns <= MOST_COLUMNS:
        return 0
    first = min(max(chosen("first_column", 1), 1), n_columns)
    tie = bound("first_column", first, partial(choose, "first_column"))
    st.number_input(f"First column to show, of {n_columns:,}", step=MOST_COLUMNS, **tie)
    return first - 1


def _column_row(choice: DataChoice, column: Column, index: int) -> None:
    with st.container(gap="xsmall"):
        column_head(choice.sha256, column)
        use = DATE if column.reading in DATES else column.reading or LEFT_OUT
        key = f"use_{index}"
        st.segmented_control(
            f"{column.name} is read as",
            required=True,
            label_visibility="collapsed",
            **bound_default(key, use, partial(_use, column.name), USES, str.capitalize),
        )
        if use == DATE:
            st.selectbox(
                f"{column.name} becomes",
                label_visibility="collapsed",
                **bound_index(
                    f"date_{index}",
                    column.reading,
                    partial(_use, column.name),
                    DATES,
                    lambda name: READINGS[name].title.removeprefix("Date: "),
                ),
            )
        problem_at(key)


def _choose_target(name: str) -> None:
    left_out = [left for left in current().data.left_out if left != name]
    fields = {"target": name, "task": "auto", "left_out": left_out}
    edit(data=current().data.replace(**fields, **AS_GIVEN))


def _use(name: str, use: str) -> None:
    """Reads a column as a person says; what it is read as anyway is not said again."""
    data = current().data
    left_out = [left for left in data.left_out if left != name]
    read_as = {key: value for key, value in data.read_as.items() if key != name}
    unsaid = data.replace(left_out=left_out, read_as=read_as)
    is_so = _is_read_as(columns_of(unsaid).get(name), use)
    if not is_so and use == LEFT_OUT:
        left_out.append(name)
    elif not is_so:
        read_as[name] = DAYS if use == DATE else use
    _edit(left_out=left_out, read_as=read_as, **AS_GIVEN)


def _is_read_as(column: Column | None, use: str) -> bool:
    if column is None:
        return False
    is_date = column.reading in DATES
    return use == (column.reading or LEFT_OUT) or (use == DATE and is_date)


def _edit(**fields: object) -> None:
    """Changes how the table is used, unless its columns can't be read so."""
    try:
        choice = current().data.replace(**fields)
        if file := uploaded_file(choice):
            choose_columns(file, choice)
    except NetlibError as error:
        tell(error)
    else:
        edit(data=choice)


def _upload() -> None:
    file = widget_value("file")
    if file is None:
        return
    sha256 = uploads().put(file.getvalue())
    if sha256 != current().data.sha256:
        choose(UPLOADED, sha256)
        edit(data=DataChoice(name=CSV, sha256=sha256, filename=file.name[:200]))
