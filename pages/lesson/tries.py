"""One thing to try in each step: a control, and the live part that it changes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st
import torch

from netlib.experiment import Experiment, TrainingPlan
from netlib.model.network import Network
from netlib.model.structure import layer_tensors, reach
from netlib.program.writer import write
from netlib.source.mistakes import MISTAKES, planted
from netlib.source.optimizers import OPTIMIZERS
from pages.frame.looks import chip_colors
from pages.frame.session import choose, chosen
from pages.frame.widgets import bound, bound_default
from pages.lesson.example import FIVE_WAYS, LONGER, SPEC, network, place
from pages.lesson.live import Live, mistake_view, network_view, program_view
from pages.shared.code import title

Option = TypeVar("Option")


def pick_layer(style: str, label: Callable[[Network, int], str], first: str) -> Live:
    """Draws the choice of a layer, which is lit and printed."""
    built, indices = network(style), range(len(SPEC.stages))
    key = f"lesson_{style}"
    with st.container(key="lesson_layers"):
        index = _pick(key, indices, lambda i: label(built, i), place(first))
    chip_colors("lesson_layers", len(indices), index)
    step = SPEC.stages[index]
    places = [
        number
        for number, layers in enumerate(built.source.line_layers, 1)
        if index in layers
    ]
    st.caption(f"{step.name} stands in {_lines(places)} of the code.")
    return Live(Experiment(style=style), partial(network_view, built, index))


def _lines(numbers: list[int]) -> str:
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def by_reach(built: Network, index: int) -> str:
    """Returns what a layer is called where it is reached, or its name."""
    return reach(built, index) or SPEC.stages[index].name


def by_name(_: Network, index: int) -> str:
    """Returns a layer's name."""
    return SPEC.stages[index].name


def by_index(_: Network, index: int) -> str:
    """Returns a layer's index."""
    return str(index)


def put_a_dropout_in(style: str) -> Live:
    """Draws the switch that puts a layer in before fc2."""
    key = f"lesson_{style}"
    is_longer = chosen(key, False)
    st.toggle("Dropout after relu1", **bound(key, is_longer, partial(choose, key)))
    spec = LONGER if is_longer else SPEC
    built, index = network(style, spec), place("fc2", spec)
    st.caption(f"`{reach(built, index)}` is layer {index}, counted from 0.")
    experiment = Experiment(spec=spec, style=style)
    return Live(experiment, partial(network_view, built, index))


def pick_way(layer: str) -> Live:
    """Draws the choice among the five ways to write a network."""
    style = _pick("lesson_way", FIVE_WAYS, title, FIVE_WAYS[0])
    built, index = network(style), place(layer)
    values, same = _values(built, index), _values(network(FIVE_WAYS[0]), index)
    is_same = torch.equal(values, same)
    st.caption(
        f"`{reach(built, index)}`: {len(values)} numbers, "
        f"{'the same' if is_same else 'not the same'} as in "
        f"{title(FIVE_WAYS[0])}, to the last bit."
    )
    return Live(Experiment(style=style), partial(network_view, built, index))


def _values(built: Network, index: int) -> torch.Tensor:
    names = layer_tensors(built)[index].values()
    return torch.cat([built.parameters[name].detach().flatten() for name in names])


def pick_optimizer() -> Live:
    """Draws the choice of an optimizer, which changes lines of the program."""
    first = TrainingPlan().optimizer
    names = tuple(OPTIMIZERS)
    name = _pick("lesson_optimizer", names, lambda name: OPTIMIZERS[name].title, first)
    plan = TrainingPlan(optimizer=name)
    experiment = Experiment(plan=plan)
    text, before = (write(each).text for each in (experiment, Experiment()))
    st.caption("Lines that differ from the program with Adam are marked.")
    return Live(experiment, partial(program_view, text, before))


def pick_mistake() -> Live:
    """Draws the choice of a mistake, and says what it does."""
    names = tuple(MISTAKES)
    name = _pick("lesson_mistake", names, lambda name: MISTAKES[name].title, names[0])
    mistake = MISTAKES[name]
    st.markdown(f"{mistake.lesson} **{mistake.remedy}**")
    experiment = Experiment(style=mistake.style)
    return Live(experiment, partial(mistake_view, *planted(SPEC, name)))


def _pick(
    key: str, options: Sequence[Option], label: Callable[[Option], str], first: Option
) -> Option:
    """Draws a choice that the session keeps, and returns it."""
    value: Option = chosen(key, first)
    st.pills(
        "Try",
        required=True,
        wrap=True,
        label_visibility="collapsed",
        **bound_default(key, value, partial(choose, key), options, label),
    )
    return value
