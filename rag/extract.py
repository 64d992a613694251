"""An answer made of a passage's own sentences, when no language model words one.

Knows how to choose and introduce sentences; invents none. Every word after the introduction
stands in the document.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dialog.messages import Answer, Source
from rag import sparse
from rag.evidence import Evidence, Question
from russian.sentences import sentences

LONGEST_CHARS = 400
MOST_SENTENCES = 3
"""What a listener keeps: some 25 seconds of speech."""

NEXT_BEST = 0.55
"""A further sentence must reach this part of the best one's score."""

HEADING_WEIGHT = 0.3
PASSAGE_WEIGHT = 0.3
"""What a question's word counts that is not in the sentence but above it, or beside it."""

PHRASE_WEIGHT = 0.3
"""What it counts that all neighbours in the question are neighbours in the sentence: «10
декабря» is not «10 января», though both have a ten."""

RANK_WEIGHT = 0.4
"""How much of a sentence's score depends on how well the index ranked its passage."""

NUMBER_BONUS = 1.15
"""For a sentence with a figure, when the question asks for one."""

_ASKS_NUMBER = re.compile(
    r"\b(?:сколько|скольки|скольких|во сколько|когда|цена|цену|стоимость|номер|телефон\w*|"
    r"как\w+ скорость|до какого|с какого|срок\w*|часы|плата)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in its place: the passage's rank, and its number there."""

    text: str
    passage: int
    place: int
    score: float


def extract(
    asked: Question, found: Sequence[Evidence], said: Collection[str] = ()
) -> Answer | None:
    """The best sentences of the best document, named as its own; `found` is not empty.

    Sentences in `said` have been spoken already and are left out; None when none is left.
    """
    spoken = {_words(sentence) for sentence in said}
    top = max(evidence.hit.score for evidence in found)
    scored = [
        sentence
        for rank, evidence in enumerate(found)
        for sentence in _scored(asked, evidence, rank, top)
        if _words(sentence.text) not in spoken
    ]
    if not scored:
        return None
    best = max(scored, key=lambda sentence: sentence.score)
    chosen = _chosen(best, [one for one in scored if one.passage == best.passage])
    evidence = found[best.passage]
    quote = " ".join(_ended(sentence.text) for sentence in chosen)
    source = Source(evidence.hit.document_id, evidence.hit.title, quote, evidence.coverage)
    return Answer(f"{introduction(evidence.hit.title)} {quote}", "extractive", (source,))


def _words(sentence: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", sentence.lower()))


def introduction(title: str) -> str:
    """Names the document; guillemets inside guillemets become the inner quotation marks."""
    inner = title.replace("«", "„").replace("»", "“")
    return f"В статье «{inner}» сказано:"


def _scored(asked: Question, evidence: Evidence, rank: int, top: float) -> list[Sentence]:
    hit = evidence.hit
    ranked = 1 - RANK_WEIGHT * (1 - hit.score / top)
    above = set(sparse.terms(f"{hit.title}\n{hit.heading}"))
    around = set(sparse.terms(hit.text))
    wants_number = bool(_ASKS_NUMBER.search(asked.text))
    found = []
    for place, text in enumerate(sentences(hit.text)):
        said = sparse.terms(text)
        own = set(said)
        score = PHRASE_WEIGHT * asked.phrases(said) + (
            asked.share(own)
            + HEADING_WEIGHT * asked.share(above - own)
            + PASSAGE_WEIGHT * asked.share(around - own - above)
        )
        if wants_number and re.search(r"\d", text):
            score *= NUMBER_BONUS
        found.append(Sentence(text, rank, place, score * ranked))
    return found


def _chosen(best: Sentence, passage: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence with those that come near it, in their order, within the length.

    One that announces a list brings its items; without them it would say nothing.
    """
    if best.text.endswith(":"):
        items = [one for one in passage if one.place > best.place]
        return _fitting([best, *items], len(passage))
    near = [one for one in passage if one != best and one.score >= NEXT_BEST * best.score]
    ranked = [best, *sorted(near, key=lambda sentence: -sentence.score)]
    return sorted(_fitting(ranked, MOST_SENTENCES), key=lambda sentence: sentence.place)


def _fitting(ranked: Sequence[Sentence], most: int) -> list[Sentence]:
    """The first ones that fit; the very first always does."""
    chosen = [ranked[0]]
    for sentence in ranked[1:most]:
        if sum(len(one.text) for one in [*chosen, sentence]) > LONGEST_CHARS:
            break
        chosen.append(sentence)
    return chosen


def _ended(text: str) -> str:
    """A list item or a heading gets the full stop that a listener needs; a colon stays."""
    return text if text[-1:] in ".!?…:;»" else f"{text}."
