"""The only place that executes text; `inspect` and tracebacks find its lines."""

import itertools
import linecache
import sys
import weakref
from pathlib import Path
from types import ModuleType
from typing import Any

_NUMBERS = itertools.count(1)

# What a text binds, by name.
Names = dict[str, Any]


def run(text: str, title: str, path: Path | None = None) -> Names:
    """Executes a text, under another name than `__main__`, and returns what it binds.

    `path` is where it takes itself to stand. Its lines are kept until `forget`.
    """
    name = f"{title}_{next(_NUMBERS)}"
    filename = f"<{name}>"
    module = ModuleType(name)  # it stays empty, so that it keeps no network alive
    module.__file__ = filename
    sys.modules[name] = module
    lines = text.splitlines(keepends=True)
    linecache.cache[filename] = (len(text), None, lines, filename)
    names: Names = {"__name__": name, "__file__": str(path)}
    exec(compile(text, filename, "exec"), names)  # noqa: S102
    return names


def kept(names: Names) -> Names:
    """Returns the names of a text whose lines are forgotten with its network's class."""
    model, name = names["model"], names["__name__"]
    is_own = type(model).__module__ == name
    weakref.finalize(type(model) if is_own else model, _forget, name)
    return names


def forget(names: Names) -> None:
    """Forgets the lines of the text that has bound these names."""
    _forget(names["__name__"])


def _forget(name: str) -> None:
    sys.modules.pop(name, None)
    linecache.cache.pop(f"<{name}>", None)
