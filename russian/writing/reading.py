"""Numerals read back from words: the reverse of numerals.py, over a lexicon made by it.

Knows which words are numerals and how they join into one number; not what is counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from russian.grammar.morphology import CASES
from russian.grammar.numerals import cardinal, ordinal
from russian.spelling import fold

NumberKind = Literal["digit", "teen", "ten", "hundred", "scale", "zero"]
_SCALES = {"тысяч": 1000, "миллион": 10**6, "миллиард": 10**9, "триллион": 10**12}
# After the last vowel or its consonant: how an ordinal's ending is written after digits.
_ENDINGS = (
    ("ыми", "ми"), ("ьими", "ми"), ("ого", "го"), ("ьего", "го"), ("ому", "му"), ("ьему", "му"),
    ("ый", "й"), ("ий", "й"), ("ой", "й"), ("ая", "я"), ("ья", "я"), ("ую", "ю"), ("ью", "ю"),
    ("ое", "е"), ("ье", "е"), ("ые", "е"), ("ьи", "и"), ("ых", "х"), ("ьих", "х"), ("ым", "м"),
    ("ьим", "м"), ("ом", "м"), ("ьем", "м"), ("ьей", "й"),
)  # fmt: skip
# "тысяч пять" is about five thousand, and no number to write.
_ABOUT = frozenset(("тысяч", "миллионов", "миллиардов"))
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
    kind: NumberKind
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number said in tokens[first:last]."""

    value: int
    first: int
    last: int
    ending: str = ""


# The first token after a rewritten piece, and the piece as written.
Rewriting = tuple[int, str]


def tokens(text: str) -> list[Token]:
    """Words, digits and signs of a text with their places."""
    return [
        # A mark alone is a sign, and stays.
        Token(fold(found.group()) or found.group(), found.start(), found.end())
        for found in _TOKEN.finditer(text)
    ]


def text_at(words: Sequence[Token], position: int) -> str:
    """The word at a position, or "" past the end."""
    return words[position].text if position < len(words) else ""


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
    found |= {word: Numeral(1000, "scale") for word in ("тыща", "тыщи", "тыщу", "тыщ")}
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
    }


def _ordinal_words(number: int) -> set[str]:
    return {
        ordinal(number, case, gender, plural)
        for case in CASES
        for gender in ("masc", "femn", "neut")
        for plural in (False, True)
    }


def _kind(number: int) -> NumberKind:
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


def read_number(words: Sequence[Token], first: int) -> Number | None:
    """The longest number said from words[first] on, or None; an ordinal word ends it."""
    item = numeral(words[first]) if first < len(words) else None
    if item is None or words[first].text in _ABOUT:
        return None
    if item.kind == "zero":
        return Number(0, first, first + 1, item.ending)
    sum_ = _Sum()
    position = first
    while item is not None and sum_.take(item):
        position += 1
        if item.ending or position == len(words):
            break
        adjacent = words[position].start == words[position - 1].end + 1
        item = numeral(words[position]) if adjacent else None
    ending = numeral(words[position - 1])
    return Number(sum_.total + sum_.chunk, first, position, ending.ending if ending else "")


@dataclass(slots=True)
class _Sum:
    """A number as it grows: whole thousands, and the chunk below a thousand that is open."""

    total: int = 0
    chunk: int = 0
    room: int = 1000
    scale_room: int = 10**15

    def take(self, item: Numeral) -> bool:
        """Add a word if the number so far leaves room for it."""
        if item.kind == "scale":
            return self._take_scale(item)
        below = 100 if item.kind == "teen" else item.value + 1
        if item.kind == "zero" or self.room < below:
            return False
        self.chunk += item.value
        self.room = {"hundred": 100, "ten": 10}.get(item.kind, 0)
        return True

    def _take_scale(self, item: Numeral) -> bool:
        """ "тысяч" multiplies the chunk; "двухтысячный" is a number of its own."""
        if item.value not in _SCALES.values():
            if self.chunk or self.total % 1_000_000:
                return False
            self.total += item.value
            return True
        if item.value >= self.scale_room or (self.total and not self.chunk):
            return False
        self.total += (self.chunk or 1) * item.value
        self.chunk, self.room, self.scale_room = 0, 1000, item.value
        return True
