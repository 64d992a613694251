"""Rules for money, percent and measures: a number in digits before or after a sign."""

import re
from collections.abc import Iterable

from russian.grammar.agreement import LABEL_BEFORE, case_before, count, noun_after
from russian.grammar.morphology import Case, gender_of, inflect
from russian.grammar.numerals import cardinal, number_words
from russian.grammar.rules import Rule
from russian.grammar.units import CENTS, SCALES, TIMES, UNITS, Unit, many_of, measure, part, per
from russian.speaking.abbreviations import full_stop
from russian.speaking.numbers import DASH, FRACTION, INTEGER, NUMBER, range_dash, vulgar


def _any(keys: Iterable[str]) -> str:
    """Alternatives, the longest first; a space inside is optional."""
    ordered = sorted(keys, key=len, reverse=True)
    return "|".join(re.escape(key).replace(r"\ ", " ?") for key in ordered)


UNIT = _any(UNITS)
_FIRST = re.escape("".join({sign[0] for sign in UNITS}))
_MONEY = _any(CENTS)
_SCALE = _any(SCALES)
EDGE = r"(?![А-Яа-яЁёA-Za-z0-9²³])\.?"
_PER = rf"(?:/(?:(?P<many>\d{{1,4}}) ?)?(?P<per>{_any({*TIMES, *UNITS})})(?![А-Яа-яёA-Za-z²])\.?)?"


def rules() -> list[Rule]:
    """Money before other units; a sign before the number ("$5") last."""
    return [
        Rule("0", re.compile(r"(\d{1,3}) ?сут(?:ок|ки|\.|(?![а-яё]))"), _day_and_night, " ?с"),
        Rule("0", re.compile(r"([1-6]) ?р\.(?= в (?:день|сутки|неделю))"), _times, " ?р"),
        Rule(
            "0",
            re.compile(rf"({NUMBER}) ?({_SCALE})\.? ?({UNIT}){EDGE}{_PER}"),
            _scaled,
            r"[.,]\d| \d| ?[тм]",
        ),
        Rule(
            "0",
            re.compile(rf"({INTEGER})[.,](\d\d?) ?({_MONEY}){EDGE}{_PER}"),
            _with_cents,
            r"[.,]\d| \d",
        ),
        Rule(
            "0",
            re.compile(rf"({INTEGER}) ?(руб|р|₽)\.? (\d\d?) ?коп{EDGE}{_PER}"),
            _and_cents,
            r" \d| ?[р₽]",
        ),
        Rule(
            "0",
            re.compile(rf"({NUMBER}) ?[%°]?{DASH}({NUMBER}) ?({UNIT}){EDGE}{_PER}"),
            _range,
            r"[.,]\d|[ %°–—−-]",
        ),
        Rule(
            "0",
            re.compile(rf"({NUMBER}) ?({UNIT}){EDGE}{_PER}"),
            _one,
            rf"[.,]\d| \d| ?[{_FIRST}]",
        ),
        Rule(
            "0", re.compile(rf"({FRACTION}) ?({UNIT}){EDGE}{_PER}"), _fraction, r"/\d| \d| ?[½¼¾]"
        ),
        Rule(
            "#",
            re.compile(rf"([$€£₽¥₴₸₹₿]) ?({NUMBER})(?:{DASH}({NUMBER}))?(?: ?({_SCALE})\.?)?"),
            _sign_first,
            signs="$€£₽¥₴₸₹₿",
        ),
        Rule("0", re.compile(r"1[.,]5(?= ([а-яё]{3,20}))"), _one_and_a_half, r"[.,]"),
    ]


def _tail(found: re.Match[str]) -> str:
    sign, many = found.group("per", "many")
    if not sign:
        return full_stop(found)
    money = any(group in CENTS for group in found.groups()[:-2])
    return f" {per(_key(sign), many, money)}{full_stop(found)}"


_DAYS_AND_NIGHTS = {1: "одни сутки", 2: "двое суток", 3: "трое суток", 4: "четверо суток"}


def _day_and_night(found: re.Match[str]) -> str:
    """ "2 сут.": the noun has no singular, and asks for "двое"."""
    number = int(found.group(1))
    case = case_before(found.string, found.start())
    said = _DAYS_AND_NIGHTS.get(number) if case in ("nomn", "accs") else None
    many: Case = "gent" if case in ("nomn", "accs") else case
    return (said or f"{cardinal(number, case)} {inflect('сутки', many, True)}") + full_stop(found)


def _times(found: re.Match[str]) -> str:
    """ "2 р. в день" are no roubles."""
    return measure(found.group(1), Unit("раз", "раз"), "accs")


def _scaled(found: re.Match[str]) -> str:
    """ "5 тыс. руб.", "1,5 млн ₽", "120 тыс. км"."""
    number, scale, sign = found.group(1, 2, 3)
    spoken = measure(number, UNITS[scale], case_before(found.string, found.start()))
    return f"{spoken} {many_of(_unit(sign))}{_tail(found)}"


def _with_cents(found: re.Match[str]) -> str:
    """ "1 250,50 ₽"."""
    return _money(found, found.group(1), found.group(2).ljust(2, "0"), found.group(3)) + _tail(
        found
    )


def _and_cents(found: re.Match[str]) -> str:
    """ "1 руб. 20 коп."."""
    return _money(found, found.group(1), found.group(3), found.group(2)) + _tail(found)


def _money(found: re.Match[str], whole: str, cents: str, sign: str) -> str:
    case = case_before(found.string, found.start())
    spoken = measure(whole, UNITS[sign], case)
    return f"{spoken} {count(int(cents), CENTS[sign], case)}" if int(cents) else spoken


def _range(found: re.Match[str]) -> str | None:
    """ "50–100 Мбит/с": both ends in one case, the unit after the second."""
    low, high, key = found.group(1, 2, 3)
    if _not_a_unit(found, 3):
        return None
    case = case_before(found.string, found.start())
    first = number_words(low, case, gender_of(_unit(key).noun.rpartition(" ")[2]))
    dash = range_dash(low, high)
    return first + dash + measure(high, _unit(key), case) + _tail(found)


def _key(sign: str) -> str:
    """The table's key of a sign as found, which may lack the key's inner space ("кв.м")."""
    return sign if sign in UNITS or sign in TIMES else sign.replace(".", ". ")


def _unit(sign: str) -> Unit:
    return UNITS[_key(sign)]


def _one(found: re.Match[str]) -> str | None:
    number, key = found.group(1, 2)
    if _not_a_unit(found, 2):
        return None
    whole = int(number.replace(" ", "")) if number.replace(" ", "").isdigit() else None
    case = case_before(found.string, found.start(), whole)
    return measure(number, _unit(key), case) + _tail(found)


def _fraction(found: re.Match[str]) -> str:
    """ "1/2 ст. л.", "3½ кг", "8/256 ГБ"."""
    written, unit = found.group(1), _unit(found.group(2))
    said = vulgar(written, gender_of(unit.noun.rpartition(" ")[2]))
    if said:
        return part(said, unit) + _tail(found)
    over, _, under = written.rpartition("/")  # "8/256 ГБ"
    return f"{cardinal(int(over))} дробь {measure(under, unit, 'nomn')}{_tail(found)}"


def _not_a_unit(found: re.Match[str], group: int) -> bool:
    """ "5 с Петром", "дом 5 А", "ст. 159 ч. 4" are no seconds, amperes and hours."""
    key = found.group(group)
    before = max(0, found.start() - 8)
    if len(key) == 1 and LABEL_BEFORE.search(found.string, before, found.start()):
        return True
    apart = found.string[found.start(group) - 1] == " "
    following = found.string[found.end(group) : found.end(group) + 3]
    if key == "с":
        return apart and following[:1] == " " and following[1:2].isalnum()
    if key in ("А", "В"):
        return not apart or (following[:1] == " " and following[1:2].isalpha())
    return key == "г" and following[:2] == ". " and following[2:].isupper()


def _sign_first(found: re.Match[str]) -> str:
    """ "$5", "$2,50", "$3 млн", "$10–15"."""
    sign, number, high, scale = found.groups()
    case = case_before(found.string, found.start())
    if high:
        low = number_words(number, case, gender_of(UNITS[sign].noun))
        return low + range_dash(number, high) + measure(high, UNITS[sign], case)
    if scale:
        return f"{measure(number, UNITS[scale], case)} {many_of(UNITS[sign])}"
    whole, _, cents = number.replace(",", ".").partition(".")
    if 0 < len(cents) <= 2:
        return _money(found, whole, cents.ljust(2, "0"), sign)
    return measure(number, UNITS[sign], case)


def _one_and_a_half(found: re.Match[str]) -> str | None:
    """ "1,5 часа" is "полтора часа", "около 1,5 часов" is "около полутора часов"."""
    if case_before(found.string, found.start()) not in ("nomn", "accs"):
        nouns = noun_after(found.string, found.end())
        return "полутора" if any(noun.plural for noun in nouns) else None
    return "полторы" if found.group(1)[-1] in "ыи" else "полтора"
