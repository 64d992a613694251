"""Units of measure and money: their signs, their nouns, and a number with its unit in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from russian.grammar.agreement import count, noun_for
from russian.grammar.morphology import Case, gender_of, inflect
from russian.grammar.numerals import LONGEST, cardinal, is_few, is_one, number_words
from russian.grammar.tables import rows

_TABLE = Path(__file__).with_name("units.tsv")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's noun, with an adjective before it or not.

    `counted` is the short genitive plural of "десять мегабит"; `tail` follows the noun.
    """

    noun: str
    counted: str = ""
    tail: str = ""


def _units() -> Iterator[tuple[str, Unit]]:
    for noun, counted, tail, signs in rows(_TABLE, 4):
        yield from ((sign, Unit(noun, counted, tail)) for sign in signs.split(", "))


UNITS: dict[str, Unit] = dict(_units())
# Times after "/": "5 км/ч". Any other unit may stand there, too, and is said with "на" or "за".
TIMES = {
    "с": "секунду", "сек": "секунду", "мин": "минуту", "ч": "час", "час": "час", "s": "секунду",
    "сут": "сутки", "день": "день", "дн": "день", "нед": "неделю", "мес": "месяц",
    "месяц": "месяц", "год": "год", "г": "год",
}  # fmt: skip
_SCALE_NOUNS = frozenset(("тысяча", "миллион", "миллиард", "триллион"))
SCALES = ("тыс", "млн", "млрд", "трлн")
# A currency and its hundredth part.
_CENTS = {
    "рубль": "копейка", "доллар": "цент", "евро": "цент", "фунт": "пенс", "юань": "фэнь",
    "гривна": "копейка", "тенге": "тиын", "рупия": "пайса", "франк": "сантим",
}  # fmt: skip
CENTS = {sign: _CENTS[unit.noun] for sign, unit in UNITS.items() if unit.noun in _CENTS}
_SINGULAR: dict[Case, tuple[str, str]] = {
    "nomn": ("ый", "ая"), "accs": ("ый", "ую"), "gent": ("ого", "ой"), "datv": ("ому", "ой"),
    "ablt": ("ым", "ой"), "loct": ("ом", "ой"),
}  # fmt: skip
_PLURAL: dict[Case, str] = {
    "nomn": "ых", "accs": "ых", "gent": "ых", "datv": "ым", "ablt": "ыми", "loct": "ых",
}  # fmt: skip


def measure(number: str, unit: Unit, case: Case) -> str:
    """A written number with its unit in words; after a decimal the unit is genitive singular."""
    whole, _, fraction = number.replace(" ", "").replace(",", ".").partition(".")
    adjective, _, noun = unit.noun.rpartition(" ")
    tail = f" {unit.tail}" if unit.tail else ""
    if not fraction.strip("0") and len(whole) <= LONGEST:
        words, _, counted = count(int(whole), noun, case, unit.counted).rpartition(" ")
        plural = not is_one(int(whole))
        if adjective.endswith("ая") and is_few(int(whole)) and case in ("nomn", "accs"):
            return f"{words} {adjective[:-2]}ые {counted}{tail}"  # "две столовые ложки"
        return f"{words} {_adjective(adjective, case, plural)}{counted}{tail}"
    one = f"{_adjective(adjective, 'gent', False)}{inflect(noun, 'gent', False)}{tail}"
    if (whole, fraction) == ("1", "5"):
        if case not in ("nomn", "accs"):
            many = noun_for(2, noun, case, unit.counted)
            return f"полутора {_adjective(adjective, case, True)}{many}{tail}"
        return ("полторы " if gender_of(noun) == "femn" else "полтора ") + one
    if fraction == "5" and whole != "0" and noun in _SCALE_NOUNS and case in ("nomn", "accs"):
        return f"{cardinal(int(whole), case, gender_of(noun))} с половиной {one}"
    return f"{number_words(number, case)} {one}"


def many_of(unit: Unit) -> str:
    """The unit after "тысяча" or "миллион": "рублей", "квадратных метров"."""
    return measure("1000", unit, "nomn").partition(" ")[2]


def part(fraction: str, unit: Unit) -> str:
    """A vulgar fraction in words with its unit: "одна вторая столовой ложки"."""
    adjective, _, noun = unit.noun.rpartition(" ")
    return f"{fraction} {_adjective(adjective, 'gent', False)}{inflect(noun, 'gent', False)}"


def per(sign: str, many: str, money: bool) -> str:
    """What follows "/" in words: "в секунду", "за килограмм", "на сто километров"."""
    if sign in TIMES and not many:
        return f"в {TIMES[sign]}"
    unit = UNITS[sign]
    adjective, _, noun = unit.noun.rpartition(" ")
    one = f"{_adjective(adjective, 'accs', False)}{inflect(noun, 'accs', False)} {unit.tail}"
    return ("за " if money else "на ") + (measure(many, unit, "accs") if many else one.strip())


def _adjective(dictionary_form: str, case: Case, plural: bool) -> str:
    """ "квадратный " before a counted noun: "квадратных ", "квадратному "."""
    if not dictionary_form:
        return ""
    stem = dictionary_form[:-2]
    ending = _PLURAL[case] if plural else _SINGULAR[case][dictionary_form.endswith("ая")]
    if ending[0] == "ы" and stem[-1] in "кгхжшщч":
        ending = "и" + ending[1:]
    if ending[0] == "о" and stem[-1] in "жшщч":
        ending = "е" + ending[1:]
    return f"{stem}{ending} "
