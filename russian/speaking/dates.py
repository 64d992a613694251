"""Dates, months and years, from digits to words."""

import re

from russian.grammar.agreement import cases_before, noun_after, short_case, word_before
from russian.grammar.calendar import MONTHS, YEARS
from russian.grammar.morphology import Case, inflect
from russian.grammar.numerals import ordinal
from russian.grammar.rules import Rule
from russian.grammar.tables import listed
from russian.speaking.abbreviations import full_stop, place_case
from russian.speaking.numbers import DASH

_SHORT = listed("янв фев мар апр мая июн июл авг сен окт ноя дек")
_NAMES = {name: name for name in MONTHS} | dict(zip(_SHORT, MONTHS, strict=True))
_NAMES |= {"февр": "февраля", "сент": "сентября", "нояб": "ноября"}
_NOMINATIVES = listed(
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"
)
_SHORT_MONTHS = dict(zip(_SHORT, _NOMINATIVES, strict=True)) | {
    "февр": "февраль", "сент": "сентябрь", "нояб": "ноябрь",
}  # fmt: skip
_NAMES |= {"числа": "числа"}  # "с 18 до 20 числа" is said as with a month
# No date: "до 15.06 %".
_UNIT_AFTER = re.compile(
    r" ?(?:[%₽$€°]|(?:руб|тыс|млн|[кс]?м|мм|к?г|л|т|ч|мин|[КМГТ]?[Бб]|[КМГ]бит)(?![а-яё]))"
)
_MONTH = "|".join(sorted(_NAMES, key=len, reverse=True))
_YEAR_CASES: dict[str, Case] = {
    "год": "nomn", "года": "gent", "году": "loct", "годом": "ablt", "годе": "loct",
}  # fmt: skip
_YEAR_FORMS: dict[Case, str] = {
    "nomn": "год", "accs": "год", "gent": "года", "datv": "году", "ablt": "годом", "loct": "году",
}  # fmt: skip
_YEARS_CASES = {form: case for case, form in YEARS.items() if case != "accs"}
_DAYS_AROUND = ("сегодня", "завтра", "вчера", "послезавтра", "позавчера")
# A date and nothing else is named, and not a time when something happens.
_ALONE = re.compile(
    r"[\d./-]{6,10}(?: ?г\.?| года)?\.?"
    r"|\d{1,2} [а-я]{3,8}(?: \d{4}(?: ?г\.| года)?)?(?:\.?| [—–-] [^\d\n][^\n]{0,200})"
)
_OF_WHAT = re.compile(r" (?:постройки|рождения|выпуска|издания|основания)(?![а-яё])")
_ERA = re.compile(r" (?:до )?н\. ?э")
_WEEKDAY = re.compile(
    r"(?:^|[.!?—(] ?)(?:понедельник|вторник|среда|четверг|пятница|суббота|воскресенье), $",
    re.IGNORECASE,
)
_FIRST_YEAR, _LAST_YEAR = 1000, 2999
_TURN_OF_CENTURY = 50  # "49" is 2049, "50" is 1950


def rules() -> list[Rule]:
    """Full dates first, then a day with a month, then years."""
    day, tail = r"(\d{1,2})", r"(?: ?(?:года|г\.?)(?![А-Яа-яё]))?"
    two_days = rf"{day}(?:-?го)?(?:({DASH}| по | до | и |, ){day}(?:-?го|-?е)?)?"
    year = rf"(?: (\d{{4}})(?!\d)(?:-го)?{tail})?"
    years = "|".join(_YEARS_CASES)
    return [
        Rule("0", re.compile(rf"(?<![\d./]){day}([./]){day}\2(\d{{4}}|\d\d){tail}(?!\d|[.,]\d)"),
             _numeric, r"[./]"),
        Rule("0", re.compile(r"(\d\d?)\.(0[1-9]|1[0-2])(?!\d|[.,]\d)"), _without_year, r"\."),
        Rule("0", re.compile(rf"(\d{{4}})([-/.])(\d\d)\2(\d\d)(?![\d-]){tail}"), _iso, r"[-/.]"),
        Rule("0", re.compile(rf"{two_days} ({_MONTH})(?![а-яё])\.?{year}", re.IGNORECASE),
             _day_month, r"[ ,г–—−-]"),
        Rule("0", re.compile(rf"(\d\d?(?:(?:, | и | или )\d\d?){{1,6}}) ({_MONTH})(?![а-яё])"),
             _list_of_days, r", | и"),
        Rule("0", re.compile(rf"(\d{{4}}){DASH}(\d{{4}}) ?(гг?\.?|{years})(?![а-яё])"),
             _years, r"[ –—−-]"),
        Rule("я", re.compile(rf"({'|'.join(_SHORT_MONTHS)})\.(?= ?\d{{4}})", re.IGNORECASE),
             _short_month),
        Rule("0", re.compile(r"(\d{4})/(\d{4})(?!\d)"), _school_year, "/"),
        Rule("0", re.compile(rf"(\d{{4}}) и (\d{{4}}) ?(гг?\.?|{years})(?![а-яё])"),
             _two_years, r" и"),
        Rule("0", re.compile(r"(\d{4})( по | до )(\d{4}) (год|годы|гг?\.?)(?![а-яё])"),
             _till_year, r" [пд]"),
        Rule("0", re.compile(r"(\d{4}) ?г\. ?в\."), _of_make, " ?г"),
        Rule("0", re.compile(r"(\d{2,4}) ?(год[ауе]?|годом|г\.?)(?![А-Яа-яё])"),
             _year, r" ?г"),
    ]  # fmt: skip


def in_words(day: int, month: str, year: int | None, case: Case) -> str:
    """A date in words; `month` in the genitive, `case` of the day."""
    said = f"{ordinal(day, case, 'neut')} {month}"
    return said if year is None else f"{said} {ordinal(year, 'gent')} года"


def day_case(text: str, start: int) -> Case:
    """The genitive ("первого мая"), but for "на", "по", "к", "перед" and "сегодня"."""
    before = word_before(text, start)
    if before in ("на", "по", "за", "под"):
        return "accs"
    if before in _DAYS_AROUND or _WEEKDAY.search(text, max(0, start - 20), start):
        return "nomn"
    if not text[:start].strip() and _ALONE.fullmatch(text, start):
        return "nomn"
    allowed = cases_before(text, start)
    return allowed[0] if allowed and allowed[0] in ("datv", "ablt") else "gent"


def _full_year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year < _TURN_OF_CENTURY else 1900)


def _valid(day: int, month: int, year: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12 and _FIRST_YEAR <= year <= _LAST_YEAR


def _numeric(found: re.Match[str]) -> str | None:
    """ "21.05.2024", "21/05/24"."""
    day, month, year = int(found.group(1)), int(found.group(3)), _full_year(found.group(4))
    if not _valid(day, month, year):
        return None
    case = day_case(found.string, found.start())
    return in_words(day, MONTHS[month - 1], year, case) + full_stop(found)


def _without_year(found: re.Match[str]) -> str | None:
    """ "до 15.06", where it is neither a number nor likely a time ("до 15.10")."""
    day, month = found.groups()
    before = word_before(found.string, found.start())
    timely = month in ("05", "10") and int(day) <= 24
    named = before in ("до", "с", "со", "от", "по", "к", "на") and not timely
    bare = day[0] == "0" and not before
    if not (named or bare) or not 1 <= int(day) <= 31:
        return None
    if _UNIT_AFTER.match(found.string, found.end()) or noun_after(found.string, found.end()):
        return None
    case = day_case(found.string, found.start())
    return in_words(int(day), MONTHS[int(month) - 1], None, case) + full_stop(found)


def _iso(found: re.Match[str]) -> str | None:
    """ "2024-03-08"."""
    year, month, day = (int(part) for part in found.group(1, 3, 4))
    if not _valid(day, month, year):
        return None
    case = day_case(found.string, found.start())
    return in_words(day, MONTHS[month - 1], year, case) + full_stop(found)


def _day_month(found: re.Match[str]) -> str | None:
    """ "1 мая 2024 г.", "12-14 апреля", "с 1 по 10 июня"."""
    first, joint, last, month, year = found.groups()
    number = int(year) if year else None
    if not _valid(int(first), 1, number or _FIRST_YEAR) or not 1 <= int(last or 1) <= 31:
        return None
    case = day_case(found.string, found.start())
    if not last:
        return in_words(int(first), _NAMES[month.lower()], number, case) + full_stop(found)
    till: Case = "accs" if joint == " по " else "gent" if joint == " до " else case
    said = in_words(int(last), _NAMES[month.lower()], number, till)
    between = joint if joint.strip().isalpha() or joint == ", " else " — "
    return f"{ordinal(int(first), case, 'neut')}{between}{said}" + full_stop(found)


def _list_of_days(found: re.Match[str]) -> str:
    """ "3, 4 или 5 июня"."""
    case = day_case(found.string, found.start())
    days = re.sub(r"\d+", lambda day: ordinal(int(day.group()), case, "neut"), found.group(1))
    return f"{days} {_NAMES[found.group(2)]}"


def _of_make(found: re.Match[str]) -> str:
    """ "2015 г. в." of a car."""
    return f"{ordinal(int(found.group(1)), 'gent')} года выпуска{full_stop(found)}"


def _year(found: re.Match[str]) -> str | None:
    """ "в 2024 году"; "24 года" is a count, but "в 24 году" is not."""
    number, noun = int(found.group(1)), found.group(2)
    early = noun == "году" or _ERA.match(found.string, found.end())
    if number < _FIRST_YEAR and not early:
        return None
    text, start = found.string, found.start()
    allowed = cases_before(text, start)
    if noun in _YEAR_CASES:
        case = _YEAR_CASES[noun]
        if noun == "году" and allowed[:1] == ("datv",):
            case = "datv"
    else:
        case = "gent" if _OF_WHAT.match(text, found.end()) else short_case(text, start)
        noun = _YEAR_FORMS[case]
    return f"{ordinal(number, case)} {noun}" + full_stop(found)


def _till_year(found: re.Match[str]) -> str | None:
    """ "с 2022 по 2024 год"."""
    low, joint, high, noun = found.groups()
    if word_before(found.string, found.start()) not in ("с", "со", "от"):
        return None
    case: Case = "accs" if joint == " по " else "gent"
    forms = YEARS if noun in ("годы", "гг", "гг.") else _YEAR_FORMS
    said = f"{ordinal(int(low), 'gent')}{joint}{ordinal(int(high), case)} {forms[case]}"
    return said + full_stop(found)


def _two_years(found: re.Match[str]) -> str:
    """ "между 2019 и 2021 годами"."""
    return _years(found, " и ")


def _short_month(found: re.Match[str]) -> str:
    """ "в сент. 2022 г."."""
    case = place_case(cases_before(found.string, found.start()))
    return inflect(_SHORT_MONTHS[found.group(1).lower()], case, False)


def _school_year(found: re.Match[str]) -> str | None:
    """ "в 2021/2022 учебном году"."""
    nouns = noun_after(found.string, found.end())
    year = next((form.case for form in nouns if form.lemma == "год"), None)
    if year is None:
        return None
    return " — ".join(ordinal(int(number), year) for number in found.groups())


def _years(found: re.Match[str], joint: str = " — ") -> str:
    """ "2020–2024 гг."."""
    low, high, noun = found.groups()
    case = _YEARS_CASES.get(noun) or short_case(found.string, found.start())
    said = f"{ordinal(int(low), case)}{joint}{ordinal(int(high), case)} {YEARS[case]}"
    return said + full_stop(found)
