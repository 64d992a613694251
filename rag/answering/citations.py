"""Holds a model's sentences against the passages that it was shown.

Knows figures, citation marks and what is no Russian sentence; knows nothing of models. A price
that stands in no passage is worse than none: the whole sentence goes, for without its figure it
would say something else.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answering.answerability import Evidence
from rag.ingestion import chunk
from rag.retrieval import sparse

SMALL = frozenset(str(number) for number in range(11))
"""Said in words these are also "one of", "both", "at first": no figures to be held to."""

_MARK = re.compile(r"\s*\[\s*(\d{1,2}(?:\s*[,;]\s*\d{1,2})*)\s*\]")
_LIST_MARK = re.compile(r"^(?:#{1,6}|[-*•–—]|\d{1,2}[.)])\s+")
_LETTER = re.compile(r"[^\W\d_]")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence as it may be said: `text` is empty for one that may not.

    `cited` are numbers of passages, from 1; `invented` the figures that no passage has.
    """

    text: str
    cited: tuple[int, ...] = ()
    invented: tuple[str, ...] = ()


class Checker:
    """Made for one answer: the passages shown, and the question, whose figures may be said."""

    def __init__(self, question: str, found: Sequence[Evidence], *, marks: bool) -> None:
        self._known = figures(question)
        for one in found:
            self._known |= figures(f"{one.hit.title}\n{one.hit.heading}\n{one.hit.text}")
        self._numbers = range(1, len(found) + 1)
        self._marks = marks

    def check(self, sentence: str) -> Checked:
        """Without Markdown; citation marks checked, and kept only where they are wanted."""
        numbers = (int(n) for mark in _MARK.findall(sentence) for n in re.findall(r"\d+", mark))
        cited = tuple(dict.fromkeys(n for n in numbers if n in self._numbers))
        bare = _LIST_MARK.sub("", chunk.plain(_MARK.sub("", sentence)))
        invented = tuple(sorted(figures(bare) - self._known))
        if invented or not re.search(r"\w", bare):
            return Checked("", cited, invented)
        return Checked(_marked(bare, cited) if self._marks else bare, cited)


def figures(text: str) -> set[str]:
    """The figures of a text, in digits however they are written; small ones only as digits."""
    written = set(re.findall(r"\d+", text))
    found = {term for term in sparse.terms(text) if term[:1].isdigit()}
    return {figure for figure in found if figure not in SMALL or figure in written}


def is_russian(text: str) -> bool:
    """Whether at least half of the letters are Russian; a text without letters is not."""
    letters = len(_LETTER.findall(text))
    return letters > 0 and 2 * len(_CYRILLIC.findall(text)) >= letters and "\ufffd" not in text


def supporting(text: str, found: Sequence[Evidence], cited: Iterable[int]) -> list[Evidence]:
    """The passages that an answer rests on: those it cites, or else those it shares most with."""
    named = [found[number - 1] for number in dict.fromkeys(cited)]
    if named:
        return named
    said = set(sparse.terms(text))
    shares = [len(said & set(sparse.terms(one.hit.text))) for one in found]
    return [one for one, share in zip(found, shares, strict=True) if share == max(shares)][:1]


def _marked(text: str, cited: Sequence[int]) -> str:
    if not cited:
        return text
    shown = "".join(f"[{number}]" for number in cited)
    end = text[-1] if text[-1] in ".!?…" else ""
    return f"{text[: len(text) - len(end)]} {shown}{end}"
