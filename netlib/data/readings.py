"""What a column of a table may be read as, and what it is then for a network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """What a person may read a column as: a date as one number or more, its `parts`."""

    title: str
    parts: tuple[str, ...] = ()


DAYS, YEAR, MONTH, WEEKDAY = "days", "year", "month", "day of week"
NUMBER, CATEGORY, CALENDAR = "number", "category", "calendar"
READINGS = {
    NUMBER: Reading("Number"),
    CATEGORY: Reading("Category"),
    DAYS: Reading("Date: days since the first", (DAYS,)),
    CALENDAR: Reading("Date: year, month, day of week", (YEAR, MONTH, WEEKDAY)),
    YEAR: Reading("Date: year", (YEAR,)),
    MONTH: Reading("Date: month", (MONTH,)),
    WEEKDAY: Reading("Date: day of week", (WEEKDAY,)),
}
