"""Numbers as people write them: in groups, with a currency, in per cent, with a comma."""

import re
from dataclasses import dataclass

import pandas as pd

TEXTS_LOOKED_AT = 1_000

_SIGNS = "$€£¥₹₽₩₺₪₫฿%"
_CODES = (
    "US$", "R$", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "CAD", "AUD", "SEK",
    "NOK", "DKK", "PLN", "CZK", "BRL", "Fr.", "kr", "zł",
)  # fmt: skip
_SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_GROUPERS = f"{_SPACES}'’_"
_NAMES = {
    ",": "commas",
    ".": "points",
    "'": "apostrophes",
    "%": "percent signs",
    **dict.fromkeys(_SPACES, "spaces"),
}


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes numbers: the signs beside plain digits, and the decimal sign."""

    signs: tuple[str, ...] = ()
    decimal: str = "."

    @property
    def pattern(self) -> str:
        """What is taken away: one sign as it is, or a regular expression for several."""
        if len(self.signs) < 2:
            return "".join(self.signs)
        codes = [re.escape(sign) for sign in self.signs if len(sign) > 1]
        single = "".join(sign for sign in self.signs if len(sign) == 1)
        return "|".join([*codes, *([f"[{single}]"] if single else [])])

    @property
    def is_regex(self) -> bool:
        """Whether the pattern is a regular expression."""
        return len(self.signs) > 1

    @property
    def in_words(self) -> str:
        """What is unlike plain numbers in the cells: ` with spaces, €`, or ""."""
        said = [_NAMES.get(sign, sign) for sign in self.signs]
        said += ["decimal commas"] if self.decimal == "," else []
        return f" with {', '.join(dict.fromkeys(said))}" if said else ""

    def read(self, texts: pd.Series) -> pd.Series:
        """Returns the cells as numbers, NaN for those that are none."""
        if self.signs:
            texts = texts.str.replace(self.pattern, "", regex=self.is_regex)
        if self.decimal == ",":
            texts = texts.str.replace(",", ".")
        return pd.to_numeric(texts, errors="coerce")


def find_number_format(texts: list[str], prefers_comma: bool) -> NumberFormat | None:
    """Returns the format that most of these different texts have, None where none is.

    A text such as 1,234 may be either: `prefers_comma` decides.

    >>> find_number_format(["$1,234.50", "$ 80"], prefers_comma=False)
    NumberFormat(signs=(' ', '$', ','), decimal='.')
    """
    fits = {
        decimal: [text for text in texts[:TEXTS_LOOKED_AT] if cell.fullmatch(text)]
        for decimal, cell in _CELLS.items()
    }
    order = ",." if prefers_comma else ".,"
    decimal = max(order, key=lambda sign: len(fits[sign]))
    if not fits[decimal]:
        return None
    signs = _beside_digits(fits[decimal], decimal)
    has_comma = any("," in text for text in fits[decimal])
    return NumberFormat(signs, decimal if has_comma else ".")


def _cell(point: str, group: str) -> re.Pattern[str]:
    """Returns the pattern of a cell that holds a number with these signs."""
    space, unit = f"[{_SPACES}]*", f"(?:[{_SIGNS}]|{'|'.join(map(re.escape, _CODES))})?"
    sign, groups = "[-+]?", f"[{_GROUPERS}{group}]"
    whole = rf"\d{{1,3}}(?:{groups}\d{{2,3}})*{groups}\d{{3}}|\d+"
    number = rf"(?:(?:{whole})(?:[{point}]\d*)?|[{point}]\d+)(?:[eE][-+]?\d+)?"
    before = f"{space}{sign}{space}{unit}{space}{sign}"
    return re.compile(f"{before}{number}{space}{unit}{space}")


_CELLS = {".": _cell(".", ","), ",": _cell(",", ".")}


def _beside_digits(texts: list[str], decimal: str) -> tuple[str, ...]:
    """Returns all that stands in the texts beside plain numbers."""
    whole = "\n".join(texts)
    codes = [code for code in _CODES if code in whole]
    for code in codes:
        whole = whole.replace(code, "")
    return (*codes, *sorted(set(whole) - set(f"0123456789+-eE\n{decimal}")))
