"""What each style prints, and how it reaches, freezes and replaces a layer."""

import streamlit as st
from torch import nn

from netlib.model.network import Network
from netlib.model.structure import freeze, reach, replacement, tree_layers
from netlib.source.styles import Source
from pages.compare.codes import style_grid
from pages.frame.looks import NEWLINE, lit_lines, marked_lines
from pages.shared.code import title


def trees(networks: list[Network], lit: int | None) -> None:
    """Draws what each network prints, how much of it that shows, and its keys."""
    grid = style_grid(networks)
    for network in networks:
        style, owners = network.source.style, tree_layers(network)
        is_module = isinstance(network.model, nn.Module)
        n_shown = len({index for indices in owners for index in indices})
        n_layers = len(network.source.spec.layers)
        what = "`print(model)`" if is_module else "tensors beside a function"
        with grid.cell():
            st.markdown(
                f"**{title(style)}** {what} :gray[shows {n_shown} of {n_layers} layers]"
            )
            lit_lines(network.tree, None, owners, lit, f"tree_{style}")
            _keys(network)


def _keys(network: Network) -> None:
    model = network.model
    if not isinstance(model, nn.Module):
        st.caption("No state_dict.")
        return
    names = list(model.state_dict())
    st.caption(f"{len(names)} state_dict keys")
    marked_lines(
        NEWLINE.join(names) or "none", None, {}, f"keys_{network.source.style}"
    )


def accesses(networks: list[Network], index: int) -> None:
    """Draws how each style reaches, freezes and replaces one layer."""
    grid = style_grid(networks)
    for network in networks:
        with grid.cell():
            st.markdown(f"**{title(network.source.style)}**")
            st.code(_access(network, index), language="python", wrap_lines=True)


def _access(network: Network, index: int) -> str:
    reached, frozen = reach(network, index), freeze(network, index)
    replaced, lines = replacement(network, index), _lines(network.source, index)
    return NEWLINE.join(
        [
            f"# reach {network.source.spec.stages[index].name}",
            reached or "# a call: no name reaches it",
            "# freeze",
            frozen or "# nothing to freeze",
            "# replace",
            replaced or f"# rewrite in the code{NEWLINE}{lines}",
        ]
    )


def _lines(source: Source, index: int) -> str:
    """Returns the lines of the code that serve a layer."""
    lines = zip(source.text.splitlines(), source.line_layers)
    return NEWLINE.join(line.strip() for line, layers in lines if index in layers)
