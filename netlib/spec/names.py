"""Names that a class and layers may have in a program, and those they have unasked."""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Sequence

from netlib.errors import SpecError
from netlib.spec.layer import Layer

LONGEST_CLASS_NAME, LONGEST_LAYER_NAME = 40, 20

# What `dir(torch.nn.Sequential)` holds without an underscore, plus what an instance adds.
MODULE_ATTRIBUTES = frozenset(
    """T_destination add_module append apply bfloat16 buffers call_super_init children
    compile cpu cuda double dump_patches eval extend extra_repr float forward get_buffer
    get_extra_state get_parameter get_submodule half insert ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters pop
    register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training
    type xpu zero_grad""".split()  # noqa: SIM905
)
# What a whole program binds or imports, and what reads as such.
PROGRAM_NAMES = frozenset(
    """CosineAnnealingLR DistributedDataParallel F LabelEncoder OneCycleLR
    OneHotEncoder OrderedDict Path SimpleImputer StandardScaler StepLR X X_train
    X_val answer batch_size categories classes columns device digit dist epoch
    first_dates folder has_cuda hashlib json load_breast_cancer load_diabetes
    load_digits load_file load_iris load_wine loss make_circles
    make_column_transformer make_moons make_pipeline math median model nn np numbers
    one_hot optimizer os pairwise parameters pd predict preparation prepare r read
    rng safe_open save_file scaler scheduler self sys t table target tensor tensors
    torch train_epoch train_test_split val_loss validate weights widths x x1 x2 y
    y_scaler y_train y_val""".split()  # noqa: SIM905
)
# Names that linters refuse because they look like digits.
AMBIGUOUS_NAMES = frozenset({"l", "O", "I"})


def class_name(name: object) -> str:
    """Returns a name that a class may have; raises SpecError."""
    return _checked("class name", name, LONGEST_CLASS_NAME)


def layer_name(where: str, name: object) -> str:
    """Returns a name that a layer may have; raises SpecError."""
    checked = _checked(where, name, LONGEST_LAYER_NAME)
    if checked in MODULE_ATTRIBUTES:
        raise SpecError(where, "a name that nn.Module does not use itself", name)
    return checked


def names_of(layers: Sequence[Layer]) -> list[str]:
    """Returns the names of layers, given or automatic; raises SpecError for a double."""
    totals = Counter(layer.prefix for layer in layers)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for number, layer in enumerate(layers, 1):
        seen[layer.prefix] += 1
        numbered = layer.is_numbered or totals[layer.prefix] > 1
        automatic = layer.prefix + (str(seen[layer.prefix]) if numbered else "")
        name = layer.name or automatic
        if name in names:
            where = f"layer {number} ({layer.kind})"
            raise SpecError(where, "a name that no other layer has", name)
        names.append(name)
    return names


def _checked(where: str, name: object, longest: int) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        rule = "an ASCII identifier that begins with a letter"
        raise SpecError(where, rule, name)
    if len(name) > longest:
        raise SpecError(where, f"at most {longest} characters", name)
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise SpecError(where, "a name that is no Python keyword", name)
    if name in PROGRAM_NAMES or name in AMBIGUOUS_NAMES or hasattr(builtins, name):
        raise SpecError(where, "a name that means nothing else in the program", name)
    return name
