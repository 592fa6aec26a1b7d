"""Texts -> one program: the imports it uses, sorted as a linter has them, then the texts."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from netlib.errors import ExportError

# Module, name taken from it or "", name it has here.
Import = tuple[str, str, str]


def carry(function: Callable[..., Any]) -> str:
    """Returns the text of a function that stands alone, under its module's imports."""
    module = inspect.getsource(sys.modules[function.__module__])
    return import_lines(module) + inspect.getsource(function)


def import_lines(text: str) -> str:
    """Returns what the text imports at top level from other projects."""
    nodes = [node for node in ast.parse(text).body if _imported(node)]
    lines = [ast.unparse(node) for node in nodes]
    return "".join(f"{line}\n" for line in lines if " netlib" not in line)


def bare(text: str) -> str:
    """Returns the text without its imports at top level."""
    kept = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            del kept[node.lineno - 1 : node.end_lineno]
    return "\n".join(kept).strip("\n") + "\n"


def imports(texts: Iterable[str]) -> str:
    """Returns the imports of the texts that they use, each once.

    Raises ExportError where two texts give one name different meanings.
    """
    found: set[Import] = set()
    used: set[str] = set()
    bound: set[str] = set()
    for text in texts:
        tree = ast.parse(text)
        found |= {each for node in tree.body for each in _imported(node)}
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        used |= {name.id for name in names if isinstance(name.ctx, ast.Load)}
        for name in _bound(tree):
            _check_free(name, name in bound)
            bound.add(name)
    needed = {each for each in found if each[2] in used}
    for _, _, name in needed:
        _check_free(name, name in bound)
    return _sorted_lines(needed)


def program(docstring: str, texts: Sequence[str]) -> str:
    """Returns the texts as one program with a docstring."""
    first = bare(texts[0])
    gap = "\n\n\n" if first.startswith(("def ", "class ")) else "\n\n"
    body = "\n\n".join(map(bare, texts))
    return f'"""{docstring}"""\n\n{imports(texts).rstrip()}{gap}{body}'


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


def listed(name: str, items: Iterable[str]) -> str:
    """Returns the assignment of a list, an item a line."""
    return "\n".join([f"{name} = [", *(f"    {item}," for item in items), "]\n"])


def exploded(function: str, arguments: Iterable[str]) -> str:
    """Returns the call, an argument a line."""
    return "\n".join([f"{function}(", *(f"    {each}," for each in arguments), ")"])


def _imported(node: ast.stmt) -> list[Import]:
    if isinstance(node, ast.Import):
        return [(alias.name, "", alias.asname or alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [(module, each.name, each.asname or each.name) for each in node.names]
    return []


def _bound(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        else:
            names |= {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
    return names


def _check_free(name: str, is_taken: bool) -> None:
    if is_taken:
        rule = "a name that the exported file does not use itself"
        raise ExportError("class name", rule, name, "Give the class another name.")


def _sorted_lines(needed: set[Import]) -> str:
    blocks = []
    for standard in (True, False):
        section = [each for each in needed if _is_standard(each[0]) == standard]
        plain = sorted(each for each in section if not each[1])
        lines = [
            f"import {module}" + (f" as {name}" if name != module else "")
            for module, _, name in plain
        ]
        modules = sorted({module for module, member, _ in section if member})
        for module in modules:
            members = sorted(
                (not member.isupper(), not member[0].isupper(), member)
                for home, member, _ in section
                if home == module and member
            )
            names = ", ".join(member for _, _, member in members)
            lines.append(f"from {module} import {names}")
        if lines:
            blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _is_standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names
