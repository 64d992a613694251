"""Latin words and acronyms that support lines meet, and how Russians say them.

One table, lexicon.tsv, for both directions: the voice reads the first of the second column, all of
its variants are written as the first column when they are heard.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from russian.grammar.tables import rows

_TABLE = Path(__file__).with_name("lexicon.tsv")


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """A word as it is written and the ways it is said, the usual one first.

    `spoken_only`: what is said is an ordinary Russian word, too, so it is never written so."""

    written: str
    said: tuple[str, ...]
    spoken_only: bool


@cache
def spoken_forms() -> dict[str, str]:
    """How a Latin word or phrase is said, by its lower-case spelling."""
    found = {e.written.lower(): e.said[0] for e in _entries() if not _cyrillic(e.written)}
    return {written.replace("-", ""): said for written, said in found.items()} | found


@cache
def acronyms() -> dict[str, str]:
    """How a Russian acronym in capitals is said."""
    return {entry.written: entry.said[0] for entry in _entries() if _cyrillic(entry.written)}


@cache
def written_forms() -> dict[str, str]:
    """How a spoken word or phrase is written, by its words without hyphens."""
    found: dict[str, str] = {}
    for entry in _entries():
        if not entry.spoken_only:
            for variant in entry.said:
                found.setdefault(_without_hyphens(variant), entry.written)
    return found


@cache
def first_words() -> frozenset[str]:
    """Words that a phrase of `written_forms` can begin with."""
    return frozenset(phrase.split()[0] for phrase in written_forms())


@cache
def keys() -> dict[str, str]:
    """One key for each spelling of a word, written or spoken: "wifi" for Wi-Fi and «вай-фай»."""
    found: dict[str, str] = {}
    for entry in _entries():
        if entry.spoken_only and _cyrillic(entry.written):
            continue  # "ПО" is not «по»
        key = _without_hyphens(entry.said[0] if entry.spoken_only else entry.written.lower())
        for spelling in (entry.written.lower(), *entry.said):
            for form in (spelling, spelling.replace(" ", ""), spelling.replace(" ", "-")):
                found.setdefault(form, key.replace(" ", ""))
    return found


@cache
def _entries() -> tuple[LexiconEntry, ...]:
    return tuple(
        LexiconEntry(written, tuple(said.split(" / ")), spoken_only == "spoken only")
        for written, said, spoken_only in rows(_TABLE, 3)
    )


def _without_hyphens(spoken: str) -> str:
    return " ".join(spoken.replace("-", " ").split())


def _cyrillic(word: str) -> bool:
    return any("а" <= letter <= "я" for letter in word.lower())
