"""How numbers are written in digits: the patterns that the rules share, and plain numbers."""

import re

from russian.agreement import agree, case_before, in_words, noun_after
from russian.morphology import Case
from russian.numerals import LONGEST, cardinal, compound_prefix, decimal, is_one, ordinal, spelled
from russian.rules import Rule

# Either "12 500" in groups of three, or a plain run; the minus sign is a rule of its own.
INTEGER = r"(?:[1-9]\d{0,2}(?: \d{3}){1,4}(?!\d)|\d{1,40})"
NUMBER = rf"{INTEGER}(?:[.,]\d{{1,6}}(?!\d))?"
DASH = r" ?[-–—−] ?"
EDGE = r"(?![A-Za-zА-Яа-яЁё0-9])"
_SUFFIXES: tuple[tuple[str, str], ...] = (
    # endings as written after a hyphen, then how the ordinal stands: case, gender, plural
    ("ого го", "gent masc"), ("ому му", "datv masc"), ("ыми ми", "ablt plur"), ("ая я", "nomn femn"),
    ("ую ю", "accs femn"), ("ый ий ой й", "nomn masc"), ("ое е", "nomn neut"), ("ые", "nomn plur"),
    ("ых х", "gent plur"), ("ым", "ablt masc"), ("ом м", "loct masc"), ("и", "nomn plur"),
)  # fmt: skip
_ENDINGS = {
    ending: tuple(form.split()) for endings, form in _SUFFIXES for ending in endings.split()
}
_COUNTED: dict[str, Case] = {
    "ти": "gent", "х": "gent", "ух": "gent", "ёх": "gent", "ми": "ablt", "мя": "ablt", "ью": "ablt",
    "ю": "ablt", "м": "datv", "ем": "datv",
}  # fmt: skip
_CODE_WORDS = re.compile(
    r"(?:(?:договор|сч[её]т|заявк|заказ|код|карт|инн|кпп|огрн|бик|паспорт|парол|артикул|пин|логин"
    r"|абонент|идентификатор|обращени|полис|трек)[а-яё]{0,4}|№)(?: №| номер[а-яё]{0,3}|:)?[ :№]{0,3}$",
    re.IGNORECASE,
)
_MONTH_OR_ROW = {"год", "век"}


def value(written: str) -> int:
    """The integer of digits that may be grouped by spaces."""
    return int(written.replace(" ", ""))


def said(written: str, case: Case, gender: str = "masc") -> str:
    """A written integer or decimal in words, in a case."""
    whole, _, fraction = written.replace(" ", "").replace(",", ".").partition(".")
    if len(whole) > LONGEST:
        return spelled(whole + fraction)
    if fraction:
        return decimal(int(whole), fraction, case)
    return cardinal(int(whole), case, gender)  # type: ignore[arg-type]


def rules() -> list[Rule]:
    """Plain numbers, last of all rules that begin with a digit."""
    return [
        Rule("0", re.compile(rf"(\d{{1,6}})-([а-яё]{{1,3}})(?![а-яё-])"), _with_ending),
        Rule("0", re.compile(r"(\d{1,6})[-–](?=[а-яё]{4,})"), _compound),
        Rule("0", re.compile(rf"(\d{{1,3}})/(\d{{1,3}}){EDGE}"), _fraction),
        Rule("0", re.compile(r"\d{1,3}(?:\.\d{1,3}){2,7}(?![\d])"), _dotted),
        Rule("0", re.compile(r"(\d{1,15})([.,])(\d{1,6})(?!\d)"), _decimal),
        Rule("0", re.compile(r"\d{1,40}"), _code),
        Rule("0", re.compile(rf"({INTEGER}){DASH}({INTEGER})(?![\d.,-]\d)"), _range),
        Rule("0", re.compile(INTEGER), _integer),
    ]


def _with_ending(found: re.Match[str]) -> str | None:
    """ "3-го", "1990-е", "5-ти", "2-х"."""
    number, ending = int(found.group(1)), found.group(2)
    last = number % 100 if number % 100 < 20 else number % 10
    if ending in _COUNTED and (
        ending not in _ENDINGS or (ending in ("х", "м") and last in (2, 3, 4))
    ):
        return cardinal(number, _COUNTED[ending])
    if ending == "ми" and last in (2, 3, 4, 5, 6, 7, 8, 9):
        return cardinal(number, "ablt")
    if ending not in _ENDINGS:
        return None
    case, kind = _ENDINGS[ending]
    if ending == "е":
        nouns = noun_after(found.string, found.end())
        plural = any(form.plural for form in nouns) if nouns else number >= 1000 or number % 10 == 0
        kind = "plur" if plural else "neut"
    if ending == "й":
        nouns = noun_after(found.string, found.end())
        if any(form.gender == "femn" and not form.plural for form in nouns):
            oblique = [form.case for form in nouns if not form.plural and form.case]
            return ordinal(number, oblique[0] or "gent", "femn")
    if ending in ("м", "ым"):
        nouns = noun_after(found.string, found.end())
        case = next((form.case for form in nouns if form.case in ("ablt", "loct", "datv")), case)
        plural = any(form.plural and form.case == "datv" for form in nouns)
        return ordinal(number, case, "masc", plural)  # type: ignore[arg-type]
    gender = kind if kind != "plur" else "masc"
    return ordinal(number, case, gender, kind == "plur")  # type: ignore[arg-type]


def _compound(found: re.Match[str]) -> str:
    """ "24-часовой" is one word: "двадцатичетырёхчасовой"."""
    return compound_prefix(int(found.group(1)))


def _fraction(found: re.Match[str]) -> str | None:
    """ "1/2" is a half; a house or a schedule ("24/7", "5/2") is read with "на" or "дробь"."""
    over, under = int(found.group(1)), int(found.group(2))
    if not 0 < over < under or under == 7:
        joint = "на" if under in (2, 7) and over in (2, 5, 24) else "дробь"
        return f"{cardinal(over)} {joint} {cardinal(under)}"
    case = case_before(found.string, found.start())
    if case in ("nomn", "accs") and not is_one(over):
        return f"{cardinal(over, case, 'femn')} {ordinal(under, 'gent', 'femn', True)}"
    return f"{cardinal(over, case, 'femn')} {ordinal(under, case, 'femn', not is_one(over))}"


def _dotted(found: re.Match[str]) -> str:
    """An address of the net or a version: groups with "точка" between."""
    return " точка ".join(cardinal(int(group)) for group in found.group().split("."))


def _decimal(found: re.Match[str]) -> str:
    return said(found.group(), case_before(found.string, found.start()))


def _code(found: re.Match[str]) -> str | None:
    """Digits of a contract or a card, and other long or zero-led runs, one by one."""
    digits = found.group()
    named = _CODE_WORDS.search(found.string[max(0, found.start() - 30) : found.start()])
    if len(digits) > LONGEST or (digits[0] == "0" and len(digits) > 1):
        return spelled(digits)
    if len(digits) >= 4 and named:
        return spelled(digits)
    if len(digits) >= 9 and not noun_after(found.string, found.end()):
        return None
    return None


def _range(found: re.Match[str]) -> str | None:
    """ "5-7 дней": both ends in the same case; "2-3 этаж" as ordinals."""
    low, high = found.group(1), found.group(2)
    if max(len(low), len(high)) > LONGEST:
        return None
    text = found.string
    agreed = agree(text, found.start(), found.end(), value(high))
    return f"{in_words(value(low), agreed)} — {in_words(value(high), agreed)}"


def _integer(found: re.Match[str]) -> str:
    if len(found.group()) > LONGEST + 4:
        return spelled(found.group().replace(" ", ""))
    number = value(found.group())
    agreed = agree(found.string, found.start(), found.end(), number)
    if number == 1000 and not agreed.ordinal and noun_after(found.string, found.end()):
        return {"nomn": "тысяча", "accs": "тысячу", "gent": "тысячи", "datv": "тысяче",
                "ablt": "тысячей", "loct": "тысяче"}[agreed.case]  # fmt: skip
    return in_words(number, agreed)
