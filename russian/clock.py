"""Times of day and their ranges, from digits to words."""

import re

from russian.agreement import case_before, cases_before, noun_for
from russian.morphology import Case
from russian.numbers import DASH
from russian.numerals import cardinal
from russian.rules import Rule

_TIME = r"([01]?\d|2[0-4])[:.]([0-5]\d)"
# A full stop between hours and minutes is a time only in a range or with a word that says so.
_COLON = r"([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?"
_SPOKEN_OF = re.compile(
    r" ?(?:ч(?:ас)?\.?|утра|вечера|дня|ночи|мск|по москве)(?![а-яё])", re.IGNORECASE
)
_AT = re.compile(r"(?:^|[^А-Яа-яЁё])(?:с|со|до|к|после|около|в|во)$", re.IGNORECASE)


def rules() -> list[Rule]:
    """A range before a single time."""
    end = r"(?![\d:]|[.,]\d)"
    return [
        Rule("0", re.compile(rf"{_TIME}{DASH}{_TIME}{end}"), _range),
        Rule("0", re.compile(rf"{_COLON}{end}(?: ?(?:ч\.|час(?:а|ов)?)(?![а-яё]))?"), _clock),
        Rule("0", re.compile(rf"([01]?\d|2[0-4])\.([0-5]\d){end}"), _dotted),
    ]


def time_in_words(hours: int, minutes: int, case: Case) -> str:
    """ "пятнадцать тридцать", "девять ноль пять", "девять часов"."""
    if minutes == 0:
        return f"{cardinal(hours, case)} {noun_for(hours, 'час', case)}"
    if minutes < 10:
        return f"{cardinal(hours, case)} ноль {cardinal(minutes, _plain(case))}"
    return f"{cardinal(hours, case)} {cardinal(minutes, case)}"


def _plain(case: Case) -> Case:
    return case


def _range(found: re.Match[str]) -> str:
    """ "09.00-21.00": from nine to twenty-one."""
    h1, m1, h2, m2 = (int(part) for part in found.groups())
    if cases_before(found.string, found.start()):
        case = case_before(found.string, found.start())
        return f"{time_in_words(h1, m1, case)} — {time_in_words(h2, m2, case)}"
    first = f"{cardinal(h1, 'gent')}" if m1 == m2 == 0 else time_in_words(h1, m1, "gent")
    return f"с {first} до {time_in_words(h2, m2, 'gent')}"


def _clock(found: re.Match[str]) -> str:
    case = case_before(found.string, found.start())
    return time_in_words(int(found.group(1)), int(found.group(2)), case)


def _dotted(found: re.Match[str]) -> str | None:
    """ "в 15.30" is a time; "15.30" alone is a number."""
    before = found.string[max(0, found.start() - 8) : found.start()].rstrip()
    after = _SPOKEN_OF.match(found.string, found.end())
    if not (after or (_AT.search(before) and len(found.group(2)) == 2)):
        return None
    if (
        re.match(r" ?(?:%|[А-Яа-яA-Z₽$€°])", found.string[found.end() : found.end() + 3])
        and not after
    ):
        return None
    return _clock(found)
