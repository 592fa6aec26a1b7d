"""Lines of a program, within 88 columns and as a formatter would leave them."""

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netlib.spec.layer import Sizes

WIDTH = 88


@dataclass(frozen=True)
class Line:
    """One line of a program and the indices of the layers it serves."""

    text: str = ""
    layers: tuple[int, ...] = ()


Body = list[Line]


# What each name is that programs use: its module, and its own name there, if any.
NAMES: dict[str, tuple[str, str]] = {
    "hashlib": ("hashlib", ""),
    "json": ("json", ""),
    "math": ("math", ""),
    "os": ("os", ""),
    "sys": ("sys", ""),
    "Path": ("pathlib", "Path"),
    "OrderedDict": ("collections", "OrderedDict"),
    "pairwise": ("itertools", "pairwise"),
    "np": ("numpy", ""),
    "pd": ("pandas", ""),
    "torch": ("torch", ""),
    "dist": ("torch.distributed", ""),
    "F": ("torch.nn.functional", ""),
    "nn": ("torch", "nn"),
    "safe_open": ("safetensors", "safe_open"),
    "load_file": ("safetensors.torch", "load_file"),
    "save_file": ("safetensors.torch", "save_file"),
    "make_column_transformer": ("sklearn.compose", "make_column_transformer"),
    "SimpleImputer": ("sklearn.impute", "SimpleImputer"),
    "train_test_split": ("sklearn.model_selection", "train_test_split"),
    "make_pipeline": ("sklearn.pipeline", "make_pipeline"),
    "LabelEncoder": ("sklearn.preprocessing", "LabelEncoder"),
    "OneHotEncoder": ("sklearn.preprocessing", "OneHotEncoder"),
    "StandardScaler": ("sklearn.preprocessing", "StandardScaler"),
    "CosineAnnealingLR": ("torch.optim.lr_scheduler", "CosineAnnealingLR"),
    "OneCycleLR": ("torch.optim.lr_scheduler", "OneCycleLR"),
    "DistributedDataParallel": ("torch.nn.parallel", "DistributedDataParallel"),
    "StepLR": ("torch.optim.lr_scheduler", "StepLR"),
}


def imports(body: Body, more: Iterable[tuple[str, str]] = ()) -> Body:
    """Returns the imports that the lines need, sorted as a linter has them.

    `more` are a module and a member each that the lines need beside those of NAMES.
    """
    nodes = ast.walk(ast.parse("\n".join(line.text for line in body)))
    used = {node.id for node in nodes if isinstance(node, ast.Name)} & set(NAMES)
    plain = {(NAMES[name][0], name) for name in used if not NAMES[name][1]}
    members = {NAMES[name] for name in used if NAMES[name][1]} | set(more)
    sections = []
    for standard in (True, False):
        modules = sorted(each for each in plain if _is_standard(each[0]) == standard)
        section = [_import(module, name) for module, name in modules]
        homes = sorted({home for home, _ in members if _is_standard(home) == standard})
        section += [_import_from(home, members) for home in homes]
        sections.append([Line(text) for text in section])
    blank = 2 if body[0].text.startswith(("class ", "def ")) else 1
    between = [Line()] if all(sections) else []
    return [*sections[0], *between, *sections[1], *[Line()] * blank]


def _is_standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


def _import(module: str, name: str) -> str:
    return f"import {module}" + ("" if module == name else f" as {name}")


def _import_from(home: str, members: Iterable[tuple[str, str]]) -> str:
    names = sorted((member for module, member in members if module == home), key=_order)
    return f"from {home} import {', '.join(names)}"


def _order(member: str) -> tuple[bool, str]:
    """Puts classes before functions, as a linter does."""
    return member[0].islower(), member


def shape_comment(shape: Sizes) -> str:
    """Returns the comment that tells the shape of a batch: `  # (n, 12)`."""
    return f"  # (n, {', '.join(map(str, shape))})"


def fits(line: str) -> bool:
    """Tells whether a line is short enough."""
    return len(line) <= WIDTH


def wrap(
    before: str,
    call: str,
    after: str = "",
    indent: int = 0,
    layers: tuple[int, ...] = (),
) -> Body:
    """Returns a call in one line; without its comment or in several if it is too long.

    `before` stands before the call in its line, `after`, a comment or a comma, behind.
    """
    margin = " " * indent
    whole = f"{margin}{before}{call}{after}"
    if fits(whole) or "(" not in call:
        return [Line(whole, layers)]
    uncommented = whole.split("  #")[0]
    if fits(uncommented):
        return [Line(uncommented, layers)]
    function, inner = call.removesuffix(")").split("(", 1)
    return [
        Line(f"{margin}{before}{function}(", layers),
        *_arguments(inner, indent + 4, layers),
        Line(f"{margin}){after}", layers),
    ]


def _arguments(text: str, indent: int, layers: tuple[int, ...]) -> Body:
    """Returns arguments in one line if they fit, else in one each."""
    arguments = re.split(r", (?![^(]*\))", text)
    if fits(f"{' ' * indent}{text}") or len(arguments) == 1:
        return wrap("", text, "", indent, layers)
    return [Line(f"{' ' * indent}{argument},", layers) for argument in arguments]


def assign_list(name: str, items: Sequence[str]) -> Body:
    """Returns the lines that bind a list of expressions to a name."""
    return listed(f"{name} = ", items)


def listed(before: str, items: Sequence[str], after: str = "", indent: int = 0) -> Body:
    """Returns the lines of a list of expressions between two texts."""
    margin = " " * indent
    whole = f"{margin}{before}[{', '.join(items)}]{after}"
    if fits(whole):
        return [Line(whole)]
    entries = [Line(f"{margin}    {item},") for item in items]
    return [Line(f"{margin}{before}["), *entries, Line(f"{margin}]{after}")]


def assign_dict(name: str, items: Sequence[str], indent: int = 0) -> Body:
    """Returns the lines that bind a dict of `"key": value` items to a name."""
    margin = " " * indent
    whole = f"{margin}{name} = {{{', '.join(items)}}}"
    if fits(whole):
        return [Line(whole)]
    entries = [Line(f"{margin}    {item},") for item in items]
    return [Line(f"{margin}{name} = {{"), *entries, Line(f"{margin}}}")]


def text_lines(text: str) -> Body:
    """Returns the lines of a text, without blank ones around it."""
    return [Line(line) for line in text.strip("\n").splitlines()]


def filled(text: str, **values: str) -> Body:
    """Returns the lines of a text with values for its `{names}`.

    A line that is a name alone is left out where its value is "".
    """
    kept = (
        line
        for line in text.strip("\n").splitlines()
        if values.get(line.strip().strip("{}"), line)
    )
    return [Line(line.format(**values)) for line in kept]


def literal(value: str | float) -> str:
    """Returns the value as a formatter writes it."""
    if not isinstance(value, str):
        return repr(value).replace("e+", "e")
    quote = "'" if value.count('"') > value.count("'") else '"'
    escaped = (
        f"\\{character}"
        if character in ("\\", quote)
        else character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in value
    )
    return f"{quote}{''.join(escaped)}{quote}"
