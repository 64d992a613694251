"""Names in the documents that a recogniser should listen for: tariffs, streets, brands.

Knows how names look in Russian text; knows nothing of recognisers. The list is a plain file,
one phrase in a line, lower case and in words: what a caller would say.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock

from russian.lemmas import lemmas
from russian.spoken import to_spoken
from store import documents
from store.engine import Store

FILE = "phrases.txt"
MOST = 1_000
"""Phrases kept, the commonest first: a recogniser boosted to everything is boosted to nothing."""

LONGEST_WORDS = 5

_QUOTED = re.compile(r"[«„\"]([^«»„“\"]{2,60})[»“\"]")
_PLACE = re.compile(
    r"\b(?:ул(?:иц[аеуы]|\.)|просп(?:ект[аеу]?|\.)|переул(?:ок|к[аеу])|площад[ьи]|бульвар[аеу]?|"
    r"набережн(?:ая|ой|ую)|шоссе|микрорайон[аеу]?|посёл(?:ок|к[аеу]))\s+"
    r"([А-ЯЁ][а-яё]+(?:[ -][А-ЯЁ][а-яё]+)?)"
)
_NAME = re.compile(r"(?<=[а-яё0-9,:;] )[А-ЯЁ][а-яё]{2,}(?: [А-ЯЁ][а-яё]+| \d{1,4}\b){0,2}")
_LATIN = re.compile(r"(?<![\w.@/-])[A-Za-z][A-Za-z-]{1,20}\b(?![.@/]\w)")


def phrases(texts: Iterable[str]) -> list[str]:
    """The commonest names in the texts, as they are spoken, no phrase twice."""
    # Not by a set: names that are as common would stand in another order in each process.
    counts = Counter(name for text in texts for name in dict.fromkeys(_names(text)))
    spoken: Counter[str] = Counter()
    for name, count in counts.most_common(3 * MOST):
        if phrase := _spoken(name):
            spoken[phrase] += count
    return [phrase for phrase, _ in spoken.most_common(MOST)]


def stored_phrases(store: Store) -> list[str]:
    """The same of all documents in the store."""
    with store.reading() as session:
        return phrases("\n".join(row) for row in documents.texts(session))


class VocabularyFile:
    """Keeps the file at `path` up with the documents of a store. Safe to share between threads."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store = store
        self._path = path
        self._turn = Lock()
        self._reached: tuple[str, int] | None = None

    def sync(self) -> None:
        """Write the file anew if documents have changed since the last time, which the first call
        does not know. Reads every passage then; otherwise one SELECT."""
        with self._turn:
            with self._store.reading() as session:
                revision = documents.revision(session)
            if self._reached != revision:
                write(self._path, stored_phrases(self._store))
                self._reached = revision


def write(path: Path, found: Iterable[str]) -> None:
    """Replace the file at once: its reader sees the old list or the new one. One that says the
    same already is left alone, for a recogniser reads it again whenever it is new."""
    content = "".join(f"{phrase}\n" for phrase in found).encode()
    if path.is_file() and path.read_bytes() == content:
        return
    with NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        part = Path(file.name)
        try:
            file.write(content)
            file.flush()
            part.replace(path)
        except OSError:
            part.unlink()
            raise


def _names(text: str) -> Iterator[str]:
    for pattern in (_QUOTED, _PLACE):
        yield from (match.group(1).strip() for match in pattern.finditer(text))
    for pattern in (_NAME, _LATIN):
        yield from pattern.findall(text)


@lru_cache(maxsize=4 * MOST)  # the next document leaves most of the names as they are
def _spoken(name: str) -> str:
    """The phrase in words; empty for what is no name: a whole sentence, or a bare figure."""
    words = re.findall(r"[а-яё]+(?:-[а-яё]+)*", to_spoken(name).text.lower().replace("+", ""))
    fits = 0 < len(words) <= LONGEST_WORDS and lemmas(name)
    return " ".join(words) if fits and re.search(r"[^\W\d]{3}", name) else ""
