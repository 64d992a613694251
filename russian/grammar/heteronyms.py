"""Words that are spelled alike and stressed apart, where the words around decide; and ё for е.

Marks only what the context settles; the accent model in stress.py has the rest. Knows nothing of
numbers: it reads text in which they are words already.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from russian.grammar.morphology import same_but_for_yo
from russian.grammar.spans import RewrittenText, substitute
from russian.grammar.tables import rows

_TABLE = Path(__file__).with_name("heteronyms.tsv")
_REACH = 48  # characters looked at on either side, whole words only


@dataclass(frozen=True, slots=True)
class Reading:
    """One stress of a word, and what must stand before and after it to show that."""

    marked: str
    before: re.Pattern[str]
    after: re.Pattern[str]


@cache
def _table() -> dict[str, list[tuple[str, str, str]]]:
    """The rows of heteronyms.tsv by word; of a word's rows the first that fits decides."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for word, marked, before, after in rows(_TABLE, 4):
        found.setdefault(word, []).append((marked, before, after))
    return found


@cache
def _readings(word: str) -> tuple[Reading, ...]:
    return tuple(
        Reading(marked, re.compile(before, re.I), re.compile(after, re.I))
        for marked, before, after in _table()[word]
    )


@cache
def _place() -> re.Pattern[str]:
    words = "|".join(sorted(_table(), key=len, reverse=True))
    edge = "А-Яа-яЁё+\u0301"
    return re.compile(rf"(?<![{edge}-])(?:{words})(?![{edge}-])", re.IGNORECASE)


def mark(text: str) -> RewrittenText:
    """`+` in heteronyms that their neighbours decide: "ключ от замк+а", "ст+оит сто рублей"."""
    return substitute(_place(), _marked, text)


def _marked(found: re.Match[str]) -> str:
    text, word = found.string, found.group()
    before = re.split(r"[.!?]", text[max(0, found.start() - _REACH) : found.start()])[-1]
    after = re.split(r"[.!?]", text[found.end() : found.end() + _REACH])[0]
    for reading in _readings(word.lower()):
        if reading.before.search(before) and reading.after.match(after):
            return _as_capital(reading.marked, word)
    return word


def _as_capital(said: str, word: str) -> str:
    if not word[0].isupper():
        return said
    first = 1 if said[0] == "+" else 0
    return said[:first] + said[first].upper() + said[first + 1 :]


_WITH_E = re.compile(r"(?<![А-Яа-яЁё+\u0301])[А-Яа-я]*[еЕ][А-Яа-я]*(?![А-Яа-яЁё+\u0301])")


def restore_yo(text: str) -> RewrittenText:
    """ё in words that no dictionary word with е is like: "счет" is "счёт", "все" stays."""
    return substitute(_WITH_E, lambda found: _with_yo(found.group()), text)


@lru_cache(maxsize=50_000)
def _with_yo(word: str) -> str:
    lower = word.lower()
    like = same_but_for_yo(lower) if 2 < len(lower) < 40 else ()
    if len(like) != 1 or like[0] == lower:
        return word
    return "".join(
        ("Ё" if old.isupper() else "ё") if new == "ё" else old
        for old, new in zip(word, like[0], strict=True)
    )
