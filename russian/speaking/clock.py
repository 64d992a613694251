"""Times of day and their ranges, from digits to words."""

import re

from russian.grammar.agreement import (
    case_before,
    cases_before,
    count,
    noun_after,
    noun_for,
    word_before,
)
from russian.grammar.morphology import Case
from russian.grammar.numerals import cardinal
from russian.grammar.rules import Rule
from russian.speaking.numbers import DASH

_HOUR, _MINUTE = r"([01]?\d|2[0-4])", r"([0-5]\d)"
_END = r"(?![\d:]|[.,]\d)"
_HOURS = r"(?: ?(?:ч\.?|час(?:а|ов)?)(?![а-яё]))?"
# A full stop between hours and minutes is a time only in a range, after a preposition, or with a
# part of the day; and never before a unit.
_PART_OF_DAY = re.compile(
    r" (?:утра|вечера|дня|ночи|мск|ч|час(?:а|ов)?|по москве)(?![а-яё])", re.IGNORECASE
)
_AT = re.compile(r"(?:^|[^а-яё])(?:с|со|до|к|после|около|в|во) ?$", re.IGNORECASE)
_TILL = re.compile(r" до \d\d?[:.-]\d\d")
_UNIT = re.compile(
    r" ?(?:[%₽$€°]|руб|тыс|млн|млрд|раз|процент|рубл|[КМГТ]?[Бб](?![а-я])|[КМГ]бит|км|кг|см|ГГц|час"
    r"|балл|метр|гига|мега|м(?![а-я]))"
)


def rules() -> list[Rule]:
    """A range before a single time."""
    time = rf"{_HOUR}[:.]{_MINUTE}"
    return [
        Rule("0", re.compile(rf"{time}{DASH}{time}{_END}"), _range, r"[:.]"),
        Rule("0", re.compile(rf"{time}:([0-5]\d){_END}"), _with_seconds, ":"),
        Rule("0", re.compile(rf"{time} и {time}{_END}"), _between, r"[:.]"),
        Rule("0", re.compile(rf"{_HOUR}:{_MINUTE}(?::[0-5]\d)?{_END}{_HOURS}"), _clock, r":"),
        Rule("0", re.compile(r"(\d{1,3}):(\d{1,5})(?![\d:])"), _score, ":"),
        Rule("0", re.compile(rf"{_HOUR}([.-]){_MINUTE}{_END}{_HOURS}"), _dotted, r"[.-]"),
    ]


def in_words(hours: int, minutes: int, case: Case) -> str:
    """ "пятнадцать тридцать", "девять ноль пять", "девять часов", "час"."""
    if minutes == 0:
        noun = noun_for(hours, "час", case)
        return noun if hours == 1 else f"{cardinal(hours, case)} {noun}"
    nought = "ноль " if minutes < 10 else ""
    return f"{cardinal(hours, case)} {nought}{cardinal(minutes, case)}"


def _range(found: re.Match[str]) -> str:
    """ "09.00-21.00" is from nine to twenty-one."""
    h1, m1, h2, m2 = (int(part) for part in found.groups())
    if cases_before(found.string, found.start()):
        case = case_before(found.string, found.start())
        return f"{in_words(h1, m1, case)} — {in_words(h2, m2, case)}"
    return f"с {_start(h1, m1)} до {in_words(h2, m2, 'gent')}"


def _with_seconds(found: re.Match[str]) -> str:
    """ "23:59:59"."""
    case = case_before(found.string, found.start())
    hours, minutes, seconds = (int(part) for part in found.groups())
    parts = [(hours, "час"), (minutes, "минута"), (seconds, "секунда")]
    return " ".join(count(number, noun, case) for number, noun in parts)


def _between(found: re.Match[str]) -> str | None:
    """ "между 14:00 и 16:00"."""
    if word_before(found.string, found.start()) != "между":
        return None
    h1, m1, h2, m2 = (int(part) for part in found.groups())
    first = in_words(h1, m1, "ablt") if m1 or h1 == 1 else cardinal(h1, "ablt")
    return f"{first} и {in_words(h2, m2, 'ablt')}"


def _start(hours: int, minutes: int) -> str:
    """The beginning of a span of time, in the genitive: "девяти" of "с девяти до десяти часов"."""
    return (
        cardinal(hours, "gent") if hours > 1 and not minutes else in_words(hours, minutes, "gent")
    )


def _clock(found: re.Match[str]) -> str:
    return _time(found, int(found.group(1)), int(found.group(2)))


def _time(found: re.Match[str], hours: int, minutes: int) -> str:
    if word_before(found.string, found.start()) in ("с", "со") and _TILL.match(
        found.string, found.end()
    ):
        return _start(hours, minutes)
    case = case_before(found.string, found.start())
    if (
        (hours, minutes) == (1, 0)
        and case == "accs"
        and not _PART_OF_DAY.match(found.string, found.end())
    ):
        return "час ноль ноль"  # "в час" alone is a rate, too
    return in_words(hours, minutes, case)


def _score(found: re.Match[str]) -> str:
    """ "3:1" of a match, "1:500" of a map."""
    first, second = int(found.group(1)), int(found.group(2))
    if first == 1 and second >= 10:
        return f"один к {cardinal(second, 'datv')}"
    return f"{cardinal(first)} {cardinal(second)}"


def _dotted(found: re.Match[str]) -> str | None:
    """ "в 15.30" and "до 18-00" are times; "15.30" alone is a number, "до 10-15" a range."""
    hours, sign, minutes = found.groups()
    if sign == "-" and (minutes > hours.zfill(2) or noun_after(found.string, found.end())):
        return None
    before = found.string[max(0, found.start() - 8) : found.start()]
    of_day = _PART_OF_DAY.match(found.string, found.end())
    if of_day or (_AT.search(before) and not _UNIT.match(found.string, found.end())):
        return _time(found, int(hours), int(minutes))
    return None
