"""Spoken amounts to figures: decimals, money, percent, measures, and ranges of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from russian.morphology import CASES, inflect
from russian.reading import Found, Token, fold, read_number, text_at
from russian.tables import listed
from russian.units import UNITS

# Units written as a sign; "час" and the like keep their word, and only the number is a figure.
_SIGNS = {
    "рубль": " ₽", "процент": "%", "доллар": " $", "евро": " €", "килобит": " Кбит",
    "мегабит": " Мбит", "гигабит": " Гбит", "килобайт": " КБ", "мегабайт": " МБ",
    "гигабайт": " ГБ", "терабайт": " ТБ", "метр": " м", "километр": " км", "сантиметр": " см",
    "миллиметр": " мм", "килограмм": " кг", "киловатт": " кВт", "герц": " Гц",
    "мегагерц": " МГц", "гигагерц": " ГГц",
}  # fmt: skip
_WORDS = listed(
    "час минута секунда день сутки неделя месяц год раз градус штука копейка цент утро вечер ночь"
)
_PER = {"секунду": "/с", "час": "/ч", "минуту": "/мин", "месяц": "/мес."}
_SCALES = (("тысяч", "тыс."), ("миллион", "млн"), ("миллиард", "млрд"))
_WHOLES = frozenset(listed("целая целых целые целой целым целыми целую"))
_HALVES = frozenset(("полтора", "полторы", "полутора"))
_BETWEEN = frozenset(("до", "-", "—", "–"))
_FROM = frozenset(("с", "со", "от"))
_CENTS = {"рубль": "копейка", "доллар": "цент", "евро": "цент"}
_MONEY = frozenset(("рубль", "доллар", "евро"))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as figures; `last` is the first token after it."""

    figures: str
    value: int
    last: int


def quantity(words: Sequence[Token], first: int) -> Found | None:
    """A number with its unit, a range, or a decimal by itself."""
    amount = _amount(words, first)
    if amount is None:
        return None
    measured = _with_unit(words, amount)
    if measured:
        return measured
    between = text_at(words, amount.last)
    if between in _BETWEEN:
        spanned = first > 0 and between == "до" and words[first - 1].text in _FROM
        return _range(words, amount, between, spanned)
    if between == "дробь":
        return _fraction(words, amount)
    if "," in amount.figures:
        return amount.last, amount.figures
    return _close_range(words, amount)


def grouped(number: int) -> str:
    """Figures in groups of three from five digits on, as Russian typography has it."""
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)


def _fraction(words: Sequence[Token], over: Amount) -> Found | None:
    """ "дом пять дробь один" is 5/1."""
    under = _amount(words, over.last + 1)
    return (under.last, f"{over.figures}/{under.figures}") if under else None


def _range(words: Sequence[Token], low: Amount, between: str, spanned: bool) -> Found | None:
    """ "от трёх до пяти": figures, where a unit, "с" or "от", or a larger number shows a span."""
    high = _amount(words, low.last + 1)
    if high is None:
        return None
    measured = _with_unit(words, high)
    if measured is None and not spanned and max(low.value, high.value) < 10:
        return None
    last, written = measured or (high.last, high.figures)
    joint = f" {between} " if between != "-" else "-"
    return last, f"{low.figures}{joint}{written}"


def _close_range(words: Sequence[Token], low: Amount) -> Found | None:
    """ "пять семь дней" is 5-7 дней; "тариф сто двести рублей" is two numbers."""
    high = _amount(words, low.last)
    if high is None or not low.value < high.value <= 2 * low.value + 1:
        return None
    if _unit(words, high.last) in (None, *_MONEY):
        return None
    last, written = _with_unit(words, high) or (high.last, high.figures)
    return last, f"{low.figures}-{written}"


def _amount(words: Sequence[Token], first: int) -> Amount | None:
    """The number at `first`, with "целых", "с половиной" or "полтора"."""
    if text_at(words, first) in _HALVES:
        return _scaled(words, Amount("1,5", 1, first + 1))
    number = read_number(words, first)
    if number is None or number.ending:
        return None
    if text_at(words, number.last) in _WHOLES:
        return _decimal(words, number.value, number.last + 1)
    if [text_at(words, number.last + i) for i in (0, 1)] == ["с", "половиной"]:
        return _scaled(words, Amount(f"{number.value},5", number.value, number.last + 2))
    return Amount(grouped(number.value), number.value, number.last)


def _decimal(words: Sequence[Token], whole: int, first: int) -> Amount | None:
    """ "две целых | пять десятых": the last word is an ordinal, the place."""
    part = read_number(words, first)
    place = read_number(words, part.last) if part else None
    if part is None or place is None or part.ending or not place.ending:
        return None
    digits = str(place.value)
    if digits.strip("0") != "1" or place.value < 10:
        return None
    figures = f"{whole},{part.value:0{len(digits) - 1}d}"
    return _scaled(words, Amount(figures, whole, place.last))


def _scaled(words: Sequence[Token], amount: Amount) -> Amount:
    """ "полтора миллиона" keeps its scale, abbreviated."""
    for stem, short in _SCALES:
        if text_at(words, amount.last).startswith(stem):
            return Amount(f"{amount.figures} {short}", 10**6, amount.last + 1)
    return amount


def _with_unit(words: Sequence[Token], amount: Amount) -> Found | None:
    unit = _unit(words, amount.last)
    last = amount.last + 1
    if unit is None:
        return None
    cents = read_number(words, last) if unit in _CENTS else None
    if cents and cents.value < 100 and _unit(words, cents.last) == _CENTS[unit]:
        return cents.last + 1, f"{amount.figures},{cents.value:02d}{_SIGNS[unit]}"
    if unit == "градус" and text_at(words, last) == "цельсия":
        return last + 1, f"{amount.figures} °C"
    if unit not in _SIGNS:
        return amount.last, amount.figures
    per = _PER.get(text_at(words, last + 1)) if text_at(words, last) == "в" else None
    return (last + 2, amount.figures + _SIGNS[unit] + per) if per else (
        last, amount.figures + _SIGNS[unit]
    )  # fmt: skip


def _unit(words: Sequence[Token], position: int) -> str | None:
    return unit_words().get(text_at(words, position))


@cache
def unit_words() -> dict[str, str]:
    """Every form of every unit's noun, folded, to the noun."""
    found: dict[str, str] = {}
    for noun in (*_SIGNS, *_WORDS):
        for case in CASES:
            for plural in (False, True):
                found[fold(inflect(noun, case, plural))] = noun
    found |= {fold(unit.counted): unit.noun for unit in UNITS.values() if unit.noun in _SIGNS}
    found |= {"лет": "год", "раза": "раз"}
    return {word: noun for word, noun in found.items() if word}
