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

from rag.answering.query import Query, QueryTerm, share, whole
from rag.retrieval import sparse
from rag.retrieval.retriever import Hit
from russian.sentences import sentences

BIAS = -9.22
WEIGHTS = (2.71, 2.53, 1.89, -1.66, 0.78, 1.51)
"""Of `Features`, in order; fitted by `python -m tests.bench.knowing`."""

NAMES, ACTIONS = 0.65, 0.35
"""What names and what actions count in a sentence."""

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
    passage covers; the best sentence's cover; its least covered name; a question whether there is
    such a thing, by how much its least covered name is missing; the best score by words (that of
    fused or reranked hits is of another scale) for each unit of the question's weight; words."""

    names: float
    sentence: float
    least_name: float
    absent: float
    score: float
    words: int


def weigh(asked: Query, hits: Sequence[Hit]) -> list[Evidence]:
    """Best covered first; hits of equal coverage stay in their order."""
    found = [Evidence(hit, asked.share(set(sparse.terms(whole(hit))))) for hit in hits]
    return sorted(found, key=lambda evidence: -evidence.coverage)


def confidence(asked: Query, found: Sequence[Evidence], words_score: float) -> float:
    """How likely it is that these passages answer the question, 0 to 1: a logistic regression.

    `words_score`: the best by words alone, in units of the rarest word's weight.
    """
    if not found or not asked.weight:
        return 0.0
    values = astuple(features(asked, found, words_score))
    total = BIAS + math.fsum(w * value for w, value in zip(WEIGHTS, values, strict=True))
    return 1 / (1 + math.exp(-total))


def features(asked: Query, found: Sequence[Evidence], words_score: float) -> Features:
    """`found` is not empty, and the question weighs something."""
    said = [terms for one in found for terms in _sentences(one.hit)]
    sentence, around = max(said, key=lambda terms: _cover(asked, *terms))
    absent = bool(_WHETHER.search(asked.text)) * (1 - _least(asked.names, around))
    return Features(
        names=share(asked.names, around, none=1.0),
        sentence=max(_told(asked, terms) for terms, _ in said),
        least_name=_least(asked.names, sentence),
        absent=absent,
        score=words_score / (2 * asked.weight),
        words=min(len(asked.parts), MOST_WORDS),
    )


def _sentences(hit: Hit) -> list[tuple[set[str], set[str]]]:
    """The terms of each sentence with its headings', and those of the passage."""
    above, around = sparse.terms(f"{hit.title}\n{hit.heading}"), set(sparse.terms(whole(hit)))
    return [({*sparse.terms(text), *above}, around) for text in sentences(hit.text) or [""]]


def _cover(asked: Query, sentence: set[str], around: set[str]) -> float:
    return asked.share(sentence) + 0.5 * asked.share(around)


def _told(asked: Query, sentence: set[str]) -> float:
    names, actions = (share(parts, sentence, none=1.0) for parts in (asked.names, asked.actions))
    return NAMES * names + ACTIONS * actions


def _least(names: Sequence[QueryTerm], found: set[str]) -> float:
    """How surely the least sure of the names is there; a name that tells little is no loss."""
    return min((1 - (1 - name.found(found)) * name.tells for name in names), default=1.0)


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
