"""Rules for money, percent and measures: a number in digits before or after a sign."""

import re
from collections.abc import Iterable

from russian.abbreviations import full_stop
from russian.agreement import case_before, count
from russian.morphology import gender_of, inflect
from russian.numbers import DASH, INTEGER, NUMBER, range_dash, said
from russian.rules import Rule
from russian.units import CENTS, PER, SCALES, UNITS, Unit, measure


def _any(keys: Iterable[str]) -> str:
    """Alternatives, the longest first; a space inside is optional."""
    ordered = sorted(keys, key=len, reverse=True)
    return "|".join(re.escape(key).replace(r"\ ", " ?") for key in ordered)


_UNIT = _any(UNITS)
_MONEY = _any(CENTS)
_SCALE = _any(SCALES)
_EDGE = r"(?![А-Яа-яЁёA-Za-z0-9²³])\.?"
_PER = rf"(?:/(?P<per>{_any(PER)})(?![А-Яа-яёA-Za-z²])\.?)?"


def rules() -> list[Rule]:
    """Money before other units; a sign before the number ("$5") last."""
    return [
        Rule(
            "0",
            re.compile(rf"({NUMBER}) ?({_SCALE})\.? ?({_MONEY}){_EDGE}{_PER}"),
            _scaled,
            r"[.,]\d| \d| ?[тм]",
        ),
        Rule(
            "0",
            re.compile(rf"({INTEGER})[.,](\d\d?) ?({_MONEY}){_EDGE}{_PER}"),
            _with_cents,
            r"[.,]\d| \d",
        ),
        Rule(
            "0",
            re.compile(rf"({INTEGER}) ?(руб|р|₽)\.? (\d\d?) ?коп{_EDGE}{_PER}"),
            _and_cents,
            r" \d| ?[р₽]",
        ),
        Rule(
            "0",
            re.compile(rf"({NUMBER}) ?[%°]?{DASH}({NUMBER}) ?({_UNIT}){_EDGE}{_PER}"),
            _range,
            r"[.,]\d|[ %°–—−-]",
        ),
        Rule(
            "0", re.compile(rf"({NUMBER}) ?({_UNIT}){_EDGE}{_PER}"), _one, r"[.,]\d| ?[^\s,!?;:)]"
        ),
        Rule("#", re.compile(rf"([$€£₽¥₴₸₹]) ?({NUMBER})(?: ?({_SCALE})\.?)?"), _sign_first),
        Rule("0", re.compile(r"1[.,]5(?= ([а-яё]{3,20}))"), _one_and_a_half, r"[.,]"),
    ]


def _tail(found: re.Match[str]) -> str:
    per = found.group("per")
    return (f" {PER[per]}" if per else "") + full_stop(found)


def _scaled(found: re.Match[str]) -> str:
    """ "5 тыс. руб.", "1,5 млн ₽"."""
    number, scale, money = found.group(1, 2, 3)
    spoken = measure(number, UNITS[scale], case_before(found.string, found.start()))
    return f"{spoken} {inflect(UNITS[money].noun, 'gent', True)}{_tail(found)}"


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
    first = said(low, case, gender_of(_unit(key).noun.rpartition(" ")[2]))
    dash = range_dash(low, high)
    return first + dash + measure(high, _unit(key), case) + _tail(found)


def _unit(key: str) -> Unit:
    """The unit of a sign as found, which may lack the sign's inner space ("кв.м")."""
    return UNITS.get(key) or UNITS[key.replace(".", ". ")]


def _one(found: re.Match[str]) -> str | None:
    number, key = found.group(1, 2)
    if _not_a_unit(found, 2):
        return None
    whole = int(number.replace(" ", "")) if number.replace(" ", "").isdigit() else None
    case = case_before(found.string, found.start(), whole)
    return measure(number, _unit(key), case) + _tail(found)


def _not_a_unit(found: re.Match[str], group: int) -> bool:
    """ "5 с Петром", "дом 5 А" and "в 5 г. Москве" are no seconds, amperes and grams."""
    key = found.group(group)
    apart = found.string[found.start(group) - 1] == " "
    following = found.string[found.end(group) : found.end(group) + 3]
    if key == "с":
        return apart and following[:1] == " " and following[1:2].isalpha()
    if key in ("А", "В"):
        return not apart or (following[:1] == " " and following[1:2].isalpha())
    return key == "г" and following[:2] == ". " and following[2:].isupper()


def _sign_first(found: re.Match[str]) -> str:
    """ "$5", "$2,50", "$3 млн"."""
    sign, number, scale = found.groups()
    case = case_before(found.string, found.start())
    if scale:
        return f"{measure(number, UNITS[scale], case)} {inflect(UNITS[sign].noun, 'gent', True)}"
    whole, _, cents = number.replace(",", ".").partition(".")
    if 0 < len(cents) <= 2:
        return _money(found, whole, cents.ljust(2, "0"), sign)
    return measure(number, UNITS[sign], case)


def _one_and_a_half(found: re.Match[str]) -> str | None:
    """ "1,5 часа" is "полтора часа", "1,5 минуты" is "полторы минуты"."""
    if case_before(found.string, found.start()) not in ("nomn", "accs"):
        return None
    return "полторы" if found.group(1)[-1] in "ыи" else "полтора"
