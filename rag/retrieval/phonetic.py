"""Likeness of words to the ear: which word of the documents a misheard word was.

Knows how Russian sounds are confused; knows nothing of scores. A recogniser that does not know
a word writes what it heard: «дамафон», «абаненская», «закрываица».
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import itemgetter

SURE = 0.7
"""How alike the right word must sound to be looked for instead."""

LIKE = 0.6
"""Words with this likeness are taken for one another; unrelated ones rarely reach a half."""

_SOUNDS = str.maketrans(
    "оеэяыйюбвгдзжщ", "аиииииупфкстшш", "ьъ-"
)  # unstressed vowels and voiced consonants by the sounds that they are heard as
_ENDING = re.compile(r"т[ьъ]?с")
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=50_000)
def sounds(word: str) -> str:
    """A rough transcription: what is easily confused becomes one letter."""
    return _DOUBLE.sub(r"\1", _ENDING.sub("ц", word).translate(_SOUNDS))


@lru_cache(maxsize=50_000)
def _pairs(word: str) -> frozenset[str]:
    edged = f"^{sounds(word)}$"
    return frozenset(edged[place : place + 2] for place in range(len(edged) - 1))


def likeness(one: str, other: str) -> float:
    """Dice's coefficient of the pairs of neighbouring sounds, 0 to 1."""
    first, second = _pairs(one), _pairs(other)
    return 2 * len(first & second) / (len(first) + len(second))


def alike(word: str, others: Iterable[str], least: float = LIKE) -> Iterator[tuple[str, float]]:
    """Those of the words that this may have been, with their likeness."""
    for other in others:
        if abs(len(other) - len(word)) <= len(word) // 2:
            reached = likeness(word, other)
            if reached >= least:
                yield other, reached


def likest(word: str, others: Iterable[str]) -> str:
    """The one of the words that this surely was; empty where none is alike enough."""
    return max(alike(word, others, SURE), key=itemgetter(1), default=("", 0.0))[0]
