"""Telephone numbers, read in the groups in which people say them."""

import re

from russian.grammar.numerals import cardinal, spelled
from russian.grammar.rules import Rule

_GAP = r"[ ()\-–.]{0,3}"
_LONG = re.compile(
    rf"(?P<country>\+ ?7|8|7){_GAP}(?P<area>\d{{3}}){_GAP}(?P<a>\d{{3}})"
    rf"{_GAP}(?P<b>\d\d){_GAP}(?P<c>\d\d)(?!\d)"
)
# Smaller towns have four digits of area and six of number.
_TOWN = re.compile(
    rf"(?P<country>\+ ?7|8){_GAP}\(?(?P<area>\d{{4}})\){_GAP}"
    r"(?P<a>\d\d)-(?P<b>\d\d)-(?P<c>\d\d)(?!\d)"
)
_OTHER = re.compile(r"\+\d{1,3}(?:[ ()\-]{0,2}\d{1,4}){2,6}(?!\d)")
# The insurance number СНИЛС.
_INSURANCE = re.compile(r"\d{3}-\d{3}-\d{3}[ -]\d\d(?![\d-])")
_LOCAL = re.compile(r"\d{1,3}-\d\d-\d\d(?![\d-])")


def rules() -> list[Rule]:
    """Numbers of Russia, of other countries, local ones, and extensions by themselves."""
    return [
        Rule("0#", _LONG, _long, signs="+"),
        Rule("0#", _TOWN, _long, signs="+"),
        Rule("#", _OTHER, _other, signs="+"),
        Rule("0", re.compile(r"8-800(?![\d-])"), lambda _: "восемь восемьсот", "-"),
        Rule("0", _INSURANCE, _local, "-"),
        Rule("0", _LOCAL, _local, "-"),
        Rule("я", re.compile(r"доб\. ?(?:номер )?(\d{1,6})"), _extension_alone),
    ]


def group_in_words(digits: str) -> str:
    """One group: "495" as a number, "05" and "007" with their noughts, "00" as two noughts."""
    noughts = len(digits) - len(digits.lstrip("0"))
    words = ["ноль"] * noughts
    if digits[noughts:]:
        rest = digits[noughts:]
        pairs = [rest] if len(rest) <= 3 else [rest[:-2], rest[-2:]]
        words += [group_in_words(pair) if pair[0] == "0" else _in_words(pair) for pair in pairs]
    return " ".join(words)


def _in_words(digits: str) -> str:
    return cardinal(int(digits)) if len(digits) <= 3 else spelled(digits)


def _long(found: re.Match[str]) -> str | None:
    country = found.group("country")
    # A bare run of eleven digits is a telephone only with its usual first digits, and where
    # something is said around it; all by itself it is a number.
    usual = country != "7" and found.group("area")[0] in "3489"
    if found.group().isdigit() and not (usual and found.group() != found.string.strip()):
        return None
    first = "плюс семь" if country[0] == "+" else cardinal(int(country))
    groups = [group_in_words(found.group(name)) for name in ("area", "a", "b", "c")]
    return ", ".join([first, *groups])


def _other(found: re.Match[str]) -> str:
    groups = re.findall(r"\d+", found.group())
    return "плюс " + ", ".join(part for group in groups for part in _short_groups(group))


def _short_groups(digits: str) -> list[str]:
    if len(digits) <= 3:
        return [group_in_words(digits)]
    return [group_in_words(digits[i : i + 2]) for i in range(0, len(digits), 2)]


def _local(found: re.Match[str]) -> str:
    return ", ".join(group_in_words(group) for group in re.findall(r"\d+", found.group()))


def _extension_alone(found: re.Match[str]) -> str:
    return "добавочный " + group_in_words(found.group(1))
