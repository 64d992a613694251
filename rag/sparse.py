"""Sparse vectors of Russian lemmas: BM25 without its inverse document frequency.

Knows term frequencies and hashing; the index multiplies by IDF when it is asked (Qdrant's
`Modifier.IDF`), so that adding a document changes no other document's vector.
"""

import zlib
from collections import Counter
from collections.abc import Iterable

from rag.index import Sparse
from russian.lemmas import lemmas

VERSION = 1
"""Raise it when anything here changes a vector: indexes are then built anew."""

K1 = 1.2
B = 0.75
AVERAGE_TERMS = 40
"""BM25's average length, fixed so that a vector depends on its own text only: a passage with
its title and headings has 30 of help pages, 60 of running text."""


def terms(text: str) -> list[str]:
    """What a text is compared by: its content lemmas, repeated as often as they occur."""
    return lemmas(text)


def index_of(term: str) -> int:
    """The term's dimension: CRC-32, the same in every process and version of Python.

    Among 100,000 distinct terms one pair in all is expected to collide.
    """
    return zlib.crc32(term.encode())


def document_vector(text: str) -> Sparse:
    """BM25 weights of a passage: tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average))."""
    counts = Counter(map(index_of, terms(text)))
    norm = K1 * (1 - B + B * counts.total() / AVERAGE_TERMS)
    return _sparse((index, tf * (K1 + 1) / (tf + norm)) for index, tf in counts.items())


def query_vector(text: str) -> Sparse:
    """Each distinct term once: a word said twice is no more wanted."""
    return _sparse((index, 1.0) for index in set(map(index_of, terms(text))))


def _sparse(weights: Iterable[tuple[int, float]]) -> Sparse:
    ordered = sorted(weights)
    return Sparse(tuple(index for index, _ in ordered), tuple(weight for _, weight in ordered))
