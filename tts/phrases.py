"""Written text cut into phrases that a voice speaks in one breath.

Knows sentences and clauses; knows nothing about models or sound. Short phrases make the
first sound come early, and synthesis models lose their way in long ones.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from russian.sentences import sentences

MAX_CHARS = 120
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


async def complete(text: AsyncIterator[str]) -> AsyncIterator[str]:
    """Streamed pieces as sentences, each as soon as the next one has begun.

    The last sentence of what has come is kept back: "3." may yet become "3.5".
    """
    waiting = ""
    async for piece in text:
        waiting += piece
        found = sentences(waiting)
        if len(found) > 1:
            last = found[-1]
            for sentence in found[:-1]:
                yield sentence
            waiting = waiting[waiting.rindex(last) :]
    if waiting.strip():
        yield waiting


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
