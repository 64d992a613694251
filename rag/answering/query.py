"""What is asked: the question's words, how much each tells, and what it may have been.

Knows rarity, parts of speech and likeness to the ear; knows nothing of answers. A recogniser
writes what it heard, so a word may stand for one of the passages that sounds like it.
docs/decisions/0004-when-to-say-i-do-not-know.md has the measurements.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
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

# The fewer sounds and the more candidates, the more are alike by chance.
LIKE = 0.6
"""Least likeness of a misheard word to one of the passages."""

SHORT_CHARS = 5
LIKE_SHORT = 0.72
"""The same of a word with no more letters than this."""

LIKE_JOINED = 0.8
"""The same of two words run together."""

NEAR_LIKEST = 0.12
"""Candidates less alike than the likest by more than this are dropped."""

KNOWN_POWER = 3.0
"""A word of the documents or of the dictionary was hardly misheard: likeness counts by its cube."""

LONGEST_UNHEARD_CHARS = 3
"""Words up to this length are too many to be looked for by their sound."""

_ACTION = frozenset(("VERB", "INFN", "PRTF", "PRTS", "GRND", "PRED", "ADVB", "COMP"))


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word of the question: its weight, and the terms that may stand for it, each with how
    surely (1: the word itself).

    `informativeness`, 0 to 1, is its weight in everyday Russian alone. `is_entity`: it names a
    thing, not what is done: a document says «выдаём» where «получить» is asked, but a tariff by
    its name.
    """

    weight: float
    meanings: Mapping[str, float]
    informativeness: float
    is_entity: bool

    def certainty(self, found: set[str]) -> float:
        """How surely it is among these terms, 0 to 1."""
        return max((sure for term, sure in self.meanings.items() if term in found), default=0.0)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: its lemmas in order, and its distinct words as they may have been meant."""

    text: str
    lemmas: tuple[str, ...]
    terms: tuple[QueryTerm, ...]

    @property
    def weight(self) -> float:
        return math.fsum(term.weight for term in self.terms)

    @property
    def entities(self) -> tuple[QueryTerm, ...]:
        """The words that name things."""
        return tuple(term for term in self.terms if term.is_entity)

    @property
    def actions(self) -> tuple[QueryTerm, ...]:
        """The words that say what is done."""
        return tuple(term for term in self.terms if not term.is_entity)

    def coverage(self, found: set[str]) -> float:
        """The part of the question's weight that these terms carry, 0 to 1."""
        return coverage(self.terms, found, none=0.0)

    def shared_bigrams(self, lemmas: Sequence[str]) -> float:
        """The part of the question's neighbouring pairs that are neighbours here, too."""
        wanted = set(pairwise(self.lemmas))
        return len(wanted & set(pairwise(lemmas))) / len(wanted) if wanted else 0.0


def coverage(terms: Sequence[QueryTerm], found: set[str], *, none: float) -> float:
    """The part of these words' weight that the terms found carry, 0 to 1; `none` where they weigh
    nothing."""
    weight = math.fsum(term.weight for term in terms)
    covered = math.fsum(term.weight * term.certainty(found) for term in terms)
    return covered / weight if weight else none


def analyse(text: str, hits: Sequence[Hit], rarity: Rarity) -> Query:
    """Weigh the question's words by their rarity, each as itself or as what it sounds like
    in the passages that were found."""
    lemmas = tuple(sparse.query_terms(text))
    distinct = list(dict.fromkeys(lemmas))
    rarities = rarity(distinct)
    asked, written = sparse.words(text), PassageWords(hits)
    terms = [_query_term(lemma, asked, written, rarities, rarity) for lemma in distinct]
    return Query(text, lemmas, tuple(terms))


class PassageWords:
    """The words of the passages found, alone and run together with the next, with their terms."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.words: dict[str, tuple[str, ...]] = {}
        self.joined: dict[str, tuple[str, ...]] = {}
        for hit in hits:
            for first, second in pairwise([*sparse.words(full_text(hit)), ""]):
                if len(first) > LONGEST_UNHEARD_CHARS:
                    self.words.setdefault(first, sparse.lemmas_of(first))
                if second and len(first + second) > LONGEST_UNHEARD_CHARS:
                    both = sparse.lemmas_of(first) + sparse.lemmas_of(second)
                    self.joined.setdefault(first + second, both)


def _query_term(
    lemma: str,
    asked: Sequence[str],
    written: PassageWords,
    rarities: Mapping[str, float],
    rarity: Rarity,
) -> QueryTerm:
    spellings = [word for word in asked if lemma in sparse.lemmas_of(word)] or [lemma]
    alike = _alike(lemma, spellings, _joined(lemma, asked), written)
    if lemma in rarities or all(map(_in_dictionary, spellings)):
        alike = {meant: likeness**KNOWN_POWER for meant, likeness in alike.items()}
    weight = rarities.get(lemma, 1.0)
    likest = max(alike.values(), default=0.0)
    if lemma not in rarities and likest > LIKE:
        meanings = [meant for meant, likeness in alike.items() if likeness == likest]
        weight = min(rarity(meanings).values(), default=1.0)
    informativeness = _informativeness(lemma)
    meant = alike | {lemma: 1.0}
    return QueryTerm(weight * informativeness, meant, informativeness, _is_entity(lemma))


def _joined(lemma: str, asked: Sequence[str]) -> list[str]:
    """The words asked that have the lemma, each run together with either neighbour."""
    return [
        first + second
        for first, second in pairwise(asked)
        if lemma in sparse.lemmas_of(first) or lemma in sparse.lemmas_of(second)
    ]


def _alike(
    lemma: str, spellings: Sequence[str], joined: Sequence[str], written: PassageWords
) -> dict[str, float]:
    """Terms that the word may have been, with their likeness."""
    if len(lemma) <= LONGEST_UNHEARD_CHARS or lemma[0].isdigit():
        return {}
    found: dict[str, float] = {}
    for meant, likeness in _candidates(spellings, joined, written):
        found[meant] = max(likeness, found.get(meant, 0.0))
    found.pop(lemma, None)
    least = max(found.values(), default=0.0) - NEAR_LIKEST
    return {meant: likeness for meant, likeness in found.items() if likeness >= least}


def _candidates(
    spellings: Sequence[str], joined: Sequence[str], written: PassageWords
) -> Iterator[tuple[str, float]]:
    searches = [
        (word, written.words, LIKE if len(word) > SHORT_CHARS else LIKE_SHORT) for word in spellings
    ]
    searches += [(word, written.joined, LIKE_JOINED) for word in spellings]
    searches += [(pair, written.words, LIKE_JOINED) for pair in joined]
    for spelt, among, least in searches:
        for word, likeness in phonetic.alike(spelt, among, least):
            for meant in among[word]:
                yield meant, likeness


def full_text(hit: Hit) -> str:
    """A passage under its title and headings, as a reader sees it."""
    return f"{hit.title}\n{hit.heading}\n{hit.text}"


@lru_cache(maxsize=50_000)
def _in_dictionary(word: str) -> bool:
    return is_known(word)


@lru_cache(maxsize=50_000)
def _is_entity(lemma: str) -> bool:
    read = () if lemma.isascii() else forms(lemma)
    return not read or read[0].part not in _ACTION


def _informativeness(lemma: str) -> float:
    """How much a word tells, by how rare it is in everyday Russian: 0 to 1."""
    return min(1.0, math.log(COMMON_PER / (_common().get(lemma, 0) + 1)) / FULL_WEIGHT)


@cache
def _common() -> dict[str, int]:
    """Sentences among 100,000 of everyday Russian that have the word; rarer ones are left out."""
    lines = Path(__file__).with_name("common.tsv").read_text(encoding="utf-8").splitlines()
    return {word: int(count) for word, count in (line.split("\t") for line in lines)}
