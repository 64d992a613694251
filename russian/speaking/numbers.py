"""Numbers in digits: the patterns that all rules share, and the rules for plain numbers."""

import re

from russian.grammar.agreement import (
    agree,
    case_before,
    in_words,
    is_ordered,
    noun_after,
    word_before,
)
from russian.grammar.morphology import Case, Form, Gender, forms, inflect, lemma
from russian.grammar.numerals import LONGEST, cardinal, is_one, number_words, ordinal, spelled
from russian.grammar.rules import Rule

# Either "12 500" in groups of three, or a plain run; the minus sign is a rule of its own.
INTEGER = r"(?:[1-9]\d{0,2}(?: \d{3}){1,4}(?!\d)|\d{1,40})"
NUMBER = rf"{INTEGER}(?:[.,]\d{{1,6}}(?!\d))?"
DASH = r" ?[-–—−] ?"
# "1/2", "1 1/2", "3½".
FRACTION = r"(?:\d{1,3} (?=\d+/))?\d{1,2}/\d{1,3}|\d{1,3} ?[½¼¾]"
_VULGAR = re.compile(r"(?:(\d{1,3})(?: (?=\d+/)| ?(?=[½¼¾])))?([½¼¾]|\d{1,2}/\d{1,3})")
_LARGE_PARTS = frozenset((16, 20, 24, 32, 60, 64, 100, 1000))
_EDGE = r"(?![A-Za-zА-Яа-яЁё0-9/])"
_CODE_WORDS = re.compile(
    r"(?:(?:договор|сч[её]т|заявк|заказ|код|карт|инн|кпп|огрн|бик|паспорт|парол|артикул|пин|логин"
    r"|абонент|идентификатор|обращени|полис|трек|расч[её]тн)[а-яё]{0,4}|№)"
    r"(?: №|[ -]номер[а-яё]{0,3}|:)?[ :№]{0,3}$",
    re.IGNORECASE,
)
_CODE_WORDS_REACH = 30
_SECTION = re.compile(
    r"(?:(?<![а-яё])(?:пп?|ст|разд|гл)\.|гост|оквэд|верси[а-яё]{1,2}"
    r"|пункт[а-яё]{0,3}|раздел[а-яё]{0,3}) ?$"
    r"|[a-z]{2} ?$|(?<![a-z])v ?$",
    re.IGNORECASE,
)
_SHORTEST_CODE = 4  # digits; "договор 12" is a small number, "договор 4512" a code
_GRADES = frozenset(("класс", "курс"))
_SCHEDULES = {(24, 7), (5, 2), (2, 2)}


def value(written: str) -> int:
    """The integer of digits that may be grouped by spaces."""
    return int(written.replace(" ", ""))


def range_dash(low: str, high: str) -> str:
    """What joins the ends of a range: "пять-семь", but "сто — сто пятьдесят", "семь — тридцать"."""
    if not (low.isdigit() and high.isdigit()) or len(high) > 3:
        return " — "
    one_word = all(" " not in cardinal(int(end)) for end in (low, high))
    return "-" if one_word and int(low) < int(high) <= 2 * int(low) + 1 else " — "


def rules() -> list[Rule]:
    """Plain numbers, last of all rules that begin with a digit."""
    return [
        Rule("0", re.compile(rf"(?:{FRACTION}){_EDGE}"), _mixed, r"/| \d| ?[½¼¾]"),
        Rule("0", re.compile(rf"(\d{{1,6}})/(\d{{1,6}}){_EDGE}"), _fraction, r"/"),
        Rule("0", re.compile(r"(\d{1,15}) ?: ?(\d{1,15})(?= =)"), _divided, " ?:"),
        Rule("0", re.compile(r"\d{1,3}(?:\.\d{1,3}){2,7}(?!\d)"), _dotted, r"\."),
        Rule(
            "0",
            re.compile(r"(?:[1-9]\d{0,2}(?: \d{3}){1,4}|\d{1,15})[.,]\d{1,6}(?!\d)"),
            _decimal,
            r"[.,]| \d",
        ),
        Rule("0", re.compile(r"\d{4}(?: \d{4}){3}(?!\d)"), _groups, r" \d"),
        Rule("0", re.compile(r"\d{1,40}(?: \d{2,10}){0,5}"), _code),
        Rule(
            "0",
            re.compile(rf"({INTEGER})({DASH})({INTEGER})(?!\d|[.,/-]\d)"),
            _range,
            r"[-–—−]| [\d–—−-]",
        ),
        Rule("0", re.compile(r"(\d{1,2})( и | по )(\d{1,2})(?![\d.,:/-]\d)"), _pair, r" [ип]"),
        Rule("0", re.compile(INTEGER), _integer),
    ]


_PARTS = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4)}


def vulgar(written: str, gender: Gender, case: Case = "nomn") -> str | None:
    """ "1/2", "1 1/2" or "3½" in words; the gender is the counted noun's."""
    found = _VULGAR.fullmatch(written)
    if found is None:
        return None
    whole = int(found.group(1) or 0)
    over, under = _PARTS.get(found.group(2)) or tuple(map(int, found.group(2).split("/")))
    if not _is_part(over, under):
        return None
    if whole and (over, under) == (1, 2):
        half = "полторы" if gender == "femn" else "полтора"
        return half if whole == 1 else f"{cardinal(whole, case, gender)} с половиной"
    few = case in ("nomn", "accs") and not is_one(over)
    part = ordinal(under, "gent" if few else case, "femn", not is_one(over))
    said = f"{cardinal(over, case, 'femn')} {part}"
    wholes = "целая" if is_one(whole) else "целых"
    return f"{cardinal(whole, case, 'femn')} {wholes} {said}" if whole else said


def _is_part(over: int, under: int) -> bool:
    """Whether digits around a slash are a fraction; "12/27" is a month of a year."""
    return 0 < over < under and (
        under <= 12 or under in _LARGE_PARTS or (over == 1 and under % 100 == 0)
    )


def _mixed(found: re.Match[str]) -> str | None:
    """ "1 1/2 часа" and "2½ часа": one and a half, two and a half."""
    nouns = noun_after(found.string, found.end())
    gender: Gender = next((form.gender for form in nouns if form.gender), "masc")
    return vulgar(found.group(), gender, case_before(found.string, found.start()))


def _fraction(found: re.Match[str]) -> str | None:
    """ "12/3" is a house, "24/7" a schedule, "120/80" blood pressure."""
    over, under = int(found.group(1)), int(found.group(2))
    if (over, under) in _SCHEDULES:
        return f"{cardinal(over)} на {cardinal(under)}"
    if over >= 70 and under >= 40:  # blood pressure
        return f"{cardinal(over)} на {cardinal(under)}"
    return f"{cardinal(over)} дробь {cardinal(under)}"


def _divided(found: re.Match[str]) -> str:
    """ "100 : 4 = 25"."""
    return f"{cardinal(int(found.group(1)))} разделить на {cardinal(int(found.group(2)), 'accs')}"


def _dotted(found: re.Match[str]) -> str:
    """An address of the net or a version: groups with "точка" between."""
    groups = found.group().split(".")
    return " точка ".join(
        spelled(group) if group[0] == "0" else cardinal(int(group)) for group in groups
    )


def _decimal(found: re.Match[str]) -> str:
    if "." in found.group() and _SECTION.search(
        found.string[max(0, found.start() - 12) : found.start()]
    ):  # or a version
        return _dotted(found)
    return number_words(found.group(), case_before(found.string, found.start()))


def _groups(found: re.Match[str]) -> str:
    """A card's number, with a pause after each group."""
    return ", ".join(spelled(group) for group in found.group().split())


def _code(found: re.Match[str]) -> str | None:
    """Digits of a contract and other long or zero-led runs, one by one."""
    first, *others = found.group().split()
    reach = max(0, found.start() - _CODE_WORDS_REACH)
    long_enough = sum(map(len, (first, *others))) >= _SHORTEST_CODE
    if (
        long_enough
        and _CODE_WORDS.search(found.string[reach : found.start()])
        and not _counts(found)
    ):
        return _groups(found)
    if not others and (len(first) > LONGEST or (first[0] == "0" and len(first) > 1)):
        return spelled(first)
    return None


def _counts(found: re.Match[str]) -> bool:
    """ "счёт на 1 250 рублей" names no code, for a counted noun follows."""
    return any(form.plural for form in noun_after(found.string, found.end()))


def _has_company(found: re.Match[str]) -> bool:
    """ "тысяча" stands by a word: "тариф тысяча", "тысяча дней"; alone it is "одна тысяча"."""
    before = word_before(found.string, found.start())
    return bool(before or noun_after(found.string, found.end()))


def _range(found: re.Match[str]) -> str | None:
    """ "5-7 дней": both ends in the same case."""
    low, dash, high = found.groups()
    if max(len(low), len(high)) > LONGEST:
        return None
    if found.string.startswith(" =", found.end()) or ("−" in dash and value(low) > value(high)):
        return f"{cardinal(value(low))} минус {cardinal(value(high))}"
    agreed = agree(found.string, found.start(), found.end(), value(high))
    grade = next((f for f in noun_after(found.string, found.end()) if f.lemma in _GRADES), None)
    if grade and grade.plural and grade.case:  # "учащиеся 5–9 классов"
        ends = (ordinal(value(end), grade.case, plural=True) for end in (low, high))
        return " — ".join(ends)
    first, last = in_words(value(low), agreed), in_words(value(high), agreed)
    return first + range_dash(low, high) + last


def _pair(found: re.Match[str]) -> str | None:
    """ "на 5 и 6 этажах", "этажи с 1 по 5": of a row; other pairs are two plain numbers."""
    low, joint, high = int(found.group(1)), found.group(2), int(found.group(3))
    before = word_before(found.string, found.start())
    nouns = noun_after(found.string, found.end())
    if joint == " и ":
        row = next((form for form in nouns if form.plural and is_ordered(form)), None)
        if row is None or row.case is None:
            return None
        case: Case = "ablt" if before == "между" else row.case
        gender = row.gender or "masc"
        return f"{ordinal(low, case, gender)} и {ordinal(high, case, gender)}"
    if before not in ("с", "со") or not low < high or any(form.plural for form in nouns):
        return None
    gender = next((form.gender for form in (*nouns, *_row_before(found)) if form.gender), "neut")
    return f"{ordinal(low, 'gent', gender)} по {ordinal(high, 'accs', gender)}"


def _row_before(found: re.Match[str]) -> tuple[Form, ...]:
    """ "этажи " before "с 1 по 5"."""
    word = word_before(found.string, max(0, found.string.rfind(" ", 0, found.start() - 1)) + 1)
    return tuple(form for form in (forms(lemma(word)) if word else ()) if form.part == "NOUN")


def _integer(found: re.Match[str]) -> str:
    digits = found.group().replace(" ", "")
    if len(digits) > LONGEST:
        return spelled(digits)
    agreed = agree(found.string, found.start(), found.end(), int(digits))
    if digits == "1000" and not agreed.ordinal and _has_company(found):
        return inflect("тысяча", agreed.case, False)
    return in_words(int(digits), agreed)
