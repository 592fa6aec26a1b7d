"""Files to take away, each run before it is handed out."""

from dataclasses import dataclass
from functools import partial

import streamlit as st
from torch import nn

from netlib.experiment import Experiment
from netlib.jobs.protocol import Export
from netlib.jobs.results import Errand, ErrandSnapshot, Run
from netlib.model.builder import outline
from netlib.source.styles import generate
from pages.frame.looks import plain
from pages.frame.session import edit
from pages.shared.data import csv_content
from pages.shared.job import errand_view
from pages.shared.run import training_panel

TRAINED = {"finished", "stopped"}


@dataclass(frozen=True)
class Format:
    """What a format is called, what it is, and whether it needs a training run."""

    title: str
    text: str
    icon: str
    needs_run: bool = True


FORMATS = {
    "notebook": Format(
        "Notebook",
        "Data, network, training and plots with explanations, to run cell by cell.",
        "menu_book",
    ),
    "train": Format(
        "Training script",
        "`train.py`: your run as one file, with its own loop and options for the plan.",
        "play_arrow",
    ),
    "project": Format(
        "Whole project",
        "A zip with all files here, a README and pinned requirements.",
        "folder_zip",
    ),
    "snippet": Format(
        "Definition",
        "`model.py`: the network alone, in the chosen style.",
        "code",
        needs_run=False,
    ),
    "weights": Format(
        "Weights",
        "safetensors, with the keys of the chosen style.",
        "grid_on",
    ),
    "onnx": Format("ONNX", "One file, any batch size, compared with torch.", "hub"),
    "pt2": Format("torch.export", "`.pt2`: loads without the code.", "deployed_code"),
    "ddp": Format(
        "Several processes",
        "`train_ddp.py`: the same run under `torchrun`, with checkpoints.",
        "lan",
    ),
    "history": Format(
        "Run history", "The curve as CSV, to the last digit.", "show_chart"
    ),
    "design": Format(
        "Design",
        "JSON that opens to the same experiment.",
        "data_object",
        needs_run=False,
    ),
}


def trained_run(run: Run | None, experiment: Experiment) -> Run | None:
    """Returns the run if it has trained this experiment, in whatever style."""
    if run is None or run.state not in TRAINED:
        return None
    same = run.experiment.replace(style=experiment.style) == experiment
    return run if same and run.snapshot().history else None


def run_view(experiment: Experiment, run: Run | None) -> None:
    """Says which run is exported, or offers to train."""
    if found := trained_run(run, experiment):
        told = found.snapshot()
        last = told.history[-1]
        st.success(
            f"Exports the run of {last.number:,} epochs: validation "
            f"{told.started.score} {last.score:.4g}.",
            icon=":material/check_circle:",
        )
        if found.state == "stopped":
            st.caption(
                f"It was stopped after epoch {last.number:,}: scripts repeat these epochs; the "
                "weights are those at the stop."
            )
        return
    st.info("Train this experiment first: its curve is what the files reproduce.")
    training_panel(experiment, run)


def formats_view(experiment: Experiment, run: Run | None) -> None:
    """Draws a card a format, to prepare and to download."""
    found = trained_run(run, experiment)
    grid = st.grid(3, min_column_width=300)
    for name, form in FORMATS.items():
        with grid.cell(), st.container(border=True, height="stretch"):
            st.markdown(f":material/{form.icon}: **{form.title}**  \n{form.text}")
            if form.needs_run and not found:
                st.caption("Needs a training run.")
            else:
                _card(name, experiment, found)


def _card(name: str, experiment: Experiment, run: Run | None) -> None:
    if name == "ddp" and not _is_module(experiment):
        st.caption(
            "DistributedDataParallel takes an nn.Module, and this is a function."
        )
        st.button(
            "Write it as a subclass",
            key="as_module",
            icon=":material/swap_horiz:",
            on_click=edit,
            kwargs={"style": "subclass"},
        )
        return
    errand_view(
        f"export_{name}",
        "Prepare",
        _request(name, experiment, run),
        partial(_download, name),
        csv_content(experiment.data),
        run.weights_content if run else lambda: None,
    )


def _request(name: str, experiment: Experiment, run: Run | None) -> Export:
    """Returns what is exported; of a stopped run, the epochs it has."""
    if run is None:
        return Export(format=name, experiment=experiment)
    history = run.snapshot().history
    plan = experiment.plan.replace(epochs=len(history))
    return Export(
        format=name,
        experiment=experiment.replace(plan=plan),
        history=history,
        weights_style=run.experiment.style,
    )


def _is_module(experiment: Experiment) -> bool:
    source = generate(experiment.spec, experiment.style)
    return isinstance(outline(source).model, nn.Module)


def _download(name: str, errand: Errand, told: ErrandSnapshot) -> None:
    """Draws the download of a prepared file and what its run has shown."""
    content = errand.content()
    if content is None or told.file is None:
        st.caption("This server has dropped the file: prepare it again.")
        return
    st.download_button(
        f"Download {told.file.name}",
        content,
        file_name=told.file.name,
        key=f"prepared_{name}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    if check := told.file.check:
        st.caption(f":material/verified: {plain(check[0].upper() + check[1:])}.")


def link_view(experiment: Experiment) -> None:
    """Draws the link that opens to the same experiment."""
    home = (st.context.url or "").rpartition("/")[0]
    st.markdown("**Link** that opens to this very experiment")
    st.code(f"{home}/?design={experiment.to_link()}", language=None, wrap_lines=True)
