"""Why do these two differ? A classic mistake, and the certificate or two runs find it."""

from functools import partial

import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.figures import NEGATIVE, POSITIVE, overlaid
from netlib.jobs.errand import Errand, ErrandSnapshot
from netlib.jobs.protocol import FindMistake, RunPair
from netlib.proofs.pairs import PAIRS
from netlib.source.mistakes import MISTAKES, planted
from netlib.source.styles import Source
from netlib.training.epoch import Epoch
from pages.compare.proof import certificate
from pages.frame.looks import told
from pages.frame.plot import plot
from pages.frame.session import choose, chosen
from pages.frame.widgets import bound_default
from pages.shared.changes import changed_lines, changed_program
from pages.shared.job import errand_view

TITLES = {name: mistake.title for name, mistake in MISTAKES.items()} | {
    name: pair.title for name, pair in PAIRS.items()
}


def puzzle_view(experiment: Experiment) -> None:
    """Draws the choice of a mistake, what it does, and how it shows."""
    names = list(TITLES)
    name, change = chosen("puzzle", names[0]), partial(choose, "puzzle")
    st.pills(
        "A classic mistake",
        required=True,
        wrap=True,
        **bound_default("puzzle", name, change, names, TITLES.__getitem__),
    )
    if name in PAIRS:
        _pair(name, experiment.seed)
    else:
        _mistake(name, experiment)


def _mistake(name: str, experiment: Experiment) -> None:
    mistake = MISTAKES[name]
    try:
        meant, mistaken = planted(experiment.spec, name)
    except NetlibError as error:
        st.info(told(error))
        return
    st.markdown(f"{mistake.lesson} **{mistake.remedy}**")
    _side_by_side(meant, mistaken)
    errand_view(
        "puzzle",
        "Let the certificate find it",
        FindMistake(spec=experiment.spec, seed=experiment.seed, mistake=name),
        lambda _, done: certificate(done.result, "programs"),
    )


def _side_by_side(meant: Source, mistaken: Source) -> None:
    """Draws both programs, the lines in which they differ marked."""
    removed, added = changed_lines(meant.text, mistaken.text)
    grid = st.grid(2, min_column_width=320)
    for label, source, lines, color in (
        ("as meant", meant, removed, POSITIVE),
        ("mistaken", mistaken, added, NEGATIVE),
    ):
        with grid.cell():
            st.markdown(f"**{label}**")
            key = f"puzzle_{label.split()[-1]}"
            changed_program(source.text, lines, color, key)


def _pair(name: str, seed: int) -> None:
    st.markdown(
        f"{PAIRS[name].lesson} This is no difference of style: two runs show it, on the "
        "digits, 20 epochs of Adam."
    )
    errand_view("puzzle", "Run both", RunPair(pair=name, seed=seed), _runs)


def _runs(_: Errand, done: ErrandSnapshot) -> None:
    found = {
        label: [Epoch(*values) for values in history]
        for label, history in done.result.items()
    }
    grid = st.grid(2, min_column_width=320)
    for field, title in (("validation_loss", "Validation loss"), ("score", "Accuracy")):
        curves = {
            label: [getattr(epoch, field) for epoch in history]
            for label, history in found.items()
        }
        with grid.cell():
            plot(
                overlaid(curves, title, "epoch", title.lower(), first=1),
                f"pair_{field}",
                alt=f"{title} over epochs of two runs",
                height=320,
            )
    st.caption(
        "; ".join(
            f"{label}: accuracy {history[-1].score:.4g}, loss "
            f"{history[-1].validation_loss:.4g}"
            for label, history in found.items()
        )
        + " on the validation part after the last epoch."
    )
