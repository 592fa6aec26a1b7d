"""The lines that read a table of one's own, and make numbers of what its cells say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netlib.data.columns import Column, WordFormat
from netlib.data.dates import PARTS, DateFormat
from netlib.data.numbers import NumberFormat
from netlib.data.table import Table
from netlib.source.lines import (
    Body,
    Line,
    assign_dict,
    assign_list,
    fits,
    listed,
    literal,
    wrap,
)

# What a date is counted from where it is read as days.
FIRST = "date.min()"


def settings(table: Table, texts: Mapping[str, str]) -> Body:
    """Returns the lines that bind `missing` and `texts`, of which `read_call` tells pandas.

    `texts` are the columns to be read as texts.
    """
    missing = [literal(text) for text in table.file.options.get("na_values", [])]
    items = [f"{literal(name)}: {literal(kind)}" for name, kind in texts.items()]
    return [
        *(assign_list("missing", missing) if missing else []),
        *(assign_dict("texts", items) if items else []),
    ]


def read_call(table: Table, source: str, texts: Mapping[str, str]) -> str:
    """Returns the call that reads a file of the table's form; `source` is an expression."""
    names = {"na_values": "missing", "dtype": "texts"}
    options = {
        name: literal(v) for name, v in table.file.options.items() if name not in names
    }
    options |= {"na_values": "missing"} if "na_values" in table.file.options else {}
    options |= {"dtype": "texts"} if texts else {}
    return f"pd.read_csv({', '.join([source, *map('='.join, options.items())])})"


def clean(columns: Iterable[Column], first: str = FIRST, indent: int = 0) -> Body:
    """Returns the lines that read the columns whose cells pandas leaves as texts.

    `first` is what days are counted from, with a hole for the `{name}` of a column.
    """
    groups: dict[tuple[Line, ...], list[Column]] = {}
    for column in columns:
        steps = _steps(column, "name", first, indent + 4)
        groups.setdefault(tuple(steps), []).append(column)
    return [
        line
        for steps, alike in groups.items()
        for line in _each(alike, steps, first, indent)
    ]


def _each(
    columns: list[Column], steps: Sequence[Line], first: str, indent: int
) -> Body:
    """Returns the steps of one column, or in a loop those that several have in common."""
    names = [literal(column.name) for column in columns]
    alone = _steps(columns[0], names[0], first, indent)
    if not steps or (len(columns) == 1 and all(fits(line.text) for line in alone)):
        return alone
    return [*listed("for name in ", names, ":", indent), *steps]


def _steps(column: Column, name: str, first: str, indent: int) -> Body:
    """Returns the statements that read the column of that name, an expression."""
    cells, errors = f"table[{name}]", ', errors="coerce"' if column.n_strays else ""
    match column.format:
        case NumberFormat() as numbers:
            steps = _number_steps(numbers, cells, errors)
        case WordFormat():
            steps = [(f"{cells} = ", f"{cells}.str.strip().str.lower()")]
        case DateFormat() as dates:
            times = f"pd.to_datetime({cells}, format={literal(dates.format)}{errors})"
            steps = [("date = ", times), *_date_steps(dates, name, first)]
        case None:
            steps = []
    return [
        line for before, call in steps for line in wrap(before, call, indent=indent)
    ]


def _date_steps(dates: DateFormat, name: str, first: str) -> Iterator[tuple[str, str]]:
    since = first.format(name=name)
    for part, new in dates.columns.items():
        key = f'f"{{name}}: {part}"' if name == "name" else literal(new)
        yield f"table[{key}] = ", PARTS[part].replace(FIRST, since)


def _number_steps(
    numbers: NumberFormat, cells: str, errors: str
) -> list[tuple[str, str]]:
    steps, texts = [], cells
    if numbers.signs:
        regex = ", regex=True" if numbers.is_regex else ""
        call = f'{texts}.str.replace({literal(numbers.pattern)}, ""{regex})'
        steps, texts = [("text = ", call)], "text"
    if numbers.decimal == ",":
        steps.append(("text = ", f'{texts}.str.replace(",", ".")'))
        texts = "text"
    return [*steps, (f"{cells} = ", f"pd.to_numeric({texts}{errors})")]
