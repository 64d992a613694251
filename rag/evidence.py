"""How much of a question a passage covers, from 0 to 1.

Knows terms and their rarity; knows nothing of where passages come from. An index's scores
only rank: they grow with the question. This share is comparable between questions, so that a
threshold can tell "found" from "the nearest there is".
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag import sparse
from rag.library import Hit

Rarity = Callable[[Sequence[str]], dict[str, float]]

UNKNOWN_IDF = 6.0
"""Weight of a question's word that no passage has: that of one passage among 600. It counts
against every passage, and no more in a large library than in a small one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its terms in order, and the inverse document frequency of each."""

    text: str
    terms: tuple[str, ...]
    weights: dict[str, float]

    def share(self, found: set[str]) -> float:
        """The part of the question's weight that these terms carry."""
        total = math.fsum(self.weights.values())
        covered = math.fsum(weight for term, weight in self.weights.items() if term in found)
        return covered / total if total else 0.0

    def phrases(self, found: Sequence[str]) -> float:
        """The part of the question's neighbouring pairs that are neighbours here, too."""
        wanted = set(pairwise(self.terms))
        return len(wanted & set(pairwise(found))) / len(wanted) if wanted else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage and the share of the question that it and its headings cover."""

    hit: Hit
    coverage: float


def question(text: str, rarity: Rarity) -> Question:
    """Weigh the question's terms by how rare they are among the passages."""
    terms = tuple(sparse.asked_terms(text))
    idf = rarity(list(dict.fromkeys(terms)))
    return Question(text, terms, {term: idf.get(term, UNKNOWN_IDF) for term in terms})


def weigh(asked: Question, hits: Sequence[Hit]) -> list[Evidence]:
    """Best covered first; hits of equal coverage stay in their order."""
    found = [Evidence(hit, asked.share(_terms(hit))) for hit in hits]
    return sorted(found, key=lambda evidence: -evidence.coverage)


def joined(found: Sequence[Evidence]) -> list[Evidence]:
    """Neighbours in a document made one passage, in its order, at the best one's place."""
    kept: list[Evidence] = []
    for one in found:
        near = next((other for other in kept if _neighbours(other, one)), None)
        if near is None:
            kept.append(one)
        else:
            first, second = sorted((near, one), key=lambda evidence: evidence.hit.ordinal)
            hit = replace(near.hit, text=f"{first.hit.text}\n{second.hit.text}")
            kept[kept.index(near)] = replace(near, hit=replace(hit, ordinal=one.hit.ordinal))
    return kept


def _neighbours(one: Evidence, other: Evidence) -> bool:
    same = one.hit.document_id == other.hit.document_id and one.hit.heading == other.hit.heading
    return same and abs(one.hit.ordinal - other.hit.ordinal) == 1


def _terms(hit: Hit) -> set[str]:
    return set(sparse.terms(f"{hit.title}\n{hit.heading}\n{hit.text}"))
