"""What is asked: the question's words, how much each tells, and what it may have been.

Knows rarity, parts of speech and likeness to the ear; knows nothing of answers. A recogniser
writes what it heard, so a word may stand for one of the passages that sounds like it.
docs/decisions/0004-when-to-say-i-do-not-know.md has the measurements.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from rag.retrieval import phonetic, sparse
from rag.retrieval.retriever import Hit
from russian.grammar.morphology import forms, is_known

Rarity = Callable[[Sequence[str]], dict[str, float]]
"""Terms to their rarity among all passages: near 0 in every one, near 1 in one only. A term
that none has is left out; it weighs 1."""

COMMON_PER = 100_000
FULL_WEIGHT = 8.0
"""A word in one of e^8 sentences of everyday Russian, or rarer, keeps its whole weight; «делать»
says little even where the documents happen to have it once."""

LIKE, LIKE_SHORT, LIKE_JOINED = 0.6, 0.72, 0.8
"""Least likeness of a misheard word, of one of up to five letters, and of two words run together:
the fewer sounds and the more candidates, the more are alike by chance."""

NEAR_LIKEST = 0.12
"""Candidates less alike than the likest by more than this are dropped."""

KNOWN_POWER = 3.0
"""A word of the documents or of the dictionary was hardly misheard: likeness counts by its cube."""

_ACTION = frozenset(("VERB", "INFN", "PRTF", "PRTS", "GRND", "PRED", "ADVB", "COMP"))


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word of the question: its weight, and the terms that may stand for it (1: itself).

    `tells`, 0 to 1, is its weight in everyday Russian alone. `names` a thing, not what is done:
    a document says «выдаём» where «получить» is asked, but a tariff by its name.
    """

    weight: float
    terms: Mapping[str, float]
    tells: float
    names: bool

    def found(self, among: set[str]) -> float:
        """How surely it is among these terms, 0 to 1."""
        return max((sure for term, sure in self.terms.items() if term in among), default=0.0)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: its terms in order, and its distinct words as they may have been meant."""

    text: str
    terms: tuple[str, ...]
    parts: tuple[QueryTerm, ...]

    @property
    def weight(self) -> float:
        return math.fsum(part.weight for part in self.parts)

    @property
    def names(self) -> tuple[QueryTerm, ...]:
        """The words that name things."""
        return tuple(part for part in self.parts if part.names)

    @property
    def actions(self) -> tuple[QueryTerm, ...]:
        """The others."""
        return tuple(part for part in self.parts if not part.names)

    def share(self, found: set[str]) -> float:
        """The part of the question's weight that these terms carry."""
        return share(self.parts, found, none=0.0)

    def phrases(self, found: Sequence[str]) -> float:
        """The part of the question's neighbouring pairs that are neighbours here, too."""
        wanted = set(pairwise(self.terms))
        return len(wanted & set(pairwise(found))) / len(wanted) if wanted else 0.0


def share(parts: Sequence[QueryTerm], found: set[str], none: float) -> float:
    """The part of these words' weight that the terms carry; `none` where they weigh nothing."""
    weight = math.fsum(part.weight for part in parts)
    return math.fsum(part.weight * part.found(found) for part in parts) / weight if weight else none


def analyse(text: str, hits: Sequence[Hit], rarity: Rarity) -> Query:
    """Weigh the question's words by their rarity, each as itself or as what it sounds like
    in the passages that were found."""
    terms = tuple(sparse.query_terms(text))
    distinct = list(dict.fromkeys(terms))
    known = rarity(distinct)
    said, written = sparse.words(text), Written(hits)
    parts = [_part(term, said, written, known, rarity) for term in distinct]
    return Query(text, terms, tuple(parts))


class Written:
    """The words of the passages found, alone and run together with the next, with their terms."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.words: dict[str, tuple[str, ...]] = {}
        self.joined: dict[str, tuple[str, ...]] = {}
        for hit in hits:
            for first, second in pairwise([*sparse.words(whole(hit)), ""]):
                if len(first) > 3:
                    self.words.setdefault(first, sparse.lemmas_of(first))
                if second and len(first + second) > 3:
                    both = sparse.lemmas_of(first) + sparse.lemmas_of(second)
                    self.joined.setdefault(first + second, both)


def _part(
    term: str, said: Sequence[str], written: Written, known: Mapping[str, float], rarity: Rarity
) -> QueryTerm:
    own, pairs = _spelt(term, said)
    alike = _alike(term, own, pairs, written)
    sure = term in known or all(map(_in_dictionary, own))
    if sure:
        alike = {meant: likeness**KNOWN_POWER for meant, likeness in alike.items()}
    weight = known.get(term, 1.0)
    if term not in known and alike and max(alike.values()) > LIKE:
        likest = [meant for meant, likeness in alike.items() if likeness == max(alike.values())]
        weight = min(rarity(likest).values(), default=1.0)
    tells = _tells(term)
    return QueryTerm(weight * tells, alike | {term: 1.0}, tells, _names_thing(term))


def _spelt(term: str, said: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that gave the term, and these run together with their neighbours."""
    own: list[str] = []
    pairs: list[str] = []
    for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False):
        if term in sparse.lemmas_of(word):
            own.append(word)
            pairs += [before + word] * bool(before) + [word + after] * bool(after)
    return own or [term], pairs


def _alike(
    term: str, own: Iterable[str], pairs: Iterable[str], written: Written
) -> dict[str, float]:
    """Terms that the word may have been, with their likeness."""
    if len(term) <= 3 or term[0].isdigit():
        return {}
    found: dict[str, float] = {}
    for meant, likeness in _candidates(own, pairs, written):
        found[meant] = max(likeness, found.get(meant, 0.0))
    found.pop(term, None)
    least = max(found.values(), default=0.0) - NEAR_LIKEST
    return {meant: likeness for meant, likeness in found.items() if likeness >= least}


def _candidates(
    own: Iterable[str], pairs: Iterable[str], written: Written
) -> Iterator[tuple[str, float]]:
    looked = [(word, written.words, LIKE if len(word) > 5 else LIKE_SHORT) for word in own]
    looked += [(word, written.joined, LIKE_JOINED) for word in own]
    looked += [(pair, written.words, LIKE_JOINED) for pair in pairs]
    for spelt, among, least in looked:
        for word, likeness in phonetic.alike(spelt, among, least):
            for meant in among[word]:
                yield meant, likeness


def whole(hit: Hit) -> str:
    """A passage under its title and headings, as a reader sees it."""
    return f"{hit.title}\n{hit.heading}\n{hit.text}"


@lru_cache(maxsize=50_000)
def _in_dictionary(word: str) -> bool:
    return is_known(word)


@lru_cache(maxsize=50_000)
def _names_thing(term: str) -> bool:
    read = () if term.isascii() else forms(term)
    return not read or read[0].part not in _ACTION


def _tells(term: str) -> float:
    """How much a word tells, by how rare it is in everyday Russian: 0 to 1."""
    return min(1.0, math.log(COMMON_PER / (_common().get(term, 0) + 1)) / FULL_WEIGHT)


@cache
def _common() -> dict[str, int]:
    """Sentences among 100,000 of everyday Russian that have the word; rarer ones are left out."""
    lines = Path(__file__).with_name("common.tsv").read_text(encoding="utf-8").splitlines()
    return {word: int(count) for word, count in (line.split("\t") for line in lines)}
