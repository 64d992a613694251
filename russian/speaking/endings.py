"""Numbers with letters after a hyphen: "3-го", "1990-е", "2-х", "24-часовой"."""

import re

from russian.grammar.agreement import cases_before, noun_after
from russian.grammar.calendar import YEARS
from russian.grammar.morphology import Case, Form, Gender, inflect
from russian.grammar.numerals import cardinal, compound_prefix, decimal, ordinal
from russian.grammar.rules import Rule
from russian.speaking.abbreviations import full_stop

# How an ordinal with this ending stands, where the noun after it says nothing else.
_ORDINALS: dict[str, tuple[Case, Gender, bool]] = {
    **dict.fromkeys(("го", "ого", "его"), ("gent", "masc", False)),
    **dict.fromkeys(("му", "ому", "ему"), ("datv", "masc", False)),
    **dict.fromkeys(("й", "ый", "ий", "ой"), ("nomn", "masc", False)),
    **dict.fromkeys(("я", "ая"), ("nomn", "femn", False)),
    **dict.fromkeys(("ю", "ую"), ("accs", "femn", False)),
    **dict.fromkeys(("е", "ое", "ье"), ("nomn", "neut", False)),
    **dict.fromkeys(("ом", "ем"), ("loct", "masc", False)),
    **dict.fromkeys(("м", "ым", "им"), ("ablt", "masc", False)),
    **dict.fromkeys(("ые", "и"), ("nomn", "masc", True)),
    **dict.fromkeys(("х", "ых", "их"), ("gent", "masc", True)),
    **dict.fromkeys(("ми", "ыми"), ("ablt", "masc", True)),
}
# Endings of a counting number: "5-ти", "2-мя"; "2-х" and "3-м" are here for two, three and four.
_CARDINALS: dict[str, Case] = {
    "ти": "gent", "ух": "gent", "ёх": "gent", "мя": "ablt", "тью": "ablt", "ью": "ablt",
}  # fmt: skip
_CARDINALS_OF_FEW: dict[str, Case] = {"х": "gent", "м": "datv"}
_COMPOUNDS = (
    "(?:комнатн|этажн|дневн|местн|летн|часов|кратн|уровнев|камерн|ядерн|процентн)[а-я]{2,3}"
)
_FEW = (2, 3, 4)


def rules() -> list[Rule]:
    """A whole word after the hyphen makes a compound; a few letters are an ending."""
    return [
        Rule("0", re.compile(rf"(\d{{1,3}})-(?:х|ух|ти|и)[ -]({_COMPOUNDS})"), _two_roomed, "-"),
        Rule("0", re.compile(r"(\d{1,6})[-–](й|го|му|м) км(?![а-яё])"), _kilometre, r"[-–]"),
        Rule("0", re.compile(r"(\d{2,4})[-–](е|х|м|ми) ?гг\."), _years, r"[-–]"),
        Rule("0", re.compile(r"(\d{1,6})[-–]([а-яё]{1,3})(?![а-яё-])"), _with_ending, r"[-–]"),
        Rule(
            "0", re.compile(r"(\d{1,6})[-–](?=[А-ЯЁA-Z]{1,6}(?![а-яё]))"), _before_letters, r"[-–]"
        ),
        Rule("0", re.compile(r"(\d{1,3}) ?%[-–]?(н[а-яё]{2,3})(?![а-яё])"), _percent, " ?%"),
        Rule(
            "0",
            re.compile(r"(\d{1,6})(?:[.,](\d))?[-–]([а-яё]{4,40})(?![а-яё])"),
            _compound,
            r"[-–]|[.,]\d",
        ),
    ]


def _years(found: re.Match[str]) -> str:
    """ "80-е гг.", "в 90-х гг."."""
    number, ending = int(found.group(1)), found.group(2)
    case = _ORDINALS[ending][0] if ending != "м" else "datv"
    if ending == "х" and "loct" in cases_before(found.string, found.start()):
        case = "loct"
    return f"{ordinal(number, case, 'masc', True)} {YEARS[case]}{full_stop(found)}"


def _two_roomed(found: re.Match[str]) -> str:
    """ "2-х комнатная" is one word all the same."""
    return compound_prefix(int(found.group(1))) + found.group(2)


def _kilometre(found: re.Match[str]) -> str:
    """ "на 43-м км": a place on a road."""
    case = _ORDINALS[found.group(2)][0]
    if found.group(2) == "м":
        case = "loct"
    return f"{ordinal(int(found.group(1)), case)} {inflect('километр', case, False)}"


def _with_ending(found: re.Match[str]) -> str | None:
    number, ending = int(found.group(1)), found.group(2)
    nouns = noun_after(found.string, found.end())
    last = number % 100 if number % 100 < 20 else number % 10
    if ending in _CARDINALS:
        return cardinal(number, _CARDINALS[ending])
    if ending in _CARDINALS_OF_FEW and last in _FEW and (ending == "х" or _all_plural(nouns)):
        return cardinal(number, _CARDINALS_OF_FEW[ending])
    if ending in ("ю", "и") and number % 10 != 3 and _all_plural(nouns) and nouns:
        return cardinal(number, "ablt" if ending == "ю" else "gent")  # "с 11-ю", "10-и дней"
    if ending not in _ORDINALS:
        return None
    case, gender, plural = _ORDINALS[ending]
    if ending == "е":
        plural = _is_plural(number, nouns)
    fitting = _noun_with(ending, nouns)
    if ending == "м" and "loct" in cases_before(found.string, found.start()):
        case = "loct"  # "в 1-м", but "пришёл 1-м"
    if fitting and fitting.case:
        case, gender = fitting.case, fitting.gender or gender
        plural = fitting.plural
    return ordinal(number, case, gender, plural)


def _all_plural(nouns: tuple[Form, ...]) -> bool:
    return all(noun.plural for noun in nouns)


def _is_plural(number: int, nouns: tuple[Form, ...]) -> bool:
    """ "90-е годы", "1990-е"; but "1-е число"."""
    if number % 10 == 0 and number >= 1000:
        return True
    return nouns[0].plural if nouns else number % 10 == 0 and number < 100


def _noun_with(ending: str, nouns: tuple[Form, ...]) -> Form | None:
    """The reading of the noun that the ending agrees with, where the ending alone is unclear."""
    if ending == "й":
        return next((f for f in nouns if f.gender == "femn" and not f.plural), None)
    if ending in ("м", "ым", "ом"):
        wanted = ("loct", "ablt") if ending == "м" else ("ablt",) if ending == "ым" else ("loct",)
        singular = (f for f in nouns if not f.plural and f.case in wanted)
        plural = (f for f in nouns if f.plural and f.case == "datv" and ending != "ом")
        return next(singular, None) or next(plural, None)
    return None


def _before_letters(found: re.Match[str]) -> str:
    """ "152-ФЗ" is a number and letters."""
    return cardinal(int(found.group(1))) + " "


def _compound(found: re.Match[str]) -> str:
    """ "24-часовой" is one word: "двадцатичетырёхчасовой"."""
    whole, tenths, rest = found.groups()
    if found.start() and found.string[found.start() - 1].isalpha():  # "MP3-плеер"
        return f"{cardinal(int(whole))} {rest}"
    if not tenths:
        return compound_prefix(int(whole)) + rest
    if tenths == "5":
        halves = {"0": "полу", "1": "полутора"}.get(whole)
        return halves + rest if halves else f"{cardinal(int(whole), 'gent')} с половиной {rest}"
    return f"{decimal(int(whole), tenths, 'gent')} {rest}"


def _percent(found: re.Match[str]) -> str:
    """ "10%-ная скидка"."""
    return f"{compound_prefix(int(found.group(1)))}процент{found.group(2)}"
