"""What each style prints, and how it reaches, freezes and replaces a layer."""

import streamlit as st
from torch import nn

from netlib.model.builder import Network
from netlib.model.structure import freeze, reach, replacement, tree_layers
from pages.compare.codes import style_grid
from pages.frame.looks import lit_lines
from pages.shared.code import title


def trees(networks: list[Network], lit: int | None) -> None:
    """Draws what each network prints, and how much of it that shows."""
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


def accesses(networks: list[Network], index: int) -> None:
    """Draws how each style reaches, freezes and replaces one layer."""
    grid = style_grid(networks)
    for network in networks:
        with grid.cell():
            st.markdown(f"**{title(network.source.style)}**")
            st.code(_access(network, index), language="python", wrap_lines=True)


def keys(networks: list[Network]) -> None:
    """Draws the names under which each style keeps its tensors."""
    grid = style_grid(networks)
    for network in networks:
        model = network.model
        if isinstance(model, nn.Module):
            names, what = list(model.state_dict()), "state_dict keys"
        else:
            names = list(network.parameters | network.buffers)
            what = "tensors, no state_dict"
        with grid.cell():
            st.markdown(f"**{title(network.source.style)}** {len(names)} {what}")
            st.code("\n".join(names) or "none", language=None, height=180)


def _access(network: Network, index: int) -> str:
    spec, source = network.source.spec, network.source
    lines = [n for n, layers in enumerate(source.line_layers, 1) if index in layers]
    where = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
    reached = reach(network, index) or f"# a call in {where}"
    frozen = freeze(network, index) or "# nothing to freeze"
    replaced = replacement(network, index) or f"# rewrite {where}"
    return (
        f"# reach {spec.stages[index].name}\n{reached}\n"
        f"# freeze\n{frozen}\n# replace\n{replaced}"
    )
