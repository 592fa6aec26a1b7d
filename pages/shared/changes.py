"""Two programs, the lines marked in which they differ."""

from difflib import SequenceMatcher

from pages.frame.looks import marked_lines


def changed_lines(old: str, new: str) -> tuple[set[int], set[int]]:
    """Returns the lines of each text, from 0, that the other has not in that place."""
    codes = SequenceMatcher(None, old.splitlines(), new.splitlines()).get_opcodes()
    changes = [places for kind, *places in codes if kind != "equal"]
    removed = {line for start, end, *_ in changes for line in range(start, end)}
    added = {line for *_, start, end in changes for line in range(start, end)}
    return removed, added


def changed_program(text: str, lines: set[int], color: str, key: str) -> None:
    """Draws a program with these lines of it shining."""
    marked_lines(text, "python", dict.fromkeys(lines, (color, True)), key)
