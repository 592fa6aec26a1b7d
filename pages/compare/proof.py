"""The certificate on the page: a table of styles against quantities, its terms, losses."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from netlib.experiment import Experiment
from netlib.figures import NEGATIVE, POSITIVE, overlaid
from netlib.proofs.certificate import QUANTITIES, Certificate
from netlib.source.optimizers import OPTIMIZERS
from netlib.source.styles import STYLES
from pages.frame.looks import plain
from pages.frame.plot import plot
from pages.frame.session import choose, chosen
from pages.frame.widgets import bound_default
from pages.shared.certificate import (
    CERTIFICATE,
    OPTIMIZER,
    ask_at_once,
    certificate_request,
    is_quick,
)
from pages.shared.code import title
from pages.shared.job import errand_view


def certificate_view(experiment: Experiment) -> None:
    """Draws the certificate of all styles, which is made when this is opened."""
    st.caption(
        "Each style is built from its own code and the same seed, then trained on the "
        "same batches, in a process of its own. Every byte is compared: weights, outputs, "
        "gradients, losses, running statistics, and the next random number."
    )
    optimizer, change = chosen(OPTIMIZER, "adam"), partial(choose, OPTIMIZER)
    st.segmented_control(
        "Optimizer",
        required=True,
        **bound_default(OPTIMIZER, optimizer, change, ["adam", "sgd"], _title),
    )
    request = certificate_request(experiment)
    if is_quick(experiment.spec):
        ask_at_once(request)
    errand_view(
        CERTIFICATE,
        f"Certify {len(STYLES)} styles, {request.steps} steps",
        request,
        lambda _, done: certificate(done.result, "styles"),
    )


def certificate(found: dict[str, Any], names: str) -> None:
    """Draws a certificate; `names` is what its rows are."""
    proof = Certificate.model_validate(found)
    _headline(proof, names)
    grid = st.grid(2, min_column_width=480)
    with grid.cell():
        _table(proof)
        _differences(proof)
    with grid.cell():
        _losses(proof, names)
    terms = proof.terms
    st.caption(
        f"Terms: torch {terms.torch}; {terms.cpu}; threads: {terms.threads}; "
        f"{terms.dtype}; seed {proof.seed}; {proof.steps} steps of "
        f"{_title(proof.optimizer)}, 32 rows each, the same in every row of the table. "
        f"All bytes are compared with those of {title(proof.rows[0].label)}. "
        "Another CPU or build may give other bits."
    )


def _differences(proof: Certificate) -> None:
    found = [
        f"- {title(row.label)}, {QUANTITIES[name]}: {difference}"
        for row in proof.rows
        for name, difference in row.differences.items()
        if difference
    ]
    st.markdown("\n".join(map(plain, found)))


def _losses(proof: Certificate, names: str) -> None:
    losses = {title(label): losses for label, losses in proof.losses.items()}
    plot(
        overlaid(losses, "Loss", "step", "mean squared error", first=1),
        f"certificate_{names}",
        alt=f"Losses over {proof.steps} steps of {len(proof.rows)} {names}",
        height=320,
    )


def _title(optimizer: str) -> str:
    return OPTIMIZERS[optimizer].title


def _headline(proof: Certificate, names: str) -> None:
    if not proof.n_parameters:
        st.info(
            "This network has no parameters: outputs and random numbers are compared."
        )
    if proof.identical:
        st.success(
            f"Identical to the last bit: {len(proof.rows)} {names} of {proof.title}.",
            icon=":material/verified:",
        )
    else:
        n_other = sum(not row.identical for row in proof.rows)
        st.warning(
            f"Not the same network: {n_other} of {len(proof.rows)} {names} "
            f"{'differs' if n_other == 1 else 'differ'} from the first.",
            icon=":material/difference:",
        )


def _table(proof: Certificate) -> None:
    table = pd.DataFrame(
        {
            QUANTITIES[name]: [
                "differs" if row.differences[name] else "identical"
                for row in proof.rows
            ]
            for name in QUANTITIES
        },
        index=[title(row.label) for row in proof.rows],
    )
    st.dataframe(
        table.style.map(_color),
        alt="Quantities of each style, identical to the first style or not",
    )


def _color(cell: str) -> str:
    color = POSITIVE if cell == "identical" else NEGATIVE
    return f"color:{color}; font-weight:{400 if cell == 'identical' else 700}"
