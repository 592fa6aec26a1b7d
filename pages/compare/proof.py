"""The certificate on the page: a table of styles against quantities, its terms, losses."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from netlib.experiment import Experiment
from netlib.figures import NEGATIVE, POSITIVE, overlaid
from netlib.jobs.protocol import Certify
from netlib.proofs.certificate import QUANTITIES, Certificate
from netlib.source.styles import STYLES
from pages.frame.looks import plain
from pages.frame.plot import plot
from pages.frame.session import choose, chosen
from pages.frame.widgets import bound_default
from pages.shared.code import title
from pages.shared.job import errand_view

STEPS = 100


def certificate_view(experiment: Experiment) -> None:
    """Draws the button that certifies all styles, and the certificate."""
    st.caption(
        "Each style is built from its own code and the same seed, then trained on the "
        "same batches, in a process of its own. Every byte is compared: weights, outputs, "
        "gradients, losses, running statistics, and the next random number."
    )
    optimizer, change = chosen("optimizer", "adam"), partial(choose, "optimizer")
    st.segmented_control(
        "Optimizer",
        required=True,
        **bound_default("optimizer", optimizer, change, ["adam", "sgd"]),
    )
    request = Certify(
        spec=experiment.spec,
        styles=tuple(STYLES),
        seed=experiment.seed,
        steps=STEPS,
        optimizer=optimizer,
    )
    label = f"Certify {len(STYLES)} styles, {STEPS} steps"
    errand_view(
        "certificate",
        label,
        request,
        lambda _, done: certificate(done.result, "styles"),
    )


def certificate(found: dict[str, Any], names: str) -> None:
    """Draws a certificate; `names` is what its rows are."""
    proof = Certificate.model_validate(found)
    _headline(proof, names)
    _table(proof)
    found = [
        f"- {title(row.label)}, {QUANTITIES[name]}: {difference}"
        for row in proof.rows
        for name, difference in row.differences.items()
        if difference
    ]
    st.markdown("\n".join(map(plain, found)))
    terms = proof.terms
    st.caption(
        f"Terms: torch {terms.torch}; {terms.cpu}; threads: {terms.threads}; "
        f"{terms.dtype}; seed {proof.seed}; {proof.steps} steps of {proof.optimizer}, "
        "32 rows each, the same in every row of the table. All bytes are compared with "
        f"those of {title(proof.rows[0].label)}. Another CPU or build may give other bits."
    )
    plot(
        overlaid(
            {title(label): losses for label, losses in proof.losses.items()},
            "Loss",
            "step",
            "mean squared error",
            first=1,
        ),
        f"certificate_{names}",
        alt=f"Losses over {proof.steps} steps of {len(proof.rows)} {names}",
        height=320,
    )


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
