"""Keeps an index up with the store, which is the truth.

Knows revisions and how passages become points; knows nothing of files or of questions. A
process that finds its index behind applies what changed since, oldest first and a batch at a
time, and notes after each batch how far it came: interrupted anywhere, it goes on from there.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from rag.retrieval import sparse
from rag.retrieval.dense import Dense
from rag.retrieval.index import Applied, Index, Point
from store import documents
from store.documents import DocumentChange, Passage
from store.engine import Store

LAYOUT = 2
"""Raise it when points look different (payload, text that is embedded, vector names)."""

BATCH = 128
"""Documents read, embedded and written at once."""


class Indexer:
    def __init__(self, store: Store, index: Index, dense: Dense | None) -> None:
        self._store = store
        self._index = index
        self._dense = dense
        self._turn = threading.Lock()
        self._reached: Applied | None = None

    def sync(self, progress: Callable[[int, int, str], None] | None = None) -> None:
        """Return when the index holds all that the store held at the call: one SELECT if it
        did already.

        `progress` is told (changes applied, changes in all, "") after each batch. Raises DiskFull
        where the index cannot grow; what it holds can still be searched.
        """
        if self._reached == self._wanted():
            return
        with self._turn:
            known = self._index.applied() if progress is not None else None
            before = known.revision if known is not None else 0
            while not self._step():
                if progress is not None and (applied := self._index.applied()) is not None:
                    ahead = self._wanted().revision - before
                    progress(min(applied.revision - before, ahead), ahead, "")

    @property
    def reached(self) -> Applied | None:
        """What the index was last seen to hold."""
        return self._reached

    def _wanted(self) -> Applied:
        with self._store.reading() as session:
            identity, revision = documents.revision(session)
        model = self._dense.name if self._dense else "none"
        made = f"layout {LAYOUT}, sparse {sparse.VERSION}, dense {model}"
        return Applied(f"store {identity}, {made}", revision)

    def _step(self) -> bool:
        """Apply the next batch; True when there is none left."""
        with self._alone():
            wanted = self._wanted()
            applied = self._index.applied()
            if applied != wanted:
                self._index.check_space()
            if applied is None or not _leads_to(applied, wanted):
                self._index.reset()
                applied = Applied(wanted.fingerprint, 0)
                self._index.set_applied(applied)
            if applied == wanted:
                self._reached = wanted
                return True
            with self._store.reading() as session:
                changes = documents.changes_after(session, applied.revision, BATCH)
                kept = [change.document_id for change in changes if not change.removed]
                passages = documents.passages_of(session, kept)
            self._apply(changes, passages)
            last = changes[-1].revision if changes else wanted.revision
            self._index.set_applied(Applied(wanted.fingerprint, last))
            return False

    def _alone(self) -> AbstractContextManager[None]:
        # Two processes that apply different spans of changes at once could leave the older
        # text of a document with the newer revision.
        return self._store.exclusive("index") if self._index.shared else nullcontext()

    def _apply(self, changes: Sequence[DocumentChange], passages: Sequence[Passage]) -> None:
        points: dict[str, list[Point]] = {change.document_id: [] for change in changes}
        texts = [embedded_text(passage) for passage in passages]
        dense = self._dense.embed_documents(texts) if self._dense and texts else [()] * len(texts)
        for passage, text, vector in zip(passages, texts, dense, strict=True):
            points[passage.document_id].append(_point(passage, text, vector))
        if points:
            self._index.replace(points)


def embedded_text(passage: Passage) -> str:
    """What stands for a passage in vectors: a reader sees its title and headings above it, too."""
    return "\n".join(part for part in (passage.title, passage.heading, passage.text) if part)


def _leads_to(applied: Applied, wanted: Applied) -> bool:
    # A store that is behind its index was restored from a backup.
    return applied.fingerprint == wanted.fingerprint and applied.revision <= wanted.revision


def _point(passage: Passage, text: str, vector: tuple[float, ...]) -> Point:
    return Point(
        id=passage.id,
        document_id=passage.document_id,
        title=passage.title,
        heading=passage.heading,
        text=passage.text,
        sparse=sparse.document_vector(text),
        dense=vector,
        tags=passage.tags,
    )
