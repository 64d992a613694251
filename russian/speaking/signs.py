"""Signs that stand between words and numbers: №, §, +, =, &, and the stress mark that is kept."""

import re

from russian.grammar.agreement import cases_before
from russian.grammar.morphology import inflect
from russian.grammar.numerals import ordinal
from russian.grammar.rules import Rule
from russian.grammar.units import UNITS, many_of
from russian.speaking.abbreviations import place_case
from russian.speaking.cleaning import SIGNS
from russian.speaking.quantities import EDGE, UNIT

_SAID = {"%": "процентов", "°": "градусов", "₽": "рублей", "$": "долларов", "€": "евро",
         "£": "фунтов", "¥": "юаней", "₴": "гривен", "₸": "тенге", "₹": "рупий",
         "@": "собака", "&": "и", "½": "половина", "¼": "четверть",
         "¾": "три четверти", "±": "плюс минус", "‰": "промилле",
         "²": "в квадрате", "³": "в кубе"}  # fmt: skip


_NOTHING = frozenset(("", *" .,!?;:()=×"))
_BEFORE_STRESS = " (\"'«-"


def rules() -> list[Rule]:
    """Signs with a meaning, then the minus before a number, then all that is left."""
    return [
        Rule("#", re.compile(r"№№? ?|N[°º] ?"), _number_sign, signs="№N"),
        Rule("#", re.compile(r"§§? ?"), _section, signs="§"),
        Rule("#", re.compile(r"\+(?=[аеёиоуыэюяАЕЁИОУЫЭЮЯ])"), _stress, signs="+"),
        Rule("#", re.compile(r"([+=×]) ?"), _arithmetic, signs="+=×"),
        Rule(
            "#",
            re.compile(rf"\^ ?([-−–]?)(\d{{1,3}})(?!\d)(?: ?({UNIT}){EDGE})?"),
            _power,
            signs="^",
        ),
        Rule("#", re.compile(r"#(?=[А-Яа-яЁёA-Za-z])"), lambda _: "хештег ", signs="#"),
        Rule("#", re.compile(r"(?<![\w)%])[-–−](?=\d)"), lambda _: "минус ", signs="-–−"),
        Rule("#", re.compile(r"(?<=[А-Яа-яЁё])-(?=\d)"), lambda _: " ", signs="-"),
        Rule("#", re.compile(f"[{re.escape(SIGNS)}]"), _left_over),
    ]


def _number_sign(found: re.Match[str]) -> str:
    """ "№ 5" is a number, "№№ 5, 6" are several."""
    case = place_case(cases_before(found.string, found.start()))
    return inflect("номер", case, found.group().startswith("№№")) + " "


def _section(found: re.Match[str]) -> str:
    """ "§ 5" is a paragraph, "§§ 3–5" are several."""
    case = place_case(cases_before(found.string, found.start()))
    return inflect("параграф", case, found.group().startswith("§§")) + " "


def _stress(found: re.Match[str]) -> str | None:
    """A stress mark stays where a Russian word can have one; "5+а" is an addition."""
    before = found.string[found.start() - 1] if found.start() else " "
    return "+" if before in _BEFORE_STRESS or "а" <= before.lower() <= "ё" else None


def _arithmetic(found: re.Match[str]) -> str:
    """ "=" and "×" speak between two things only; a row of them is a line."""
    sign, text = found.group(1), found.string
    before = text[max(0, found.start() - 2) : found.start()].rstrip()[-1:]
    if sign != "+" and (before in _NOTHING or text[found.end() : found.end() + 1] in _NOTHING):
        return " "
    return {"+": " плюс ", "=": " равно ", "×": " на "}[sign]


def _power(found: re.Match[str]) -> str:
    """ "10^6" is ten to the sixth power."""
    sign = "минус " if found.group(1) else ""
    unit = f" {many_of(UNITS[found.group(3)])}" if found.group(3) in UNITS else ""
    return f" в {sign}{ordinal(int(found.group(2)), 'loct', 'femn')} степени{unit}"


def _left_over(found: re.Match[str]) -> str:
    said = _SAID.get(found.group())
    return f" {said} " if said else " "
