"""The questions of the lesson: their answers and reasons come from built networks."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from netlib.experiment import Experiment
from netlib.model.builder import build
from netlib.model.network import Network
from netlib.model.structure import layer_tensors, reach
from netlib.model.weights import printed
from netlib.program.writer import Program, write
from netlib.source.mistakes import MISTAKES, planted
from pages.lesson.example import (
    FIVE_WAYS,
    LONGER,
    SPEC,
    joined,
    key_of_weight,
    network,
    place,
    printed_layers,
)
from pages.shared.code import SECTIONS, title

FORGOTTEN = "forgotten_activation"


@dataclass(frozen=True)
class Question:
    """A question; `reasons` holds each choice with the reason why it is right or wrong."""

    text: str
    right: str
    reasons: Mapping[str, str]


def parameters_of_fc2() -> Question:
    """Asks how many parameters a Linear layer has."""
    manual = network("manual")
    names = layer_tensors(manual)[place("fc2")]
    weight, bias = (manual.parameters[name] for name in names.values())
    n_out, n_in = weight.shape
    product = f"{n_out} x {n_in} = {weight.numel()}"
    right = weight.numel() + bias.numel()
    whole = sum(tensor.numel() for tensor in manual.parameters.values())
    w, b = (f"`{name}`" for name in names.values())
    return Question(
        "How many parameters has fc2?",
        str(right),
        {
            str(n_out + n_in): f"That is {n_out} + {n_in}. A weight joins each of the "
            f"{n_in} inputs to each of the {n_out} outputs: a product.",
            str(
                weight.numel()
            ): f"That is {w} alone, {product}. Each output has a bias too.",
            str(right): f"{w} has {product}, {b} has {bias.numel()} more.",
            str(whole): "That is the whole network.",
        },
    )


def layers_hidden_by_the_subclass() -> Question:
    """Asks which layers a tree does not show."""
    shown = printed_layers("subclass")
    hidden = [step.name for step in SPEC.stages if step.name not in shown]
    choices = [["none"], hidden[-1:], hidden[:-1], hidden]
    return Question(
        "Which layers does this tree hide?",
        joined(hidden),
        {joined(names): _hides(names, hidden, shown) for names in choices},
    )


def _hides(names: list[str], hidden: list[str], shown: list[str]) -> str:
    tree = f"The tree shows {joined(shown)} alone"
    left_out = [name for name in hidden if name not in names]
    if left_out:
        return f"{tree}: {joined(left_out)} {_are(left_out)} hidden too."
    return f"{tree}. The others are calls in `forward`, and no modules."


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def tree_with_the_relu() -> Question:
    """Asks which of the first three ways prints its activations."""
    ways = FIVE_WAYS[:3]
    (right,) = [title(way) for way in ways if "relu1" in printed_layers(way)]
    return Question(
        "Which of the three trees so far shows the ReLU?", right, _trees(ways)
    )


def tree_without_the_sigmoid() -> Question:
    """Asks which of the five ways prints one activation and not the other."""
    (right,) = [
        title(way)
        for way in FIVE_WAYS
        if "relu1" in printed_layers(way) and "sigmoid" not in printed_layers(way)
    ]
    return Question(
        "Which of these trees shows the ReLU, and hides the sigmoid?",
        right,
        _trees(FIVE_WAYS),
    )


def _trees(ways: tuple[str, ...]) -> dict[str, str]:
    return {title(way): _tree(way) for way in ways}


def _tree(way: str) -> str:
    names = printed_layers(way)
    if len(names) == len(SPEC.stages):
        return "This tree shows every layer."
    what = "tree" if network(way).tree.endswith(")") else "list of tensors"
    return f"This {what} shows {joined(names)}, and no more."


def fc2_behind_a_dropout() -> Question:
    """Asks where a layer of an nn.Sequential is once another stands before it."""
    longer, index = network("sequential", LONGER), place("fc2", LONGER)
    before = reach(network("sequential"), place("fc2"))
    right = reach(longer, index)
    reasons = {
        _code(reach(longer, i)): f"That is `{printed(longer, i).splitlines()[1]}` now."
        for i in (index - 1, index, index + 1)
    }
    reasons[_code(right)] = f"It was `{before}`, and the Dropout moved it by one."
    named = reach(network("ordered_dict", LONGER), index)
    reasons[_code(named)] = "That is its name here; a plain `nn.Sequential` has none."
    return Question(
        "In a plain `nn.Sequential`, what reaches fc2 behind the Dropout?",
        _code(right),
        reasons,
    )


def _code(text: str) -> str:
    return f"`{text}`"


def key_in_the_mixed_style() -> Question:
    """Asks under which key a nested layer is kept."""
    ways = FIVE_WAYS[:1] + FIVE_WAYS[2:]
    keys = {way: _code(key_of_weight(way, "fc2")) for way in ways}
    reasons = {key: f"That is its name in {title(way)}." for way, key in keys.items()}
    attribute, _, rest = key_of_weight("mixed", "fc2").partition(".")
    reasons[keys["mixed"]] = (
        f"`{attribute}` is the attribute that holds the Sequential, `{rest}` the key in it."
    )
    return Question(
        "Under which key does this model's `state_dict` keep the weight of fc2?",
        keys["mixed"],
        reasons,
    )


def section_of_the_style() -> Question:
    """Asks what another style changes in a program."""
    one, other = (write(Experiment(style=style)) for style in FIVE_WAYS[1:3])
    changed = [
        name for name in one.sections if _section(one, name) != _section(other, name)
    ]
    (right,) = [SECTIONS[name] for name in changed]
    same = "Its lines are the same in both programs."
    return Question(
        f"Write it as {title(one.experiment.style)} instead of "
        f"{title(other.experiment.style)}: which section changes?",
        right,
        {
            SECTIONS[name]: f"Its {len(_section(other, name))} lines become "
            f"{len(_section(one, name))}, and the other sections stay."
            if name in changed
            else same
            for name in one.sections
        },
    )


def _section(program: Program, name: str) -> list[str]:
    first, last = program.sections[name]
    return program.text.splitlines()[first - 1 : last]


def what_finds_a_forgotten_activation() -> Question:
    """Asks which comparison tells two networks apart."""
    meant, mistaken = map(build, planted(SPEC, FORGOTTEN))
    gaps = _gaps(meant, mistaken)
    (right,) = [name for name, gap in gaps.items() if gap]
    return Question(
        f"{MISTAKES[FORGOTTEN].title}: which comparison finds it?",
        right,
        {
            name: f"On the same rows they differ by up to {gap:.2g}."
            if gap
            else "They are equal in both networks."
            for name, gap in gaps.items()
        },
    )


def _gaps(one: Network, other: Network) -> dict[str, float]:
    """Returns the largest differences of two networks that have the same tensors."""
    rows = torch.randn(
        32, *SPEC.input_shape, generator=torch.Generator().manual_seed(0)
    )
    pairs = [(one.parameters[name], other.parameters[name]) for name in one.parameters]
    assert one.parameters.keys() == other.parameters.keys()
    return {
        "Names and shapes": float(any(a.shape != b.shape for a, b in pairs)),
        "Initial weights": max((a - b).abs().max().item() for a, b in pairs),
        "Outputs": (one.model(rows) - other.model(rows)).abs().max().item(),
    }
