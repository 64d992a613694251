"""Spoken amounts to figures: decimals, money, percent, measures, and ranges of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from russian.grammar.tables import listed
from russian.writing.reading import Number, Rewriting, Token, numeral, read_number, text_at
from russian.writing.unitwords import SIGNS, unit_words

_PER = {"секунду": "/с", "час": "/ч", "минуту": "/мин", "месяц": "/мес."}
_SCALES = (("тысяч", "тыс."), ("миллион", "млн"), ("миллиард", "млрд"))
_WHOLES = frozenset(listed("целый целая целых целые целой целым целыми целую"))
_HALVES = frozenset(("полтора", "полторы", "полутора"))
# "три четверти", "две трети", "одну треть".
_PARTS = {"четверть": 4, "четверти": 4, "треть": 3, "трети": 3}
_FEMININE = frozenset(("одна", "одной", "одну", "две"))
_MASCULINE = frozenset(("один", "одного", "одному", "одним", "одном", "одно", "два"))
_BETWEEN = frozenset(("до", "-", "—", "–"))
_FROM = frozenset(("с", "со", "от"))
_CENTS = {"рубль": "копейка", "доллар": "цент", "евро": "цент"}
# Of several words: the first word of a unit decides, the others must follow it.
_MERCURY = ["ртутного", "столба"]
_MONEY = frozenset(("рубль", "доллар", "евро"))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as figures; `last` is the first token after it."""

    figures: str
    value: int
    last: int


def quantity(words: Sequence[Token], first: int) -> Rewriting | None:
    """A number with its unit, a range, or a decimal by itself."""
    amount = _amount(words, first)
    if amount is None:
        return None
    whole = _vulgar(words, first) or _with_unit(words, amount)
    if whole:
        return whole
    between = text_at(words, amount.last)
    if between in _BETWEEN:
        spanned = first > 0 and between == "до" and words[first - 1].text in _FROM
        return _range(words, amount, between, spanned)
    if between == "дробь":
        return _fraction(words, amount)
    if any(sign in amount.figures for sign in ",-/"):
        return amount.last, amount.figures
    return _close_range(words, amount)


def _vulgar(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "одна вторая", "три четверти", "две третьих" as fractions; "пять десятых" is 0,5."""
    over = read_number(words, first)
    if over is None or (over.ending and over.last - first == 1):
        return None
    tenths = decimal_part(words, first)
    if tenths:
        digits, last = tenths
        found = _with_unit(words, Amount(f"0,{digits}", 0, last))
        return found or (last, f"0,{digits}")
    part = _PARTS.get(text_at(words, over.last))
    if part and over.value in (1, part - 1):
        return over.last + 1, f"{over.value}/{part}"
    under = read_number(words, over.last)
    if under is None or not under.ending or over.ending or not over.value < under.value <= 100:
        return None
    feminine = words[over.last - 1].text in _FEMININE
    masculine = words[over.last - 1].text in _MASCULINE
    fits = (
        under.ending in ("я", "й", "ю")
        if feminine and over.value == 1
        else under.ending in ("х", "м", "ми")
    )
    return (under.last, f"{over.value}/{under.value}") if fits and not masculine else None


def grouped(number: int) -> str:
    """Figures in groups of three from five digits on, as Russian typography has it."""
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)


def _fraction(words: Sequence[Token], over: Amount) -> Rewriting | None:
    """ "дом пять дробь один" is 5/1."""
    under = _amount(words, over.last + 1)
    return (under.last, f"{over.figures}/{under.figures}") if under else None


def _range(words: Sequence[Token], low: Amount, between: str, spanned: bool) -> Rewriting | None:
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


def _close_range(words: Sequence[Token], low: Amount) -> Rewriting | None:
    """ "пять семь дней" is 5-7 дней; "тариф сто двести рублей" is two numbers."""
    high = _amount(words, low.last)
    if high is None or not low.value < high.value <= 2 * low.value + 1:
        return None
    people = text_at(words, high.last) == "человек"
    if not people and _unit(words, high.last) in (None, *_MONEY):
        return None
    last, written = _with_unit(words, high) or (high.last, high.figures)
    return last, f"{low.figures}-{written}"


def _amount(words: Sequence[Token], first: int) -> Amount | None:
    """The number at `first`, with its sign."""
    if text_at(words, first) == "минус" and not _subtracts(words, first):
        below = _positive(words, first + 1)
        return below and replace(below, figures=f"-{below.figures}")
    return _positive(words, first)


def _positive(words: Sequence[Token], first: int) -> Amount | None:
    """A number with "целых", "с половиной" or "полтора"."""
    if text_at(words, first) in _HALVES:
        return _scaled(words, Amount("1,5", 1, first + 1))
    number = read_number(words, first)
    if number is None or number.ending:
        return None
    if text_at(words, number.last) in _WHOLES:
        part = number.last + 1 + (text_at(words, number.last + 1) == "и")
        return _decimal(words, number.value, part) or _mixed(words, number.value, part)
    if [text_at(words, number.last + i) for i in (0, 1)] == ["с", "половиной"]:
        return _scaled(words, Amount(f"{number.value},5", number.value, number.last + 2))
    if text_at(words, number.last) == "и":
        return (
            _decimal(words, number.value, number.last + 1)
            or _temperature(words, number)
            or Amount(grouped(number.value), number.value, number.last)
        )
    return Amount(grouped(number.value), number.value, number.last)


def _subtracts(words: Sequence[Token], first: int) -> bool:
    """Whether "минус" stands between two numbers, or after "плюс"."""
    return text_at(words, first + 1) == "минус" or (
        first > 0
        and (
            words[first - 1].text == "плюс"
            or words[first - 1].text.isdigit()
            or numeral(words[first - 1]) is not None
        )
    )


def _mixed(words: Sequence[Token], whole: int, first: int) -> Amount | None:
    """ "две целых | одна треть" is 2 1/3."""
    part = _vulgar(words, first)
    return Amount(f"{whole} {part[1]}", whole, part[0]) if part and "/" in part[1] else None


def _decimal(words: Sequence[Token], whole: int, first: int) -> Amount | None:
    """ "две целых | пять десятых": the last word is an ordinal, the place."""
    part = decimal_part(words, first)
    if part is None:
        return None
    digits, last = part
    return _scaled(words, Amount(f"{whole},{digits}", whole, last))


def decimal_part(words: Sequence[Token], first: int) -> tuple[str, int] | None:
    """ "двадцать пять сотых" is "25", "пять тысячных" is "005"; and the token after it."""
    part = read_number(words, first)
    if part is None:
        return None
    if part.ending and part.value >= 1000 and part.last - first > 1:  # "пять тысячных", one number
        thousandths = numeral(words[part.last - 1])
        place = thousandths.value if thousandths else 0
        value, last = (part.value // place if place else 0), part.last
    else:
        named = read_number(words, part.last)
        if part.ending or named is None or not named.ending:
            return None
        place, value, last = named.value, part.value, named.last
    digits = str(place)
    if digits.strip("0") != "1" or place < 10 or value >= place:
        return None
    return f"{value:0{len(digits) - 1}d}", last


def _temperature(words: Sequence[Token], number: Number) -> Amount | None:
    """ "тридцать шесть и шесть" of a thermometer."""
    tenths = read_number(words, number.last + 1)
    if not 35 <= number.value <= 42 or tenths is None or not 0 < tenths.value < 10 or tenths.ending:
        return None
    return Amount(f"{number.value},{tenths.value}", number.value, tenths.last)


def _scaled(words: Sequence[Token], amount: Amount) -> Amount:
    """ "полтора миллиона" keeps its scale, abbreviated."""
    if text_at(words, amount.last).startswith("тысяч") and amount.figures.endswith(",5"):
        value = amount.value * 1000 + 500
        return Amount(grouped(value), value, amount.last + 1)
    for stem, short in _SCALES:
        if text_at(words, amount.last).startswith(stem):
            return Amount(f"{amount.figures} {short}", 10**6, amount.last + 1)
    return amount


def _with_unit(words: Sequence[Token], amount: Amount) -> Rewriting | None:
    unit, last = _long_unit(words, amount.last)
    if unit is None:
        return None
    cents = read_number(words, last) if unit in _CENTS else None
    if cents and cents.value < 100 and _unit(words, cents.last) == _CENTS[unit]:
        return cents.last + 1, f"{amount.figures},{cents.value:02d}{SIGNS[unit]}"
    if unit == "градус" and text_at(words, last) == "цельсия":
        return last + 1, f"{amount.figures} °C"
    if unit == "миллиметр" and [text_at(words, last + i) for i in (0, 1)] == _MERCURY:
        return last + 2, f"{amount.figures} мм рт. ст."
    if unit not in SIGNS:
        return amount.last, amount.figures
    per = _PER.get(text_at(words, last + 1)) if text_at(words, last) == "в" else None
    return (last + 2, amount.figures + SIGNS[unit] + per) if per else (
        last, amount.figures + SIGNS[unit]
    )  # fmt: skip


def _long_unit(words: Sequence[Token], first: int) -> tuple[str | None, int]:
    """The unit at a place, of one word or more, and the token after it."""
    position = first + 1 + (text_at(words, first + 1) == "-")
    unit = unit_words().get(f"{text_at(words, first)} {text_at(words, position)}")
    return (unit, position + 1) if unit else (_unit(words, first), first + 1)


def _unit(words: Sequence[Token], position: int) -> str | None:
    return unit_words().get(text_at(words, position))
