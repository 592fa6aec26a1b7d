"""Awkward tables, each beside what must be understood of it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

N_ROWS = 40


@dataclass(frozen=True)
class Case:
    """A CSV file; the kinds of its columns in order, how much is used of it, its task."""

    content: bytes
    kinds: str
    n_features: int
    task: str = "binary"
    rows_used: int = N_ROWS
    warns: str = ""
    notes: str = ""
    choice: dict = field(default_factory=dict)


def x(i):
    """A number without any order."""
    return f"{i * 37 % 101 / 8}"


def y(i):
    """A class that nothing tells."""
    return "no" if i * i % 7 in (1, 2) else "yes"


def table(*columns, header, sep=",", n_rows=N_ROWS, encoding="utf-8", end="\n"):
    """A file of columns, functions of the number of the row."""
    lines = [sep.join(cell(i) for cell in columns) for i in range(n_rows)]
    return end.join([header.replace(",", sep), *lines, ""]).encode(encoding)


def beside(cell: Callable[[int], str], kind: str, n_features: int, **more) -> Case:
    """A case of one awkward column, `a`, beside a number and a class."""
    form = {key: more.pop(key) for key in ("sep", "encoding", "end") if key in more}
    content = table(cell, x, y, header="a,x,y", **form)
    return Case(content, f"{kind}, number, category", n_features, **more)


def one_of(*texts):
    return lambda i: texts[i * i * 3 % 11 % len(texts)]


def day(i, step=3):
    return datetime.date(2024, 1, 30) + datetime.timedelta(days=i * step)


def written(form, step=3):
    return lambda i: day(i, step).strftime(form)


def odd(cell, *strays):
    """A column of cells of which some are others."""
    return lambda i: (
        strays[i // 15] if i % 15 == 7 and i // 15 < len(strays) else cell(i)
    )


def number(i):
    return str(1000 + i * 7919 % 9000)


def dollars(i):
    return f"{1000 + i * 7919 % 9000:,}.50"


def german(i):
    return dollars(i).translate(str.maketrans(",.", ".,"))


CORPUS = {
    # Numbers, as people write them.
    "thousands separators": beside(lambda i: f'"{dollars(i)}"', "number", 2),
    "thousands, whole": beside(lambda i: f'"{dollars(i)[:-3]}"', "number", 2),
    "Swiss thousands": beside(lambda i: dollars(i).replace(",", "'"), "number", 2),
    "thousands by spaces": beside(lambda i: dollars(i).replace(",", " "), "number", 2),
    "thousands by narrow spaces": beside(
        lambda i: dollars(i).replace(",", "\N{NARROW NO-BREAK SPACE}"), "number", 2
    ),
    "Indian groups": beside(lambda i: f'"{1 + i % 9},2{i % 10},000"', "number", 2),
    "dollars": beside(lambda i: f'"${dollars(i)}"', "number", 2),
    "negative dollars": beside(lambda i: f'"-${dollars(i)}"', "number", 2),
    "euros behind": beside(lambda i: f'"{german(i)} €"', "number", 2),
    "euros in Windows-1252": beside(
        lambda i: f"{german(i)} €", "number", 2, sep=";", encoding="cp1252"
    ),
    "currency codes": beside(lambda i: f"USD {number(i)}", "number", 2),
    "several currencies": beside(
        lambda i: f"{'$€'[i % 2]}{number(i)}", "number", 2
    ),
    "per cent": beside(lambda i: f"{i * 7 % 90}%", "number", 2),
    "per cent, spaced": beside(lambda i: f"{i * 7 % 90}.5 %", "number", 2),
    "decimal commas": beside(lambda i: f'"{i * 7 % 90},5"', "number", 2),
    "decimal commas, semicolons": beside(
        lambda i: f"{i * 7 % 90},5", "number", 2, sep=";"
    ),
    "German thousands, semicolons": beside(german, "number", 2, sep=";"),
    "points that group, semicolons": beside(
        lambda i: f"{i * 37 % 900 + 1}.{100 + i}" if i % 3 else f"{i + 100}",
        "number", 2, sep=";",
    ),
    "three decimals between commas": beside(
        lambda i: f"{i * 37 % 900}.{100 + i}" if i % 3 else f"{i + 100}", "number", 2
    ),
    "exponents": beside(lambda i: f"{i * 7 % 90}.5e-{i % 4}", "number", 2),
    "plus signs": beside(lambda i: f"{'+-'[i % 2]}{i * 7 % 90}", "number", 2),
    "decimals of both kinds": Case(
        table(lambda i: f"{i},5", lambda i: f"{i * 7 % 30}.25", y, header="a,b,y", sep=";"),
        "number, number, category", 2,
    ),
    # Missing, and cells that are no number.
    "dashes for missing": beside(odd(number, "-", "-"), "number", 2),
    "a lone n.a.": beside(odd(number, "n.a."), "number", 2),
    "NA and N/A": beside(odd(number, "NA", "N/A"), "number", 2),
    "question marks": beside(odd(number, "?", "?"), "number", 2),
    "points for missing": beside(odd(number, ".", "."), "number", 2),
    "errors of a spreadsheet": beside(odd(number, "#DIV/0!", "#VALUE!"), "number", 2),
    "a stray text": beside(
        odd(number, "broken"), "number", 2, notes="Taken as missing in 'a': 'broken' (1)."
    ),
    "unknown, again and again": beside(
        lambda i: "unknown" if i % 4 == 1 else f"{i * 7919 % 900}", "number", 2
    ),
    "plus and minus": beside(one_of("+", "-"), "category", 3),
    "an empty column": beside(lambda i: "", "constant", 1),
    "half empty": beside(lambda i: number(i) if i % 2 else "", "number", 2),
    "classes with gaps": Case(
        table(number, x, lambda i: y(i) if i % 8 else "?", header="a,x,y"),
        "number, number, category", 2, rows_used=35,
    ),
    "a target with a stray": Case(
        table(number, x, odd(lambda i: f"{i * i % 97 / 4}", "oops"), header="a,x,y"),
        "number, number, number", 2, task="regression", rows_used=39,
        notes="Taken as missing in 'y': 'oops' (1).",
    ),
    # Dates.
    "ISO dates": beside(written("%Y-%m-%d"), "date", 2),
    "German dates": beside(written("%d.%m.%Y"), "date", 2),
    "American dates": beside(written("%m/%d/%Y"), "date", 2),
    "British dates": beside(written("%d/%m/%Y"), "date", 2),
    "dates with slashes, year first": beside(written("%Y/%m/%d"), "date", 2),
    "dates with short months": beside(written("%d %b %Y"), "date", 2),
    "dates with long months": beside(lambda i: f'"{day(i):%B %d, %Y}"', "date", 2),
    "dates of two digits": beside(written("%d.%m.%y"), "date", 2),
    "dates as numbers": beside(written("%Y%m%d"), "date", 2),
    "dates and times": beside(written("%Y-%m-%d 12:%M:00"), "date", 2),
    "dates over years": beside(written("%Y-%m-%d", 40), "date", 4),
    "months": beside(lambda i: f"20{10 + i // 12}-{i % 12 + 1:02}", "date", 4),
    "dates with gaps": beside(odd(written("%Y-%m-%d"), "", "soon"), "date", 2),
    # Columns that tell nothing.
    "row numbers": beside(lambda i: str(i), "row number", 1),
    "row numbers from 1": beside(lambda i: str(i + 1), "row number", 1),
    "a sorted target beside row numbers": Case(
        table(lambda i: str(i), x, lambda i: "ab"[i >= 20], header=",x,y"),
        "row number, number, category", 1,
    ),
    "an index with holes": Case(
        table(lambda i: str(3 * i), x, y, header="Unnamed: 0,x,y"),
        "row number, number, category", 1,
    ),
    "row numbers alone": Case(
        table(lambda i: str(i), y, header="a,y"), "number, category", 1,
    ),
    "identifiers as texts": beside(lambda i: f"c-{i * 7919}", "identifier", 1),
    "identifiers as numbers": Case(
        table(lambda i: str(5_000 + i * 7919), x, y, header="customer_id,x,y"),
        "identifier, number, category", 1,
    ),
    "free text": beside(lambda i: f'"It was, well, {i}"', "identifier", 1),
    "codes with leading zeros": beside(one_of("01234", "00120"), "category", 3),
    "a constant": beside(lambda i: "7", "constant", 1),
    "a constant text": beside(lambda i: "here", "constant", 1),
    "nearly constant": beside(odd(lambda i: "here", "there"), "category", 3),
    # Categories.
    "mixed case": beside(one_of("Rome", "rome", "ROME", "Oslo"), "category", 3),
    "spaces around": beside(one_of("Rome ", "Rome", "Oslo"), "category", 3),
    "booleans": beside(one_of("True", "False"), "category", 3),
    "booleans with gaps": beside(one_of("true", "false", ""), "category", 4),
    "booleans in words": beside(one_of("yes", "no"), "category", 3),
    "numbers in words": beside(one_of("one", "two", "three"), "category", 4),
    "quotes within": beside(one_of('"a ""b"""', '"c, d"'), "category", 3),
    "lines within": beside(one_of('"a\nb"', "c"), "category", 3),
    "stars as classes": Case(
        table(number, x, lambda i: str(1 + i * 3 % 5), header="a,x,stars"),
        "number, number, number", 2, task="multiclass",
    ),
    "stars as a regression": Case(
        table(number, x, lambda i: str(1 + i * 3 % 5), header="a,x,stars"),
        "number, number, number", 2, task="regression", choice={"task": "regression"},
    ),
    # Forms of a file.
    "tabs": beside(number, "number", 2, sep="\t"),
    "vertical bars": beside(number, "number", 2, sep="|"),
    "UTF-16": beside(one_of("Zürich", "Köln"), "category", 3, encoding="utf-16"),
    "a mark in front": beside(number, "number", 2, encoding="utf-8-sig"),
    "Windows-1252": beside(one_of("Zürich", "Köln"), "category", 3, encoding="cp1252"),
    "Windows line ends": beside(number, "number", 2, end="\r\n"),
    "old line ends": beside(number, "number", 2, end="\r"),
    "blank lines": beside(number, "number", 2, end="\n\n"),
    "padded": beside(lambda i: f"  {number(i)} ", "number", 2),
    "padded names": Case(
        table(number, x, y, header=" a , x , y "), "number, number, category", 2
    ),
    "long": Case(
        table(number, x, y, header="a,x,y", n_rows=20_000),
        "number, number, category", 2, rows_used=20_000,
    ),
    "wide": Case(
        table(*[lambda i, k=k: str((k + i) * i % 1009) for k in range(300)], y,
              header=",".join(f"c{k}" for k in range(300)) + ",y"),
        ", ".join(["number"] * 300 + ["category"]), 300,
    ),
    "ten columns": Case(
        table(
            lambda i: str(i + 1), written("%d.%m.%Y", 40), lambda i: f"{german(i)} €",
            one_of("Yes", "YES", "no", "No "), odd(lambda i: f"{i * 7 % 90},5 %", "-", "n.b."),
            one_of("Rome", "Oslo", ""), lambda i: f"order {i * 7919}",
            one_of("01234", "00120"), lambda i: f"{i * 37 % 101},25",
            lambda i: str(1 + i * 3 % 5), sep=";",
            header="nr,day,price,member,rate,city,order,zip,size,stars",
        ),
        "row number, date, number, category, number, category, identifier, category, "
        "number, number", 13, task="multiclass", notes="Left out, 2: nr (row number), ",
    ),
    # What a person should know.
    "a leak": Case(
        table(x, lambda i: f"{i * i % 97}", lambda i: f"{i * i % 97 / 4}", header="x,a,y"),
        "number, number, number", 2, task="regression", warns="Nearly equal to the target",
    ),
    "a leaking category": Case(
        table(x, lambda i: y(i)[0], y, header="x,a,y"),
        "number, category, category", 3, warns="Nearly equal to the target",
    ),
    "a tiny class": Case(
        table(x, number, lambda i: "rare" if i == 7 else y(i), header="x,a,y"),
        "number, number, category", 2, task="multiclass",
        warns="Fewer than 2 rows to train on, or kept back, of",
    ),
    "unequal classes": Case(
        table(x, number, lambda i: "rare" if i % 20 == 7 else "usual", header="x,a,y"),
        "number, number, category", 2, warns="The classes are very unequal: 'usual' in",
    ),
}  # fmt: skip
