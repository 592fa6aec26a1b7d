"""Dates as people write them, and the numbers that a network gets of them."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from netlib.data.readings import CALENDAR, DAYS, MONTH, READINGS, WEEKDAY, YEAR

TEXTS_LOOKED_AT = 200
DAYS_OF_A_YEAR = 366
# Those first that are chosen where a column may be read in two of them.
FORMATS = {
    "%Y%m%d": "eight digits from the year on",
    "ISO8601": "year-month-day",
    "%m/%d/%Y": "month/day/year",
    "%d/%m/%Y": "day/month/year",
    "%d.%m.%Y": "day.month.year",
    "%d-%m-%Y": "day-month-year",
    "%m-%d-%Y": "month-day-year",
    "%Y/%m/%d": "year/month/day",
    "%Y.%m.%d": "year.month.day",
    "%m/%d/%y": "month/day/year",
    "%d/%m/%y": "day/month/year",
    "%d.%m.%y": "day.month.year",
    "%d %b %Y": "31 Dec 2024",
    "%d-%b-%Y": "31-Dec-2024",
    "%d-%b-%y": "31-Dec-24",
    "%d %B %Y": "31 December 2024",
    "%b %d, %Y": "Dec 31, 2024",
    "%B %d, %Y": "December 31, 2024",
    "%m/%d/%Y %H:%M": "month/day/year and a time",
    "%d/%m/%Y %H:%M": "day/month/year and a time",
    "%d.%m.%Y %H:%M": "day.month.year and a time",
    "%m/%d/%Y %H:%M:%S": "month/day/year and a time",
    "%d/%m/%Y %H:%M:%S": "day/month/year and a time",
    "%d.%m.%Y %H:%M:%S": "day.month.year and a time",
}
# The expression of each part of a column of dates, `date`.
PARTS = {
    DAYS: "(date - date.min()) / pd.Timedelta(days=1)",
    YEAR: "date.dt.year",
    MONTH: "date.dt.month",
    WEEKDAY: "date.dt.day_of_week",
}
_LIKE_A_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{4}-\d\d|\d{8}"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4}"
)


@dataclass(frozen=True)
class DateFormat:
    """How a column writes dates, as `pd.to_datetime` takes it, and what is made of them.

    `columns` are the names of the new columns, by those of the parts of a reading.
    """

    format: str
    columns: Mapping[str, str]

    @property
    def title(self) -> str:
        """What a person calls the format."""
        return FORMATS[self.format]

    def read(self, texts: pd.Series) -> pd.Series:
        """Returns the cells as times, NaT for those that are none."""
        return _read(texts, self.format)


def find_date_format(texts: list[str]) -> str | None:
    """Returns the format that most of these different texts have, None where few do.

    >>> find_date_format(["31.12.2024", "1.2.2025"])
    '%d.%m.%Y'
    """
    some = texts[:TEXTS_LOOKED_AT]
    dates = [text for text in some if _LIKE_A_DATE.fullmatch(text)]
    if not dates or 2 * len(dates) < len(some):
        return None
    possible = [format for format in FORMATS if _may_be(dates[0], format)]
    if len(possible) < 2:
        return next(iter(possible), None)
    found = {each: _read(pd.Series(dates), each).count() for each in possible}
    best = max(possible, key=found.__getitem__)
    return best if found[best] else None


def _may_be(text: str, format: str) -> bool:
    """Tells whether a text has a format, sooner than pandas would."""
    if format == "ISO8601":
        return re.match(r"\d{4}-\d\d", text) is not None
    with suppress(ValueError):
        return bool(datetime.strptime(text, format))
    return False


def _read(texts: pd.Series, format: str) -> pd.Series:
    with suppress(ValueError):  # several time zones
        return pd.to_datetime(texts, format=format, errors="coerce")
    return pd.Series(pd.NaT, texts.index)


def find_reading(dates: pd.Series) -> str:
    """Returns the reading that suits these dates: within a year, days since the first."""
    return DAYS if (dates.max() - dates.min()).days <= DAYS_OF_A_YEAR else CALENDAR


def part_columns(name: str, reading: str) -> dict[str, str]:
    """Returns the names of the columns that a column of dates becomes, by their part.

    >>> part_columns("born", "calendar")["month"], part_columns("born", "days")
    ('born: month', {'days': 'born: days'})
    """
    return {part: f"{name}: {part}" for part in READINGS[reading].parts}


def split_dates(dates: pd.Series, part: str) -> pd.Series:
    """Returns one part of dates as numbers, as the program has it in `PARTS`."""
    if part == DAYS:
        return (dates - dates.min()) / pd.Timedelta(days=1)
    fields = {YEAR: "year", MONTH: "month", WEEKDAY: "day_of_week"}
    numbers: pd.Series = getattr(dates.dt, fields[part])
    return numbers
