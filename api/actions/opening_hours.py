"""Opening hours as people write them: `mon-fri 09:00-18:00, sat 10:00-15:00`, or `пн-пт ...`.

Knows the week; knows no zone: it is given local times.
"""

import re
from dataclasses import dataclass
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RUSSIAN = dict(zip(("пн", "вт", "ср", "чт", "пт", "сб", "вс"), DAYS, strict=True))
_SPAN = re.compile(
    r"(?P<first>\w{2,3})(?:\s*[-–]\s*(?P<last>\w{2,3}))?\s+"
    r"(?P<from>\d{1,2}:\d\d)\s*[-–]\s*(?P<to>\d{1,2}:\d\d)"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans of a week: days from Monday as 0, minutes of the day, the end not included."""

    spans: tuple[tuple[frozenset[int], int, int], ...]

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Raises ValueError, in one line, for what cannot be read."""
        return cls(tuple(_span(part.strip().lower()) for part in text.split(",")))

    def include(self, moment: datetime) -> bool:
        """Whether a local time is within them."""
        minute = moment.hour * 60 + moment.minute
        return any(
            moment.weekday() in days and first <= minute < last for days, first, last in self.spans
        )


def _span(text: str) -> tuple[frozenset[int], int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not of the form `mon-fri 09:00-18:00`")
    first = _day(found["first"])
    last = _day(found["last"] or found["first"])
    days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    opens, closes = _minute(found["from"]), _minute(found["to"])
    if opens >= closes:
        raise ValueError(f"{text!r} ends before it begins")
    return days, opens, closes


def _day(name: str) -> int:
    try:
        return DAYS.index(_RUSSIAN.get(name, name))
    except ValueError:
        raise ValueError(f"{name!r} is no day of the week") from None


def _minute(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"{text!r} is no time of day")
    return hours * 60 + minutes
