"""The operator's documents: taken in, listed, removed, searched.

Knows the store (the truth) and an index (derived from it), and keeps the second up with the
first; knows nothing of file formats, vectors' engines or answers. Everything blocks: callers
in a coroutine use `asyncio.to_thread`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.index import Index
from store.documents import DocumentInfo, Outcome
from store.engine import Store

__all__ = ["DocumentInfo", "Hit", "Ingested", "Library", "Progress", "Report", "Skipped"]

Progress = Callable[[int, int, str], None]
"""Called with (done, total, name) after each file; `total` may grow while records are read."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that fits a query. `score` is the index's: comparable within one search only."""

    document_id: str
    title: str
    text: str
    score: float
    passage_id: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one document; `duplicate`: `id` already holds the same content."""

    id: str
    title: str
    source: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not taken, and why, in one line.

    `fault` is False for a file in a folder whose format is none of ours: not an error.
    """

    path: str
    reason: str
    fault: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingestion did, in the order of the files."""

    documents: tuple[Ingested, ...]
    skipped: tuple[Skipped, ...]

    def count(self, outcome: Outcome) -> int:
        """How many documents were `added`, `updated`, `unchanged` or `duplicate`."""
        return sum(document.outcome == outcome for document in self.documents)


class Library:
    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index

    def ingest(self, paths: Iterable[Path | str], progress: Progress | None = None) -> Report:
        """Take in files and folders; bad files are reported in `skipped`, never raised."""
        raise NotImplementedError

    def ingest_file(
        self, path: Path, *, name: str | None = None, document_id: str | None = None
    ) -> Sequence[Ingested]:
        """Take in one file (an upload: `name` is its own, `path` a temporary one).

        Raises `BadInput` with one clear line; nothing is written then. A JSONL file holds
        several documents, hence the sequence.
        """
        raise NotImplementedError

    def documents(self) -> list[DocumentInfo]:
        """All documents, by title."""
        raise NotImplementedError

    def remove(self, document_id: str) -> bool:
        """Remove a document; False when there is none."""
        raise NotImplementedError

    def search(self, query: str, top: int = 10) -> list[Hit]:
        """The best `top` documents, each by its best passage, best first."""
        raise NotImplementedError

    def search_passages(self, query: str, top: int = 10) -> list[Hit]:
        """The best `top` passages, best first; several may be of one document."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Bring the index up with the store; every search does this first."""
        raise NotImplementedError

    def close(self) -> None:
        """Release the index; the store stays open, it is its owner's."""
        self._index.close()


def open_library(
    store: Store,
    folder: Path,
    *,
    qdrant_url: str | None = None,
    qdrant_api_key: str | None = None,
    collection: str = "beseda",
    dense_model: str | None = None,
) -> Library:
    """A library over `store`: the index in process under `folder`, or on the server at
    `qdrant_url`; with `dense_model` (a folder or a hub id) dense vectors are fused in.

    Opens nothing yet: the index and the model are loaded at the first search.
    """
    raise NotImplementedError
