"""Sparse vectors of Russian text: BM25 over lemmas and over pieces of words, without the IDF.

Knows term frequencies and hashing; the index multiplies by the inverse document frequency when
it is asked (Qdrant's `Modifier.IDF`), so that adding a document changes no other document's
vector. docs/decisions/0003-lemmas-and-pieces-of-words.md says how the numbers were chosen.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rag.retrieval.index import Sparse
from russian.grammar.tables import listed
from russian.lemmas import lemmas
from russian.spelling import fold

VERSION = 2
"""Raise it when anything here changes a vector: indexes are then built anew."""

K1 = 1.2
B_TERMS = 0.75
B_GRAMS = 0.6
AVERAGE_TERMS = 40
AVERAGE_GRAMS = 240
"""BM25's average lengths, fixed so that a vector depends on its own text only: a passage with
its title and headings has 30 terms of help pages, 60 of running text; a word six pieces."""

NGRAM = 4
"""Letters in a piece of a word, its edges counted: «сеть» is ^сет, сеть, еть$."""

GRAMS_WEIGHT = 2.0
"""What all pieces of a word may count against its lemma; see `query_vector`."""

ASKING = frozenset(
    listed(
        """сколько почему зачем куда откуда где когда какой который кто что чей чем значить
        называться являться рассказать объяснить узнать интересовать подробный подробно про скок"""
    )
)
"""Lemmas that ask. No passage has to repeat them in order to answer."""

_WORD = re.compile(r"[a-zа-я0-9]+")


def terms(text: str) -> list[str]:
    """What a text is compared by: its content lemmas, repeated as often as they occur."""
    return list(_terms(text))


@lru_cache(maxsize=2_000)
def _terms(text: str) -> tuple[str, ...]:
    # An answer looks at its passages several times, and callers ask about the same ones.
    return tuple(lemmas(text))


def words(text: str) -> list[str]:
    """All words as they are spelt, lower case, ё as е."""
    return _WORD.findall(fold(text))


def query_terms(text: str) -> list[str]:
    """A question's terms without the words that ask; a question of nothing else keeps them."""
    said = terms(text)
    return [term for term in said if term not in ASKING] or said


def index_of(term: str) -> int:
    """The term's dimension: CRC-32, the same in every process and version of Python.

    Among 100,000 distinct terms one pair in all is expected to collide.
    """
    return zlib.crc32(term.encode())


def document_vector(text: str) -> Sparse:
    """BM25 weights of a passage: tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average))."""
    said = Counter(map(index_of, terms(text)))
    char_ngrams = Counter(piece for word in _content(text) for piece in _pieces(word))
    weights = dict(_saturated(said, B_TERMS, AVERAGE_TERMS))
    weights.update(_saturated(char_ngrams, B_GRAMS, AVERAGE_GRAMS))
    return _sparse(weights.items())


def query_vector(text: str) -> Sparse:
    """Each distinct lemma counts once, and each of the n pieces of a word 2 / sqrt(n).

    A misheard or unknown word still shares most of its pieces with the right one. Were a piece
    to count in full, long words would drown the short.
    """
    weights = dict.fromkeys(map(index_of, query_terms(text)), 1.0)
    for word in set(_content(text, asked=True)):
        char_ngrams = set(_pieces(word))
        for piece in char_ngrams:
            weights[piece] = weights.get(piece, 0.0) + GRAMS_WEIGHT / len(char_ngrams) ** 0.5
    return _sparse(weights.items())


def char_ngrams(text: str, *, asked: bool = False) -> set[int]:
    """The pieces of a text's content words; with `asked`, of those that do not ask."""
    return {piece for word in _content(text, asked=asked) for piece in _pieces(word)}


def _content(text: str, *, asked: bool = False) -> Iterator[str]:
    """The content words as they are spelt."""
    for word in words(text):
        found = lemmas_of(word)
        if found and not (asked and ASKING.issuperset(found)):
            yield word


@lru_cache(maxsize=50_000)
def lemmas_of(word: str) -> tuple[str, ...]:
    """The terms of one word."""
    return tuple(lemmas(word))


@lru_cache(maxsize=50_000)
def _pieces(word: str) -> tuple[int, ...]:
    edged = f"^{word}$"
    found = (edged[start : start + NGRAM] for start in range(max(1, len(edged) - NGRAM + 1)))
    return tuple(index_of(f"piece {piece}") for piece in found)


def _saturated(counts: Counter[int], b: float, average: int) -> Iterator[tuple[int, float]]:
    norm = K1 * (1 - b + b * counts.total() / average)
    return ((index, tf * (K1 + 1) / (tf + norm)) for index, tf in counts.items())


def _sparse(weights: Iterable[tuple[int, float]]) -> Sparse:
    ordered = sorted(weights)
    return Sparse(tuple(index for index, _ in ordered), tuple(weight for _, weight in ordered))
