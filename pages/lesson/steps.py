"""The steps of the lesson, a row each: what it says, what to try, what to answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pages.lesson import questions, tries
from pages.lesson.example import SPEC
from pages.lesson.live import Live
from pages.lesson.questions import Question


@dataclass(frozen=True)
class Step:
    """One step; `short` names it in the index, `style` is the way that it is about.

    `task` says in words what `attempt`, which draws a control, lets one try.
    """

    key: str
    short: str
    title: str
    text: str
    style: str | None
    task: str
    attempt: Callable[[], Live]
    ask: Callable[[], Question]


STEPS = (
    Step(
        "manual",
        "Manual",
        "Tensors and a function",
        f"One network, {SPEC.title}, in five ways; this is the one without layers. "
        "`requires_grad=True` marks what is to be learned, and the list `parameters` is "
        "what an optimizer gets.",
        "manual",
        "Pick a layer: its lines light up, and its tensors are printed.",
        partial(tries.pick_layer, "manual", tries.by_name, "fc2"),
        questions.parameters_of_fc2,
    ),
    Step(
        "subclass",
        "Subclass",
        "A class of your own",
        "`__init__` makes the layers, and `forward` says how a row goes through them. "
        "`print(model)` lists the modules that `__init__` has made.",
        "subclass",
        "Pick an activation, and look for it in the printed tree.",
        partial(tries.pick_layer, "subclass", tries.by_name, "fc1"),
        questions.layers_hidden_by_the_subclass,
    ),
    Step(
        "sequential",
        "Sequential",
        "A list of layers",
        "`nn.Sequential` calls its modules in order: there is no `forward` to write. "
        "Here activations are modules too, and each module has an index.",
        "sequential",
        "Change the index, and see what `model[index]` is.",
        partial(tries.pick_layer, "sequential", tries.by_index, "fc1"),
        questions.tree_with_the_relu,
    ),
    Step(
        "ordered_dict",
        "OrderedDict",
        "A list with names",
        "The same `nn.Sequential`, made from an `OrderedDict`: the order stays, and each "
        "layer has a name. An index moves with the layers before it, a name does not.",
        "ordered_dict",
        "Put a layer in before fc2, and see how fc2 is reached.",
        partial(tries.put_a_dropout_in, "ordered_dict"),
        questions.fc2_behind_a_dropout,
    ),
    Step(
        "mixed",
        "Mixed",
        "A Sequential inside a class",
        "`self.layers` holds what follows in a row, and `forward` is free for the rest: "
        "here it applies the sigmoid. A path leads to each layer.",
        "mixed",
        "Pick a layer by its path.",
        partial(tries.pick_layer, "mixed", tries.by_reach, "fc2"),
        questions.key_in_the_mixed_style,
    ),
    Step(
        "one_layer",
        "One layer",
        "One layer, five ways",
        "Each way reaches fc2 by an expression of its own. The numbers do not change: all "
        "ways draw their weights from the same seed, in the same order.",
        None,
        "Pick a way: compare the trees, and what is printed of fc2.",
        partial(tries.pick_way, "fc2"),
        questions.tree_without_the_sigmoid,
    ),
    Step(
        "training",
        "Training",
        "The training program",
        "A definition learns nothing by itself. A program loads the data, draws batches "
        "and takes steps down the gradients: this text is what Train executes.",
        None,
        "Pick another optimizer.",
        tries.pick_optimizer,
        questions.section_of_the_style,
    ),
    Step(
        "mistakes",
        "Mistakes",
        "When the ways differ",
        "The ways are one network as long as layers, order and seed agree. Each of these "
        "mistakes runs without an error; the Compare page finds where it shows.",
        None,
        "Pick a mistake.",
        tries.pick_mistake,
        questions.what_finds_a_forgotten_activation,
    ),
)
