"""A table of one's own: its file, its target, and the columns that cannot be used."""

import pandas as pd
import streamlit as st

from netlib.data.choice import CSV, DataChoice
from netlib.data.csv_file import read_csv
from netlib.data.loader import unusable_columns
from netlib.data.uploads import Uploads
from netlib.errors import NetlibError
from pages.frame.looks import plain, told
from pages.frame.session import current, edit
from pages.frame.widgets import bound_default, bound_index, problem_at, widget_value

MOST_REASONS = 8


@st.cache_resource
def uploads() -> Uploads:
    """Returns the uploaded files of this server, in memory."""
    return Uploads()


def csv_content(choice: DataChoice) -> bytes | None:
    """Returns the uploaded file of `choice`, or None if the server has it no more."""
    return uploads().get(choice.sha256) if choice.name == CSV else None


def uploaded_table(choice: DataChoice) -> pd.DataFrame | None:
    """Returns the uploaded table as it was read, None if there is none to read."""
    content = csv_content(choice)
    return _read(choice.sha256, content) if content is not None else None


@st.cache_resource(max_entries=2, show_spinner=False, scope="session")
def _read(sha256: str, _content: bytes) -> pd.DataFrame | None:
    try:
        return read_csv(_content).frame
    except NetlibError:
        return None


def table_form(choice: DataChoice) -> None:
    """Draws the choice of a file, of its target and of the columns to leave out."""
    st.file_uploader(
        "CSV file with a header, up to 20 MB", type=None, key="file", on_change=_upload
    )
    st.caption(
        "The file goes to this server's memory, for this session. It is forgotten once "
        "this page is closed and 30 minutes have passed since its last use. The link "
        "carries its name and fingerprint, not its contents; until then, whoever has "
        "the link can train on it here."
    )
    table = uploaded_table(choice)
    if table is None:
        return
    columns = list(table.columns)
    target = choice.target if choice.target in columns else columns[-1]
    st.selectbox(
        "Target, the column to predict",
        **bound_index("target", target, _choose_target, columns),
    )
    features = [name for name in columns if name != target]
    left_out = [name for name in choice.left_out if name in features]
    st.multiselect(
        "Columns left out",
        **bound_default("left_out", left_out, _leave_out, features),
    )
    problem_at("left_out")


def refusal_view(choice: DataChoice, refusal: NetlibError) -> None:
    """Tells why the data cannot be used: of a table all columns at once."""
    table = uploaded_table(choice)
    reasons = unusable_columns(table, choice) if table is not None else {}
    if len(reasons) < 2 or str(refusal) not in map(str, reasons.values()):
        st.warning(told(refusal), icon=":material/table:")
    if len(reasons) > 1:
        lines = [f"- {plain(str(reason))}" for reason in reasons.values()]
        if len(lines) > MOST_REASONS:
            lines[MOST_REASONS:] = [f"- and {len(lines) - MOST_REASONS:,} more"]
        said = f"{len(reasons):,} columns cannot be used as they are:"
        st.warning("\n".join([said, "", *lines]), icon=":material/table:")
    target = choice.target or (table.columns[-1] if table is not None else "")
    if features := [name for name in reasons if name != target]:
        st.button(
            "Leave them out"
            if len(features) > 1
            else f"Leave {plain(features[0])} out",
            key="leave_out",
            icon=":material/visibility_off:",
            on_click=_leave_out,
            args=([*choice.left_out, *features],),
        )


def _choose_target(name: str) -> None:
    left_out = [left for left in current().data.left_out if left != name]
    edit(data=current().data.replace(target=name, left_out=left_out))


def _leave_out(names: list[str]) -> None:
    edit(data=current().data.replace(left_out=names))


def _upload() -> None:
    file = widget_value("file")
    if file is None:
        return
    sha256 = uploads().put(file.getvalue())
    if sha256 != current().data.sha256:
        edit(data=DataChoice(name=CSV, sha256=sha256, filename=file.name[:200]))
