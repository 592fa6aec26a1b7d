"""What is shown of a design before torch is needed: its facts, layers and code."""

import pandas as pd
import streamlit as st

from netlib.errors import NetlibError
from netlib.experiment import Experiment
from netlib.figures import layer_color, pale
from netlib.source.styles import STYLES, Source
from netlib.spec.network import NetworkSpec
from pages.frame.looks import chip_colors, lit_lines
from pages.frame.session import edit, light, session
from pages.frame.widgets import bound_default, bound_tabs
from pages.shared.data import misfit_view, written

DEFINITION, PROGRAM = "Definition", "Training program"
SECTIONS = {"data": "Data", "model": "Model", "training": "Training", "run": "Run"}


def title(style: str) -> str:
    """Returns what a page calls a style."""
    return STYLES[style].title if style in STYLES else style


def summary(spec: NetworkSpec) -> None:
    """Says how large the network is."""
    n_layers = sum(bool(layer.size_field) for layer in spec.layers)
    with st.container(key="facts", width="content"):
        st.markdown(
            f"**{spec.name}** `{spec.title}` &ensp; **{spec.n_parameters:,}** parameters "
            f"in **{n_layers}** {'layer' if n_layers == 1 else 'layers'}, "
            f"**{memory(spec.n_bytes)}**",
            help=_parameters(spec),
        )


def _parameters(spec: NetworkSpec) -> str:
    """Says what parameters are, by the first layer that has some."""
    text = "The numbers that training changes: weights and biases of all layers."
    for stage in spec.stages:
        if weights := [weight for weight in stage.weights if weight.trainable]:
            sizes = " + ".join(" x ".join(map(str, weight.shape)) for weight in weights)
            return (
                f"{text} `{stage.name}` has {sizes} = {stage.n_parameters:,} of them."
            )
    return text


def memory(n_bytes: int) -> str:
    """Returns a size with its unit: 1,380 bytes are `1.4 kB`."""
    size = float(n_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"


def lit_layer(spec: NetworkSpec) -> int | None:
    """Returns the index of the layer that is lit up, or None."""
    lit = session().lit
    session().lit = lit if lit is not None and lit < len(spec.layers) else None
    return session().lit


def chips(spec: NetworkSpec, lit: int | None) -> None:
    """Draws a chip a layer, to light it up."""
    chip_colors("chips", len(spec.layers), lit)
    with st.container(key="chips"):
        st.pills(
            "Highlight a layer",
            wrap=True,
            **bound_default(
                "chip",
                lit,
                light,
                range(len(spec.layers)),
                lambda index: spec.stages[index].name,
            ),
        )


def style_picker(style: str) -> None:
    """Draws the choice of the style the network is written in."""
    with st.container(key="styles"):
        st.segmented_control(
            "Definition style",
            required=True,
            wrap=True,
            help="\n\n".join(f"**{row.title}.** {row.easy}" for row in STYLES.values()),
            **bound_default(
                "style", style, lambda name: edit(style=name), list(STYLES), title
            ),
        )


def codes(experiment: Experiment, source: Source, lit: int | None) -> None:
    """Draws the definition and the training program, in tabs, to read and to take away."""
    definition, whole = bound_tabs("code", [DEFINITION, PROGRAM])
    if definition.open:
        with definition:
            _definition(source, lit)
    elif whole.open:
        with whole:
            _program(experiment, lit)


def _definition(source: Source, lit: int | None) -> None:
    lit_lines(source.text, "python", source.line_layers, lit, "code")
    _download(source.text, f"{source.spec.name}_{source.style}.py".lower())


def _program(experiment: Experiment, lit: int | None) -> None:
    program = written(experiment)
    if isinstance(program, NetlibError):
        misfit_view(experiment, program, "code")
        return
    titles = {first: SECTIONS[name] for name, (first, _) in program.sections.items()}
    lit_lines(program.text, "python", program.line_layers, lit, "program", titles)
    _download(program.text, "train.py")


def _download(text: str, name: str) -> None:
    st.download_button(
        f"Download {name}",
        text,
        file_name=name,
        mime="text/x-python",
        icon=":material/download:",
        key="download",
        on_click="ignore",
    )


def layer_table(spec: NetworkSpec, lit: int | None) -> None:
    """Draws the table of layers: output shape, parameters, share."""
    total = max(spec.n_parameters, 1)
    table = pd.DataFrame(
        {
            "": ["\N{BLACK CIRCLE}"] * len(spec.stages),
            "Layer": [step.name for step in spec.stages],
            "Kind": [step.layer.kind for step in spec.stages],
            "Output": [
                f"(n, {', '.join(map(str, step.output_shape))})" for step in spec.stages
            ],
            "Parameters": [step.n_parameters for step in spec.stages],
            "Share": [step.n_parameters / total for step in spec.stages],
        }
    )
    st.dataframe(
        table.style.apply(lambda row: _row_colors(row, lit), axis=1),
        hide_index=True,
        height=min(38 + 35 * len(table), 388),
        column_config={
            "": st.column_config.TextColumn(width=24),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Share": st.column_config.NumberColumn(format="percent", width=64),
        },
        alt="Layers of the network with output shapes and numbers of parameters",
    )


def _row_colors(row: "pd.Series[str]", lit: int | None) -> list[str]:
    index = int(str(row.name))
    color = layer_color(index)
    shine = f"background-color:{pale(color, 0.25)};" if index == lit else ""
    return [f"{shine}color:{color}", *[shine] * (len(row) - 1)]
