"""The program as a notebook: its sections in cells, explanations, and the curve."""

import ast
import sys
from textwrap import dedent

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from netlib.exports.file import File
from netlib.exports.statements import find, insert, rewrap
from netlib.program.writer import Program, write
from netlib.source.lines import Body, text_lines
from netlib.source.tasks import TASKS
from netlib.training.record import RunRecord

# What a module is installed as, and what Plotly shows its figures by.
PACKAGES = {"sklearn": ("scikit-learn",), "plotly": ("plotly", "nbformat")}

APPEND = "    history.append((epoch, loss, val_loss, {score}))"
CURVE = """
import pandas as pd
import plotly.express as px

names = ["epoch", "loss", "val_loss", "{score}"]
px.line(pd.DataFrame(history, columns=names), x="epoch", y=names[1:])
"""
ABOUT_DATA = """
## The data

The rows are split first. Whatever is fitted to them, means, deviations or categories, is
fitted to the rows to train on alone.
"""
ABOUT_MODEL = """
## The network

The seed above draws its first weights. Run the notebook from the top to begin anew.
"""
ABOUT_TRAINING = """
## The training

An epoch goes once through the rows in a new order, a step a batch; `validate` measures
what the network makes of the rows that were kept back.
"""
ABOUT_RUN = """
## The run

The losses are the same to the last bit wherever this program runs on one machine with the
same versions; elsewhere they may drift apart.
"""
ABOUT_WEIGHTS = """
## The weights

They load into the same definition elsewhere.
"""


def write_notebook(record: RunRecord) -> File:
    """Returns `train.ipynb`, whose cells are the program; raises NetlibError."""
    program = write(record.experiment, record.csv)
    cells = [
        new_code_cell(text, id=f"cell-{number}")
        if kind == "code"
        else new_markdown_cell(text, id=f"cell-{number}")
        for number, (kind, text) in enumerate(_cells(program), 1)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    language = {"name": "python", "version": "3.11"}
    metadata = {"kernelspec": kernel, "language_info": language}
    book = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    return File("train.ipynb", f"{nbformat.writes(book)}\n".encode())


def code_of(file: File) -> str:
    """Returns the code cells of a notebook as one program."""
    book = nbformat.reads(file.content.decode(), as_version=4)
    return "\n\n\n".join(cell.source for cell in book.cells if cell.cell_type == "code")


def _cells(program: Program) -> list[tuple[str, str]]:
    """Returns the kind and the text of each cell."""
    lines = program.text.splitlines()
    sections = {
        name: "\n".join(lines[first - 1 : last])
        for name, (first, last) in program.sections.items()
    }
    settings = "\n".join(lines[1 : program.sections["data"][0] - 1]).strip("\n")
    run, save = _run(program, sections["run"])
    curve = CURVE.format(score=TASKS[program.task].score_name)
    cells = [
        ("markdown", _head(program, f"{settings}\n{curve}")),
        ("code", settings),
        ("markdown", ABOUT_DATA),
        ("code", sections["data"]),
        ("markdown", ABOUT_MODEL),
        ("code", sections["model"]),
        ("markdown", ABOUT_TRAINING),
        ("code", sections["training"]),
        ("markdown", ABOUT_RUN),
        ("code", _text(run)),
        ("code", curve),
        ("markdown", ABOUT_WEIGHTS),
        ("code", _text(save)),
    ]
    return [(kind, text.strip("\n")) for kind, text in cells]


def _run(program: Program, text: str) -> tuple[Body, Body]:
    """Returns the lines that train and keep a history, and those that save."""
    score = TASKS[program.task].score_name
    body = text_lines(dedent(text.partition("\n")[2]))
    rewrap(body, "print(", indent=4)
    last = find(body, "print(").stop
    train, save = body[:last], body[last:]
    insert(train, "for epoch in ", text_lines("history = []"))
    return [*train, *text_lines(APPEND.format(score=score))], save


def _text(body: Body) -> str:
    return "\n".join(line.text for line in body)


def _head(program: Program, code: str) -> str:
    docstring = ast.get_docstring(ast.parse(program.text)) or ""
    packages = ", ".join(_packages(code))
    table = ""
    if program.experiment.data.name == "csv":
        table = "\n\nPut your table beside it, by the name that is read below."
    return f"# {docstring.rstrip('.')}\n\nThe cells need {packages}.{table}"


def _packages(code: str) -> list[str]:
    """Returns the packages that the code imports, as one installs them."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    needed = found - sys.stdlib_module_names
    return sorted({each for name in needed for each in PACKAGES.get(name, (name,))})
