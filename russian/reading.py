"""Numerals read back from words: the reverse of numerals.py, over a lexicon made by it.

Knows which words are numerals and how they join into one number; not what is counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from russian.morphology import CASES, unstressed
from russian.numerals import cardinal, ordinal

Kind = Literal["digit", "teen", "ten", "hundred", "scale", "zero"]
_ROOM = {"digit": 10, "teen": 100, "ten": 100, "hundred": 1000}  # a slot above takes what is below
_SCALES = {"тысяч": 1000, "миллион": 10**6, "миллиард": 10**9, "триллион": 10**12}
# After the last vowel or its consonant: how an ordinal's ending is written after digits.
_ENDINGS = (
    ("ыми", "ми"), ("ьими", "ми"), ("ого", "го"), ("ьего", "го"), ("ому", "му"), ("ьему", "му"),
    ("ый", "й"), ("ий", "й"), ("ой", "й"), ("ая", "я"), ("ья", "я"), ("ую", "ю"), ("ью", "ю"),
    ("ое", "е"), ("ье", "е"), ("ые", "е"), ("ьи", "и"), ("ых", "х"), ("ьих", "х"), ("ым", "м"),
    ("ьим", "м"), ("ом", "м"), ("ьем", "м"), ("ьей", "й"),
)  # fmt: skip
_TOKEN = re.compile(r"[А-Яа-яЁё+\u0301]+|\d+|[A-Za-z]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a run of digits or one sign; `text` is lower case, with е for ё, no stress."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Numeral:
    """One numeral word; `ending` is an ordinal's ("го"), "" for a cardinal."""

    value: int
    kind: Kind
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number said in tokens[first:last]."""

    value: int
    first: int
    last: int
    ending: str = ""


def tokens(text: str) -> list[Token]:
    """Words, digits and signs of a text with their places."""
    return [
        Token(fold(found.group()), found.start(), found.end()) for found in _TOKEN.finditer(text)
    ]


def fold(word: str) -> str:
    """Lower case, no stress marks, е for ё: how words are compared here."""
    return (unstressed(word) or word).lower().replace("ё", "е")


@cache
def lexicon() -> dict[str, Numeral]:
    """Every numeral word in every form, folded."""
    found: dict[str, Numeral] = {}
    simple = [*range(20), *range(20, 100, 10), *range(100, 1000, 100)]
    for number in simple:
        for word in _ordinal_words(number):
            found[fold(word)] = Numeral(number, _kind(number), _ending(fold(word)))
    for power in (10**3, 10**6, 10**9):
        for word in _ordinal_words(power):
            found[fold(word)] = Numeral(power, "scale", _ending(fold(word)))
    for number in (n * 1000 for n in range(2, 100)):
        for word in _ordinal_words(number):
            found[fold(word)] = Numeral(number, "scale", _ending(fold(word)))
    for number in simple:
        for word in _cardinal_words(number):
            found[fold(word)] = Numeral(number, _kind(number))
    for stem, value in _SCALES.items():
        endings = ("а", "и", "е", "у", "ей", "", "ам", "ами", "ах", "ью")
        if value > 1000:
            endings = ("", "а", "у", "ом", "е", "ы", "ов", "ам", "ами", "ах")
        found |= {stem + ending: Numeral(value, "scale") for ending in endings}
    found |= {
        word: Numeral(0, "zero") for word in ("ноль", "нуль", "ноля", "нолю", "нолем", "ноле")
    }
    return found


def _cardinal_words(number: int) -> set[str]:
    return {
        cardinal(number, case, gender, animate)
        for case in CASES
        for gender in ("masc", "femn", "neut")
        for animate in (False, True)
    }  # type: ignore[misc]


def _ordinal_words(number: int) -> set[str]:
    return {
        ordinal(number, case, gender, plural)
        for case in CASES
        for gender in ("masc", "femn", "neut")
        for plural in (False, True)
    }  # type: ignore[misc]


def _kind(number: int) -> Kind:
    if number == 0:
        return "zero"
    if number < 10:
        return "digit"
    if number < 20:
        return "teen"
    return "ten" if number < 100 else "hundred"


def _ending(word: str) -> str:
    return next(short for long, short in _ENDINGS if word.endswith(long))


def numeral(token: Token) -> Numeral | None:
    """The numeral that a token is, if any."""
    return lexicon().get(token.text)


def read_number(words: Sequence[Token], first: int, spaced: bool = True) -> Number | None:
    """The longest number said from words[first] on, or None."""
    total = chunk = 0
    room, scale_room = 1000, 10**15
    position = first
    ending = ""
    while position < len(words):
        item = numeral(words[position])
        if item is None or (
            position > first and words[position].start != words[position - 1].end + 1
        ):
            break
        if item.kind == "zero":
            return (
                Number(0, first, first + 1, item.ending)
                if position == first
                else _made(total + chunk, first, position, ending)
            )
        if item.kind == "scale":
            if item.ending and item.value >= 2000:
                if total + chunk and (total + chunk) % 1_000_000:
                    break
                total, chunk, ending = total + item.value, 0, item.ending
                position += 1
                break
            if item.value >= scale_room or (chunk == 0 and position > first):
                break
            total, chunk = total + (chunk or 1) * item.value, 0
            room, scale_room = 1000, item.value
        elif item.value >= room or (item.kind == "teen" and room < 100):
            break
        else:
            chunk += item.value
            room = {"hundred": 100, "ten": 10}.get(item.kind, 0)
        position += 1
        if item.ending:
            ending = item.ending
            break
    return _made(total + chunk, first, position, ending) if position > first else None


def _made(value: int, first: int, last: int, ending: str) -> Number:
    return Number(value, first, last, ending)
