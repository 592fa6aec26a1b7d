"""All files of an experiment in one archive, with a README and pinned requirements."""

import io
import zipfile
from collections.abc import Sequence
from importlib.metadata import version

from netlib.errors import NetlibError
from netlib.exports.notebook import CSV_PATH
from netlib.exports.trained import File, Trained

REQUIRED = (
    "torch", "numpy", "pandas", "scikit-learn", "safetensors", "plotly", "onnxruntime",
)  # fmt: skip
# The oldest that the format knows: equal contents make equal archives.
_DATE = (1980, 1, 1, 0, 0, 0)


def project(
    trained: Trained, files: Sequence[File], left_out: Sequence[NetlibError]
) -> File:
    """Returns `project.zip` of the files; its README says what was found of each."""
    requirements = "".join(f"{name}=={_version(name)}\n" for name in REQUIRED)
    texts = {
        "README.md": _readme(trained, files, left_out),
        "requirements.txt": requirements,
    }
    contents = {name: text.encode() for name, text in texts.items()}
    contents |= {file.name: file.content for file in files}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)
    return File("project.zip", buffer.getvalue(), f"{len(contents)} files")


def _version(name: str) -> str:
    return version(name).split("+")[0]  # +cpu is not on the package index


def _readme(
    trained: Trained, files: Sequence[File], left_out: Sequence[NetlibError]
) -> str:
    table = f" {CSV_PATH}" if trained.csv is not None else ""
    own = f"Put your own table beside the files as `{CSV_PATH}`.\n\n" if table else ""
    rows = "".join(f"| `{file.name}` | {file.check} |\n" for file in files)
    missing = "".join(f"- {error} {error.advice}\n" for error in left_out)
    return (
        f"# {trained.experiment.spec.title}\n\n"
        "With Python 3.11:\n\n"
        "```bash\n"
        "python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt\n"
        f".venv/bin/python train.py{table}\n"
        "```\n\n"
        f"{own}"
        "Before they were put in here, the files were checked:\n\n"
        "| file | what was found |\n|---|---|\n"
        f"{rows}"
        f"{f'{chr(10)}Left out:{chr(10)}{chr(10)}{missing}' if missing else ''}"
    )
