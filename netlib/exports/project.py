"""All files of an experiment in one archive, with a README and pinned requirements."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from netlib.data.table import safe_filename
from netlib.errors import NetlibError
from netlib.exports.file import File
from netlib.training.record import RunRecord

REQUIRED = (
    "torch", "numpy", "pandas", "scikit-learn", "safetensors", "plotly", "onnxruntime",
)  # fmt: skip
# The oldest that the format knows: equal contents make equal archives.
_DATE = (1980, 1, 1, 0, 0, 0)

README = """
# {title}

With Python 3.11:

```bash
python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt
.venv/bin/python train.py
```
{table}
Before they were put in here, the files were checked:

| file | what was found |
|---|---|
{rows}
{missing}"""
TABLE = """
Put your own table beside the files as `{filename}`.
"""


def write_project(
    record: RunRecord, files: Sequence[File], left_out: Sequence[NetlibError]
) -> File:
    """Returns `project.zip` of the files; its README says what was found of each."""
    requirements = "".join(f"{name}=={_version(name)}\n" for name in REQUIRED)
    contents = {
        "README.md": _readme(record, files, left_out).encode(),
        "requirements.txt": requirements.encode(),
    }
    contents |= {file.name: file.content for file in files}
    return _archive("project.zip", contents, f"{len(contents)} files")


def write_prediction(
    record: RunRecord, files: Sequence[File], left_out: Sequence[NetlibError]
) -> File:
    """Returns `prediction.zip`: the program that predicts, and what it reads."""
    contents = {file.name: file.content for file in files}
    return _archive("prediction.zip", contents, files[0].check)


def _archive(name: str, contents: Mapping[str, bytes], check: str) -> File:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in contents.items():
            archive.writestr(zipfile.ZipInfo(part, _DATE), content)
    return File(name, buffer.getvalue(), check)


def _version(name: str) -> str:
    return version(name).split("+")[0]  # +cpu is not on the package index


def _readme(
    record: RunRecord, files: Sequence[File], left_out: Sequence[NetlibError]
) -> str:
    filename = safe_filename(record.experiment.data.filename)
    missing = [f"- {error}\n" for error in left_out]
    return README.format(
        title=record.experiment.spec.title,
        table="" if record.csv is None else TABLE.format(filename=filename),
        rows="\n".join(f"| `{file.name}` | {file.check} |" for file in files),
        missing="".join(["\nLeft out:\n\n", *missing] if missing else []),
    ).lstrip("\n")
