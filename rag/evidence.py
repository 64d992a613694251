"""How much of a question a passage covers, and how sure one can be that it answers it.

Knows terms, their rarity and their likeness to the ear; knows nothing of where passages come
from. An index's scores only rank: they grow with the question. What is computed here is
comparable between questions, so that a threshold can tell "found" from "the nearest there is".
docs/decisions/0004-when-to-say-i-do-not-know.md has the measurements.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from rag import hearing, sparse
from rag.library import Hit
from russian.sentences import sentences

Rarity = Callable[[Sequence[str]], dict[str, float]]

UNKNOWN_IDF = 6.0
"""Weight of a question's word that no passage has: that of one passage among 600. It counts
against every passage, and no more in a large library than in a small one."""

COMMON_PER = 100_000
FULL_WEIGHT = 8.0
"""A word in one of e^8 sentences of everyday Russian, or rarer, keeps its whole weight; «делать»
says little even where the documents happen to have it once."""

KNOWN_POWER = 3.0
"""A word that the documents have was hardly misheard: its likeness to others counts by its cube."""

BIAS = -9.97
COVERAGE, SENTENCE, WORDS, SCORE = 2.57, 3.25, 1.40, 0.83
"""Fitted on samples/questions/labelled.jsonl; see `confidence`."""

MOST_WORDS = 5
"""Covering half of five words is as telling as covering half of ten."""

WHOLE, LEAST_WORDS = 0.97, 3
"""Few words are easily covered by chance, but not all of them by one sentence: «оплата» is a
question, too. Then two words count as three."""


@dataclass(frozen=True, slots=True)
class Part:
    """A word of the question: its weight, and the terms that may stand for it (1: itself)."""

    weight: float
    terms: dict[str, float]

    def found(self, among: set[str]) -> float:
        """How surely it is among these terms, 0 to 1."""
        return max((sure for term, sure in self.terms.items() if term in among), default=0.0)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its terms in order, and its distinct words as they may have been meant."""

    text: str
    terms: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def weight(self) -> float:
        return math.fsum(part.weight for part in self.parts)

    def share(self, found: set[str]) -> float:
        """The part of the question's weight that these terms carry."""
        covered = math.fsum(part.weight * part.found(found) for part in self.parts)
        return covered / self.weight if self.weight else 0.0

    def phrases(self, found: Sequence[str]) -> float:
        """The part of the question's neighbouring pairs that are neighbours here, too."""
        wanted = set(pairwise(self.terms))
        return len(wanted & set(pairwise(found))) / len(wanted) if wanted else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage and the share of the question that it and its headings cover."""

    hit: Hit
    coverage: float


def question(text: str, hits: Sequence[Hit], rarity: Rarity) -> Question:
    """Weigh the question's words by their rarity, each as itself or as what it sounds like
    in the passages that were found."""
    terms = tuple(sparse.asked_terms(text))
    distinct = list(dict.fromkeys(terms))
    known = rarity(distinct)
    said, written = sparse.words(text), _vocabulary(hits)
    parts = [_part(term, said, written, known, rarity) for term in distinct]
    return Question(text, terms, tuple(parts))


def _part(
    term: str,
    said: Sequence[str],
    written: dict[str, tuple[str, ...]],
    known: dict[str, float],
    rarity: Rarity,
) -> Part:
    alike: dict[str, float] = {}
    if len(term) > 3 and not term[0].isdigit():
        for form in _forms(term, said):
            for word, likeness in hearing.alike(form, written):
                for meant in written[word]:
                    alike[meant] = max(likeness, alike.get(meant, 0.0))
    weight = known.get(term, UNKNOWN_IDF)
    if term in known:
        alike = {meant: likeness**KNOWN_POWER for meant, likeness in alike.items()}
    elif alike:
        likest = [meant for meant in alike if alike[meant] == max(alike.values())]
        weight = min(UNKNOWN_IDF, *rarity(likest).values(), UNKNOWN_IDF)
    return Part(weight * _tells(term), alike | {term: 1.0})


def _forms(term: str, said: Sequence[str]) -> list[str]:
    """The words that gave the term, alone and run together with their neighbours."""
    found: list[str] = []
    for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False):
        if term in sparse.lemmas_of(word):
            found += {word, before + word, word + after}
    return found or [term]


def _vocabulary(hits: Sequence[Hit]) -> dict[str, tuple[str, ...]]:
    """Words of the passages, and neighbours run together, with their terms."""
    found: dict[str, tuple[str, ...]] = {}
    for hit in hits:
        written = sparse.words(whole(hit))
        for first, second in zip(written, [*written[1:], ""], strict=True):
            for word, parts in ((first, (first,)), (first + second, (first, second))):
                if len(word) > 3 and word not in found:
                    found[word] = tuple(term for part in parts for term in sparse.lemmas_of(part))
    return {word: terms for word, terms in found.items() if terms}


def weigh(asked: Question, hits: Sequence[Hit]) -> list[Evidence]:
    """Best covered first; hits of equal coverage stay in their order."""
    found = [Evidence(hit, asked.share(set(sparse.terms(whole(hit))))) for hit in hits]
    return sorted(found, key=lambda evidence: -evidence.coverage)


def confidence(asked: Question, found: Sequence[Evidence], words_score: float) -> float:
    """How likely it is that these passages answer the question, 0 to 1.

    A logistic regression over what the passage that covers most covers, what its best sentence
    covers, how many words were asked, and the best score by words (that of fused or reranked
    hits is of another scale) for each unit of the question's weight.
    """
    if not found or not asked.weight:
        return 0.0
    coverage, sentence = max((one.coverage, _best_sentence(asked, one)) for one in found)
    least = LEAST_WORDS if sentence >= WHOLE else 1
    words = min(max(len(asked.parts), least), MOST_WORDS)
    score = words_score / (2 * asked.weight)
    total = BIAS + COVERAGE * coverage + SENTENCE * sentence + WORDS * words + SCORE * score
    return 1 / (1 + math.exp(-total))


def _best_sentence(asked: Question, one: Evidence) -> float:
    """The share of the question that its best sentence covers under its headings."""
    above = set(sparse.terms(f"{one.hit.title}\n{one.hit.heading}"))
    said = (set(sparse.terms(sentence)) for sentence in sentences(one.hit.text))
    return max((asked.share(terms | above) for terms in said), default=0.0)


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


def whole(hit: Hit) -> str:
    """A passage under its title and headings, as a reader sees it."""
    return f"{hit.title}\n{hit.heading}\n{hit.text}"


def _tells(term: str) -> float:
    """How much a word tells, by how rare it is in everyday Russian: 0 to 1."""
    return min(1.0, math.log(COMMON_PER / (_common().get(term, 0) + 1)) / FULL_WEIGHT)


@cache
def _common() -> dict[str, int]:
    """Sentences among 100,000 of everyday Russian that have the word; rarer ones are left out."""
    lines = Path(__file__).with_name("common.tsv").read_text(encoding="utf-8").splitlines()
    return {word: int(count) for word, count in (line.split("\t") for line in lines)}
