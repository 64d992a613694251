"""An answer made of a passage's own sentences, when no language model words one.

Knows how to choose and introduce sentences; invents none. Every word after the introduction
stands in the document.
"""

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dialog.content import Answer, Source
from rag.answering.answerability import Evidence
from rag.answering.query import Query, coverage
from rag.retrieval import sparse
from russian.sentences import sentences

LONGEST_CHARS = 300
"""What a listener keeps: some 20 seconds of speech."""

LONGEST_LIST_CHARS = 400
"""A list is taken as far as this."""

FEWEST_TERMS = 3
"""A sentence of fewer is most often a heading, or half of one."""

LONG_CHARS = 300
"""A sentence is the worse for its length up to this; a longer one no more."""

NEAR = 1.0
"""A further sentence may score this much less than the best one."""

SURE = 0.8
"""A best sentence with this share of all (softmax) speaks alone; otherwise the next one, which
often says what it leads to, comes with it."""

_NUMBER = re.compile(
    r"\b(?:сколько|скольки|скольких|когда|цен[аыу]|стоимость|номер|телефон\w*|срок\w*|часы|плата|"
    r"как(?:ой|ая|ое|ую))\b",
    re.IGNORECASE,
)
_MONEY = re.compile(r"сколько сто|цен[аыу]|стоимост|плат|комисси|скидк|штраф", re.IGNORECASE)
_HOW = re.compile(r"\bкак\b|что делать|что проверить", re.IGNORECASE)
_PRICE = re.compile(r"руб|₽|бесплатн|процент|%|даром", re.IGNORECASE)
_TELLS_TO_DO = re.compile(r"\b\w+(?:йте|ите|ьте)(?:сь)?\b", re.IGNORECASE)
"""What is asked for, and what a sentence that has it looks like."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in its place: the passage's rank, and its number there."""

    text: str
    passage: int
    place: int
    score: float


def extract(
    query: Query, found: Sequence[Evidence], introduction: str, said: Collection[str] = ()
) -> Answer | None:
    """The best sentences of the best document, named as its own; `found` is not empty. The blank
    {title} of `introduction` names the document.

    Sentences in `said` have been spoken already and are left out; None when none is left.
    """
    spoken = {_words(sentence) for sentence in said}
    top = max(evidence.hit.score for evidence in found)
    wanted = sparse.char_ngrams(query.text, asked=True)
    scored = [
        sentence
        for rank, evidence in enumerate(found)
        for sentence in _scored(query, wanted, evidence, rank, top)
        if _words(sentence.text) not in spoken
    ]
    if not scored:
        return None
    chosen = _chosen(scored)
    evidence = found[chosen[0].passage]
    quote = " ".join(_ended(sentence.text) for sentence in chosen)
    source = Source(evidence.hit.document_id, evidence.hit.title, quote, evidence.coverage)
    introduced = introduction.format(title=_inner(evidence.hit.title))
    return Answer(f"{introduced} {quote}", "extractive", (source,))


def _words(sentence: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", sentence.lower()))


def _inner(title: str) -> str:
    """Guillemets inside guillemets become the inner quotation marks."""
    return title.replace("«", "„").replace("»", "“")


def _scored(
    query: Query, wanted: set[int], evidence: Evidence, rank: int, top: float
) -> Iterator[Sentence]:
    hit = evidence.hit
    heading = set(sparse.terms(hit.heading))
    title = set(sparse.terms(hit.title)) - heading
    for place, text in enumerate(sentences(hit.text)):
        score = _fit(query, wanted, text, heading, title) + 2.5 * hit.score / top
        yield Sentence(text, rank, place, score)


def _fit(query: Query, wanted: set[int], text: str, heading: set[str], title: set[str]) -> float:
    """How well a sentence answers; `wanted` are the character n-grams of the words asked. The
    weights were fitted (softmax over the sentences of the passages) on the answerable questions of
    docs/decisions/0004, and rounded."""
    terms = sparse.terms(text)
    own = set(terms)
    shared = len(wanted & sparse.char_ngrams(text)) / max(1, len(wanted))
    return (
        2.6 * query.coverage(own)
        + 1.4 * coverage(query.entities, own, none=0.0)
        + 4.2 * query.coverage(heading - own)
        + 4.1 * query.coverage(title - own)
        + 3.8 * shared
        + 0.3 * query.shared_bigrams(terms)
        + _kind_score(query.text, text)
        - (1.2 if len(own) < FEWEST_TERMS else 0.0)
        - 1.6 * min(len(text) / LONG_CHARS, 1.0)
    )


def _kind_score(question: str, sentence: str) -> float:
    """For a price where a price is asked, a figure for a number, an instruction for a "how"."""
    score = 0.0
    if _MONEY.search(question) and _PRICE.search(sentence):
        score += 0.7
    if _NUMBER.search(question) and re.search(r"\d", sentence):
        score += 0.6
    if _HOW.search(question) and _TELLS_TO_DO.search(sentence):
        score += 2.5
    return score


def _chosen(scored: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence, with one of its passage that comes near it or, where it is not sure,
    the next one; in their order. One that announces a list brings its items."""
    best = max(scored, key=lambda sentence: sentence.score)
    passage = [one for one in scored if one.passage == best.passage]
    after = [one for one in passage if one.place > best.place]
    if best.text.endswith(":"):
        return _fitting([best, *after], LONGEST_LIST_CHARS)
    near = [one for one in passage if one != best and one.score >= best.score - NEAR]
    near.sort(key=lambda sentence: -sentence.score)
    share_of_best = 1 / math.fsum(math.exp(one.score - best.score) for one in scored)
    following = after[:1] if share_of_best < SURE else []
    chosen = _fitting([best, *(near[:1] or following)], LONGEST_CHARS)
    return sorted(chosen, key=lambda sentence: sentence.place)


def _fitting(ranked: Sequence[Sentence], longest: int) -> list[Sentence]:
    """The first ones that fit; the very first always does."""
    chosen = [ranked[0]]
    for sentence in ranked[1:]:
        if sum(len(one.text) for one in [*chosen, sentence]) > longest:
            break
        chosen.append(sentence)
    return chosen


def _ended(text: str) -> str:
    """A list item or a heading gets the full stop that a listener needs; a colon stays."""
    return text if text[-1:] in ".!?…:;»" else f"{text}."
