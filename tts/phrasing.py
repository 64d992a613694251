"""Written text cut into phrases that a voice speaks in one breath.

Knows sentences and clauses; knows nothing about models or sound. Short phrases make the
first sound come early, and synthesis models lose their way in long ones.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from russian.sentences import sentences

MAX_CHARS = 120
FIRST_MIN_CHARS = 12
CLAUSE_END = re.compile(r"(?<=[,;:…])\s+|\s+(?=[-–—]\s)")
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of written text; `ends_sentence` says that a pause follows it."""

    text: str
    ends_sentence: bool


def phrases(text: str, max_chars: int = MAX_CHARS) -> Iterator[Phrase]:
    """Sentences; one longer than `max_chars` in pieces, at clauses, else between words."""
    for sentence in sentences(text):
        pieces = list(_pieces(SPACE.sub(" ", sentence).strip(), max_chars))
        for index, piece in enumerate(pieces):
            yield Phrase(piece, index == len(pieces) - 1)


async def spoken_phrases(text: AsyncIterator[str]) -> AsyncIterator[Phrase]:
    """Streamed pieces as phrases: the first at its first clause, so that sound begins early,
    the others by the sentence, each as soon as the next one has begun.

    The last sentence of what has come is kept back: "3." may yet become "3.5".
    """
    waiting, begun = "", False
    async for piece in text:
        waiting += piece
        if not begun and (end := _first_clause(waiting)):
            yield Phrase(SPACE.sub(" ", waiting[:end]).strip(), False)
            waiting, begun = waiting[end:], True
        found = sentences(waiting)
        if len(found) > 1:
            last = found[-1]
            for phrase in (one for sentence in found[:-1] for one in phrases(sentence)):
                yield phrase
            waiting, begun = waiting[waiting.rindex(last) :], True
    for phrase in phrases(waiting):
        yield phrase


def _first_clause(text: str) -> int | None:
    """Where the first clause that is worth a breath ends, within the first sentence."""
    first = sentences(text)[:1]
    for mark in CLAUSE_END.finditer(text):
        if FIRST_MIN_CHARS <= mark.start() <= MAX_CHARS:
            return mark.end() if first and mark.end() < len(first[0]) else None
    return None


def _pieces(sentence: str, max_chars: int) -> Iterator[str]:
    waiting = ""
    for clause in _short(CLAUSE_END.split(sentence), max_chars):
        if waiting and len(waiting) + 1 + len(clause) > max_chars:
            yield waiting
            waiting = clause
        else:
            waiting = f"{waiting} {clause}".strip()
    if waiting:
        yield waiting


def _short(clauses: list[str], max_chars: int) -> Iterator[str]:
    """Clauses as they are, and the words of those that are too long themselves."""
    for clause in clauses:
        if len(clause) <= max_chars:
            yield clause
            continue
        for word in clause.split(" "):
            yield from (word[i : i + max_chars] for i in range(0, len(word), max_chars))
