"""Dates, months and years, from digits to words."""

import re

from russian.agreement import cases_before, noun_after, word_before
from russian.morphology import Case
from russian.numbers import DASH, EDGE
from russian.numerals import ordinal
from russian.rules import Rule

MONTHS = """января февраля марта апреля мая июня июля августа сентября октября ноября
    декабря""".split()
_SHORT = """янв фев мар апр мая июн июл авг сен окт ноя дек""".split()
_NAMES = {name: name for name in MONTHS} | dict(zip(_SHORT, MONTHS, strict=True))
_NAMES |= {"февр": "февраля", "сент": "сентября", "нояб": "ноября"}
_MONTH = "|".join(sorted(_NAMES, key=len, reverse=True))
_YEAR_NOUNS: dict[str, Case] = {
    "год": "nomn", "года": "gent", "году": "loct", "годом": "ablt", "годе": "loct",
}  # fmt: skip
_YEAR_FORMS = {"nomn": "год", "accs": "год", "gent": "года", "datv": "году", "ablt": "годом",
               "loct": "году"}  # fmt: skip


def rules() -> list[Rule]:
    """Full dates first, then a day with a month, then years."""
    day, month, year = r"(\d{1,2})", r"(\d{1,2})", r"(\d{4}|\d{2})"
    tail = r"(?: ?(?:года|г\.?)(?![А-Яа-яё]))?"
    return [
        Rule("0", re.compile(rf"{day}([./]){month}\2{year}{tail}(?!\d|[.,]\d)"), _numeric),
        Rule("0", re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?![\d-]){tail}"), _iso),
        Rule("0", re.compile(rf"{day}(?:-?го)?(?:{DASH}{day}(?:-?го)?)? ({_MONTH})(?![а-яё])\.?"
                             rf"(?: (\d{{4}})(?!\d){tail})?", re.IGNORECASE), _day_month),
        Rule("0", re.compile(rf"(\d{{4}}){DASH}(\d{{4}}) ?(?:гг\.?|годах|годы|годов|годам)"), _years),
        Rule("0", re.compile(r"(\d{4}|\d{2}) ?(год[ауе]?|годом|г\.|г)(?![А-Яа-яё])"), _year),
        Rule("0", re.compile(r"(\d{2,4}) ?(гг?\.|годы|годах|годов|годам)"), _decade),
    ]  # fmt: skip


def day_case(text: str, start: int) -> Case:
    """A date stands in the genitive ("первого мая") but for "на", "по" and "к"."""
    allowed = cases_before(text, start)
    if word_before(text, start) in ("на", "по", "за", "под"):
        return "accs"
    return allowed[0] if allowed and allowed[0] in ("datv", "ablt") else "gent"


def full_year(written: str) -> int:
    """A year of two digits is the nearest: "24" is 2024, "95" is 1995."""
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year < 50 else 1900)


def in_words(day: int, month: str, year: int | None, case: Case) -> str:
    """A date in words; `month` in the genitive."""
    said = f"{ordinal(day, case, 'neut')} {month}"
    return said if year is None else f"{said} {ordinal(year, 'gent')} года"


def _valid(day: int, month: int, year: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12 and 1000 <= year <= 2999


def _numeric(found: re.Match[str]) -> str | None:
    day, month, year = int(found.group(1)), int(found.group(3)), full_year(found.group(4))
    if not _valid(day, month, year):
        return None
    said = in_words(day, MONTHS[month - 1], year, day_case(found.string, found.start()))
    return said + _stop(found)


def _iso(found: re.Match[str]) -> str | None:
    year, month, day = (int(part) for part in found.groups())
    if not _valid(day, month, year):
        return None
    return in_words(day, MONTHS[month - 1], year, day_case(found.string, found.start()))


def _day_month(found: re.Match[str]) -> str | None:
    first, last, month, year = found.groups()
    if not 1 <= int(first) <= 31 or not 1 <= int(last or 1) <= 31:
        return None
    case = day_case(found.string, found.start())
    number = int(year) if year else None
    if number is not None and not 1000 <= number <= 2999:
        return None
    said = in_words(int(last or first), _NAMES[month.lower()], number, case)
    if last:
        said = f"{ordinal(int(first), case, 'neut')} — {said}"
    return said + _stop(found)


def _stop(found: re.Match[str]) -> str:
    """The full stop of "г." or "янв." that also ends the sentence."""
    rest = found.string[found.end() : found.end() + 3].lstrip()
    ends = found.group().endswith(".") and (not rest or rest[:1].isupper())
    return "." if ends else ""


def _year(found: re.Match[str]) -> str | None:
    """ "в 2024 году"; "24 года" is a count."""
    number, noun = int(found.group(1)), found.group(2)
    if number < 1000 and not (noun == "году" and number > 30):
        return None
    if noun.startswith("год"):
        case = _YEAR_NOUNS[noun]
        if noun == "год" and "accs" in cases_before(found.string, found.start()):
            case = "accs"
        if noun == "году" and cases_before(found.string, found.start())[:1] == ("datv",):
            case = "datv"
    else:
        noun, case = _short_year(found)
    return f"{ordinal(full_year(found.group(1)), case)} {noun}" + _stop(found)


def _short_year(found: re.Match[str]) -> tuple[str, Case]:
    allowed = cases_before(found.string, found.start())
    before = word_before(found.string, found.start())
    if before in ("в", "во"):
        return "году", "loct"
    if before in ("на", "по", "за", "через"):
        return "год", "accs"
    case: Case = allowed[0] if allowed else ("gent" if before else "nomn")
    return _YEAR_FORMS[case], case


def _years(found: re.Match[str]) -> str:
    """ "2020-2024 гг." in the genitive of a span: "с ... по ... годы" reads worse."""
    low, high = int(found.group(1)), int(found.group(2))
    loct = word_before(found.string, found.start()) in ("в", "во")
    case: Case = "loct" if loct else "nomn"
    noun = "годах" if loct else "годы"
    return f"{ordinal(low, case)} — {ordinal(high, case)} {noun}" + _stop(found)


def _decade(found: re.Match[str]) -> str | None:
    """ "90-е годы" are with the endings; "1990 гг." are here."""
    if int(found.group(1)) % 10 or noun_after(found.string, found.end()):
        return None
    noun = found.group(2) if found.group(2).startswith("год") else "годы"
    case: Case = {"годы": "nomn", "годах": "loct", "годов": "gent", "годам": "datv"}[noun]  # type: ignore[assignment]
    return (
        f"{ordinal(int(found.group(1)), case, 'masc', True)} {noun}"
        if len(found.group(1)) == 4
        else None
    )


__all__ = ["EDGE", "MONTHS", "day_case", "full_year", "in_words", "rules"]
