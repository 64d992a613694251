"""Numbers as Russian words, in any case and gender, over num2words.

Knows numerals only; which case a sentence asks for is decided in agreement.py.
"""

from functools import cache, lru_cache
from typing import Any

from russian.grammar.morphology import Case, Gender, inflect

_CASE = {"nomn": "n", "gent": "g", "datv": "d", "accs": "a", "ablt": "i", "loct": "p"}
_GENDER = {"masc": "m", "femn": "f", "neut": "n"}
_ZERO: dict[Case, str] = {
    "nomn": "ноль", "accs": "ноль", "gent": "нуля", "datv": "нулю", "ablt": "нулём", "loct": "нуле",
}  # fmt: skip
_WHOLES: dict[Case, tuple[str, str]] = {
    "nomn": ("целая", "целых"), "accs": ("целую", "целых"), "gent": ("целой", "целых"),
    "datv": ("целой", "целым"), "ablt": ("целой", "целыми"), "loct": ("целой", "целых"),
}  # fmt: skip
LONGEST = 15  # digits; a longer number is a code and is read digit by digit


@cache
def _engine() -> Any:
    from num2words.lang_RU import Num2Word_RU

    return Num2Word_RU()


@lru_cache(maxsize=20_000)
def cardinal(
    number: int, case: Case = "nomn", gender: Gender = "masc", animate: bool = False
) -> str:
    """`number` (0 to 10^15) in words: "двадцать одна", "двумястами"."""
    if number == 0:
        return _ZERO[case]
    # num2words gives millions the gender of the counted thing ("две миллиона"); they are masculine.
    millions, rest = divmod(number, 1_000_000)
    words = []
    if millions:
        words.append(_cardinal(millions * 1_000_000, case, "masc", False))
    if rest:
        words.append(_cardinal(rest, case, gender, animate and (rest < 5 or rest % 10 == 1)))
    text = " ".join(words)
    # "тысяча двести", as people say it, and not the bank's "одна тысяча двести".
    return text.split(" ", 1)[1] if 1000 < number < 2000 else text


def _cardinal(number: int, case: Case, gender: Gender, animate: bool) -> str:
    return str(
        _engine().to_cardinal(number, case=_CASE[case], gender=_GENDER[gender], animate=animate)
    )


@lru_cache(maxsize=20_000)
def ordinal(number: int, case: Case = "nomn", gender: Gender = "masc", plural: bool = False) -> str:
    """`number` as an ordinal: "двадцать первого", "тысяча девятьсот девяностые"."""
    # Only the last word of an ordinal is one; num2words errs at 20 001 ("двадцатая тысяч первый").
    last = number if number % 1000 == 0 else number % 100 if number % 100 else number % 1000
    if 20 < last < 100 and last % 10:
        last %= 10
    words = [cardinal(number - last)] if number > last else []
    if number - last == 1000:
        words = ["тысяча"]
    words.append(
        str(
            _engine().to_ordinal(
                last, case=_CASE[case], gender=_GENDER[gender], plural=plural, animate=False
            )
        )
    )
    return " ".join(words)


@lru_cache(maxsize=5_000)
def decimal(whole: int, fraction: str, case: Case = "nomn") -> str:
    """A decimal fraction: decimal(2, "5") is "две целых пять десятых"; 1 to 6 places."""
    part = int(fraction)
    one, many = _WHOLES[case]
    place = _engine().to_ordinal(
        10 ** len(fraction),
        case=_CASE[case if is_one(part) else ("gent" if case in ("nomn", "accs") else case)],
        gender="f",
        plural=not is_one(part),
        animate=False,
    )
    return " ".join(
        (
            cardinal(whole, case, "femn"),
            one if is_one(whole) else many,
            cardinal(part, case, "femn"),
            str(place),
        )
    )


def is_one(number: int) -> bool:
    """Whether the counted noun stands in the singular: 1, 21, 101, but not 11."""
    return number % 10 == 1 and number % 100 != 11


def is_few(number: int) -> bool:
    """Whether the counted noun stands in the genitive singular: 2 to 4, 22, but not 12."""
    return number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)


def spelled(digits: str) -> str:
    """Digit by digit: "ноль четыре два"."""
    return " ".join(cardinal(int(digit)) for digit in digits)


def number_words(written: str, case: Case, gender: Gender = "masc") -> str:
    """A written integer or decimal in words, in a case."""
    whole, _, fraction = written.replace(" ", "").replace(",", ".").partition(".")
    if len(whole) > LONGEST:
        return spelled(whole + fraction)
    if fraction:
        return decimal(int(whole), fraction, case)
    if whole == "1000":
        return inflect("тысяча", case, False)
    return cardinal(int(whole), case, gender)


@lru_cache(maxsize=5_000)
def compound_prefix(number: int) -> str:
    """The first part of "двадцатичетырёхчасовой", "стопроцентный": genitives in one word."""
    words = cardinal(number, "gent").removeprefix("одной ").split()
    kept = {"ста": "сто", "девяноста": "девяносто", "тысячи": "тысяче", "одного": "одно"}
    return "".join(kept.get(word, word) for word in words)
