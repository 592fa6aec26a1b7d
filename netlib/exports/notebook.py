"""The script as a notebook: the same texts in cells, with explanations and plots."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from netlib.exports.carried import compare, epoch_rows
from netlib.exports.program import bare, carry, imports
from netlib.exports.script import ONE_THREAD
from netlib.exports.texts import Texts, plan_values, texts, training_call
from netlib.exports.trained import File, Trained
from netlib.training.run import train

CSV_PATH = "table.csv"
LARGEST_HEATMAP = 256 * 256

Cell = tuple[str, str]


def notebook(trained: Trained) -> File:
    """Returns `train.ipynb`, which repeats the run; raises NetlibError."""
    cells = _cells(trained, texts(trained))
    codes = [text for kind, text in cells if kind == "code"]
    cells[1] = ("code", f"{imports(codes)}\n{bare(ONE_THREAD)}")
    made = []
    for number, (kind, text) in enumerate(cells, 1):
        text = (bare(text) if number != 2 and kind == "code" else text).strip("\n")
        new_cell = new_code_cell if kind == "code" else new_markdown_cell
        made.append(new_cell(text, id=f"cell-{number}"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    language = {"name": "python", "version": "3.11"}
    metadata = {"kernelspec": kernel, "language_info": language}
    book = new_notebook(cells=made, metadata=metadata)
    nbformat.validate(book)
    return File("train.ipynb", (nbformat.writes(book) + "\n").encode())


def code_of(file: File) -> str:
    """Returns the code cells of a notebook as one script."""
    book = nbformat.reads(file.content.decode(), as_version=4)
    return "\n\n\n".join(cell.source for cell in book.cells if cell.cell_type == "code")


def _cells(trained: Trained, parts: Texts) -> list[Cell]:
    """Returns the cells; the second is to hold the imports of the others."""
    score = "R2" if parts.task == "regression" else "accuracy"
    return [
        ("markdown", _head(parts)),
        ("code", ONE_THREAD),
        ("markdown", _ABOUT_PLAN),
        (
            "code",
            "\n".join(f"{name} = {value}" for name, value in plan_values(trained)),
        ),
        ("markdown", _ABOUT_DATA),
        ("code", "\n\n".join([*parts.constants, *map(carry, parts.carried)])),
        ("code", _reading(parts)),
        ("markdown", _ABOUT_NETWORK),
        ("code", parts.model),
        ("markdown", _ABOUT_TRAINING),
        ("code", "\n\n".join([carry(train), carry(epoch_rows)])),
        (
            "code",
            f"events = {training_call(parts, '')}\nhistory = list(epoch_rows(events))",
        ),
        (
            "markdown",
            f"The loss is the mean over the rows of an epoch; the score is {score}.",
        ),
        ("code", _CURVES),
        *_heatmap(trained, parts),
        ("markdown", _ABOUT_CHECK),
        ("code", f"{parts.first_epochs}\n\n{carry(compare)}"),
        ("code", "print(compare(history, FIRST_EPOCHS))"),
        ("markdown", "## The weights\n\nThey load into the same definition elsewhere."),
        ("code", f'{_SAVE_IMPORT}save_file({parts.tensors}, "model.safetensors")'),
    ]


def _head(parts: Texts) -> str:
    table = f" Put your table beside it as `{CSV_PATH}`." if parts.csv else ""
    return (
        f"# A {parts.title}\n\n"
        "Run the cells in order. They need torch, pandas, plotly, safetensors and, for "
        f"its tables, scikit-learn.{table}"
    )


def _reading(parts: Texts) -> str:
    path = f'"{CSV_PATH}"'
    summary = (
        'n_rows, n_held = len(data["train_targets"]), len(data["validation_targets"])\n'
        'print(f"{n_rows} rows to train on, {n_held} kept back")\n'
        "features.head()"
    )
    statements = parts.reading.format(path=path, plan="")
    return f"from pathlib import Path\n{statements}{summary}"


def _heatmap(trained: Trained, parts: Texts) -> list[Cell]:
    """Returns cells that draw the first matrix of weights, if there is one to draw."""
    for name, values in trained.arrays.items():
        if values.ndim == 2 and values.size <= LARGEST_HEATMAP:
            expression = f'{parts.tensors}["{name}"].detach().numpy()'
            text = (
                f"import plotly.express as px\n"
                f"weights = {expression}\n"
                'px.imshow(weights, color_continuous_scale="RdBu", '
                "color_continuous_midpoint=0)"
            )
            about = f"The tensor `{name}` after training, a row an output:"
            return [("markdown", about), ("code", text)]
    return []


_SAVE_IMPORT = "from safetensors.torch import save_file\n"
_CURVES = (
    "import pandas as pd\n"
    "import plotly.express as px\n"
    'columns = ["epoch", "loss", "validation_loss", "score"]\n'
    "table = pd.DataFrame(history, columns=columns)\n"
    'px.line(table, x="epoch", y=["loss", "validation_loss", "score"])'
)
_ABOUT_PLAN = "## The plan\n\nChange what you like, then run the notebook from the top."
_ABOUT_DATA = (
    "## The data\n\nRows are split first; whatever is fitted to them (means, deviations, "
    "medians, categories) is fitted to the training part alone."
)
_ABOUT_NETWORK = (
    "## The network\n\nIts seed draws the initial weights. Run this cell again to begin "
    "anew: the next cells train the network that is there."
)
_ABOUT_TRAINING = (
    "## The training loop\n\nAn iterator of events: one a batch, one an epoch. Epoch 0 "
    "is measured before the first step."
)
_ABOUT_CHECK = (
    "## Is it the same run?\n\nWith the plan as it came, the same versions and the same "
    "kind of machine, the epochs are the same to the last bit; elsewhere they are close."
)
