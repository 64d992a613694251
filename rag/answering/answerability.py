"""How much of a question a passage covers, and how sure one can be that it answers it.

Knows shares of a question and a fitted regression; knows nothing of where passages come from.
An index's scores only rank: they grow with the question. What is computed here is comparable
between questions, so that a threshold can tell "found" from "the nearest there is".
docs/decisions/0004-when-to-say-i-do-not-know.md has the measurements.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from rag.answering.query import Query, QueryTerm, coverage, full_text
from rag.retrieval import sparse
from rag.retrieval.retriever import Hit
from russian.sentences import sentences

BIAS = -9.22
WEIGHTS = (2.71, 2.53, 1.89, -1.66, 0.78, 1.51)
"""Of `Features`, in order; fitted by `python -m tests.bench.knowing`."""

ENTITIES, ACTIONS = 0.65, 0.35
"""What the things named and what the actions count in a sentence."""

MOST_WORDS = 5
"""Covering half of five words is as telling as covering half of ten."""

_WHETHER = re.compile(
    r"\b(?:есть|можно|делаете|продаете|продаёте|выдаете|выдаёте|даете|даёте|принимаете|"
    r"проводите|бывает|бывают|возможно)\b",
    re.IGNORECASE,
)
"""Asks whether a thing is there at all. Then it is the thing that must be in the documents."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage and the share of the question that it and its headings cover."""

    hit: Hit
    coverage: float


@dataclass(frozen=True, slots=True)
class Features:
    """What `confidence` weighs, each some 0 to 1 but the last: the things named that the best
    passage covers; the best sentence's cover; its least covered thing; a question whether there is
    such a thing, by how much its least covered one is missing; the best score by words (that of
    fused or reranked hits is of another scale) for each unit of the question's weight; words."""

    entities: float
    sentence: float
    least_entity: float
    absent: float
    score: float
    words: int


@dataclass(frozen=True, slots=True)
class _SentenceTerms:
    """`own` are the terms of a sentence and of its headings, `passage` those of all around it."""

    own: set[str]
    passage: set[str]


def weigh(query: Query, hits: Sequence[Hit]) -> list[Evidence]:
    """Best covered first; hits of equal coverage stay in their order."""
    found = [Evidence(hit, query.coverage(set(sparse.terms(full_text(hit))))) for hit in hits]
    return sorted(found, key=lambda evidence: -evidence.coverage)


def confidence(query: Query, found: Sequence[Evidence], words_score: float) -> float:
    """How likely it is that these passages answer the question, 0 to 1: a logistic regression.

    `words_score`: the best by words alone, in units of the rarest word's weight.
    """
    if not found or not query.weight:
        return 0.0
    values = astuple(features(query, found, words_score))
    total = BIAS + math.fsum(w * value for w, value in zip(WEIGHTS, values, strict=True))
    return 1 / (1 + math.exp(-total))


def features(query: Query, found: Sequence[Evidence], words_score: float) -> Features:
    """`found` is not empty, and the question weighs something."""
    said = [terms for evidence in found for terms in _sentences(evidence.hit)]
    best = max(said, key=lambda terms: _cover(query, terms))
    asks_whether = _WHETHER.search(query.text) is not None
    return Features(
        entities=coverage(query.entities, best.passage, none=1.0),
        sentence=max(_sentence_score(query, terms.own) for terms in said),
        least_entity=_least_certain(query.entities, best.own),
        absent=1 - _least_certain(query.entities, best.passage) if asks_whether else 0.0,
        score=words_score / (2 * query.weight),
        words=min(len(query.terms), MOST_WORDS),
    )


def _sentences(hit: Hit) -> list[_SentenceTerms]:
    headings = sparse.terms(f"{hit.title}\n{hit.heading}")
    passage = set(sparse.terms(full_text(hit)))
    texts = sentences(hit.text) or [""]
    return [_SentenceTerms({*sparse.terms(text), *headings}, passage) for text in texts]


def _cover(query: Query, sentence: _SentenceTerms) -> float:
    return query.coverage(sentence.own) + 0.5 * query.coverage(sentence.passage)


def _sentence_score(query: Query, own: set[str]) -> float:
    entities = coverage(query.entities, own, none=1.0)
    actions = coverage(query.actions, own, none=1.0)
    return ENTITIES * entities + ACTIONS * actions


def _least_certain(entities: Sequence[QueryTerm], found: set[str]) -> float:
    """How surely the least sure of them is there; a name that tells little is no loss."""
    return min(
        (1 - (1 - entity.certainty(found)) * entity.informativeness for entity in entities),
        default=1.0,
    )


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
