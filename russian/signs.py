"""Signs that stand between words and numbers: №, §, +, =, &, and the stress mark that is kept."""

import re

from russian.agreement import cases_before
from russian.cleaning import SIGNS
from russian.morphology import inflect
from russian.rules import Rule

_SAID = {"%": "процентов", "°": "градусов", "₽": "рублей", "$": "долларов", "€": "евро",
         "£": "фунтов", "@": "собака", "&": "и", "½": "половина", "¼": "четверть",
         "¾": "три четверти", "±": "плюс минус", "‰": "промилле"}  # fmt: skip


def rules() -> list[Rule]:
    """Signs with a meaning, then the minus before a number, then all that is left."""
    return [
        Rule("#", re.compile(r"№№? ?|N[°º] ?"), lambda found: _noun(found, "номер")),
        Rule("#", re.compile(r"§§? ?"), lambda found: _noun(found, "параграф")),
        Rule("#", re.compile(r"\+(?=[аеёиоуыэюяАЕЁИОУЫЭЮЯ])"), _stress),
        Rule("#", re.compile(r" ?([+=×]) ?"), _arithmetic),
        Rule("#", re.compile(r"(?<![\w)%])[-–−](?=\d)"), lambda found: "минус "),
        Rule("#", re.compile(f"[{re.escape(SIGNS)}]"), _left_over),
    ]


def _noun(found: re.Match[str], noun: str) -> str:
    allowed = cases_before(found.string, found.start())
    case = next((case for case in ("datv", "loct", "gent", "ablt") if case in allowed), "nomn")
    return inflect(noun, case, False) + " "  # type: ignore[arg-type]


def _stress(found: re.Match[str]) -> str | None:
    """A stress mark stays: at a word's beginning or between Russian letters."""
    before = found.string[found.start() - 1] if found.start() else " "
    return "+" if not before.isdigit() and not before.isascii() or before in " (\"'-" else None


def _arithmetic(found: re.Match[str]) -> str:
    sign = found.group(1)
    around = found.string[found.end() : found.end() + 1], found.string[: found.start()][-1:]
    if not (around[0].isalnum() and around[1].isalnum()) and sign != "+":
        return " "
    return {"+": " плюс ", "=": " равно ", "×": " на "}[sign]


def _left_over(found: re.Match[str]) -> str:
    said = _SAID.get(found.group())
    return f" {said} " if said else " "
