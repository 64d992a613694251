"""Finds passages of the operator's documents.

Knows the store (the truth) and an index (derived from it), and brings the second up with the
first before each search; knows nothing of file formats, vectors' engines or answers. Everything
blocks: callers in a coroutine use `dialog.threads`.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dialog.errors import DiskFull
from rag.retrieval import phonetic, rerank, sparse
from rag.retrieval.dense import Dense, SentenceEncoder
from rag.retrieval.index import Applied, Index, ScoredPassage
from rag.retrieval.indexer import Indexer
from rag.retrieval.qdrant_embedded import EdgeIndex
from rag.retrieval.qdrant_server import connect
from rag.retrieval.rerank import CrossEncoderReranker, Reranker
from store import documents
from store.documents import DocumentInfo, Passage
from store.engine import Store

log = logging.getLogger(__name__)

PASSAGES_PER_DOCUMENT = 4
"""Passages fetched for each document that a search wants; more when they are of too few."""

CORRECTING = 40
"""Passages in which a misheard word is looked for."""

MOST_RARITIES = 20_000
"""Words whose rarity is remembered, for as long as no document changes."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that fits a query. `score` is the index's: comparable within one search only."""

    document_id: str
    title: str
    text: str
    score: float
    passage_id: str
    heading: str = ""
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class _Rarities:
    """IDFs at a state of the index, None for a term that no passage has."""

    reached: Applied | None
    rarest: float
    terms: dict[str, float | None]

    def stale(self, reached: Applied | None) -> bool:
        return self.reached != reached or len(self.terms) > MOST_RARITIES


class Retriever:
    """Safe to share between threads. The store is its owner's; the index is closed with it."""

    def __init__(
        self,
        store: Store,
        index: Index,
        dense: Dense | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._dense = dense
        self._reranker = reranker
        self._indexer = Indexer(store, index, dense)
        self._rarities: _Rarities | None = None
        self._behind = False

    def documents(self, tags: Sequence[str] = ()) -> list[DocumentInfo]:
        """All documents, by title; with `tags`, those that have any of them."""
        with self._store.reading() as session:
            known = documents.list_documents(session)
        return [info for info in known if not tags or {*tags} & {*info.tags}]

    def search(self, query: str, top: int = 10, tags: Sequence[str] = ()) -> list[Hit]:
        """The best `top` documents, each by its best passage, best first.

        With `tags`, only documents that have any of them.
        """
        fetched = top * PASSAGES_PER_DOCUMENT
        while True:
            found = self._found(query, fetched, tags)
            best: dict[str, ScoredPassage] = {}
            for passage in found:
                best.setdefault(passage.document_id, passage)
            if len(best) >= top or len(found) < fetched:
                return self._hits(list(best.values())[:top])
            fetched *= 4

    def search_passages(self, query: str, top: int = 10, tags: Sequence[str] = ()) -> list[Hit]:
        """The best `top` passages, best first; several may be of one document."""
        return self._hits(self._found(query, top, tags))

    def words_score(self, query: str) -> float:
        """The best passage's score by words alone: of one scale, whatever else is configured.
        Its unit is the weight of a word that no passage has."""
        self._catch_up()
        found = self._index.query(sparse.query_vector(query), None, 1)
        return found[0].score / self._known().rarest if found else 0.0

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
        """How rare each term (see sparse.py) is among the passages: its IDF, where that of a term
        in no passage is 1. Such terms are left out."""
        known = self._known()
        if unseen := {sparse.index_of(term): term for term in terms if term not in known.terms}:
            found = self._index.idf(list(unseen))
            known.terms.update({term: found.get(index) for index, term in unseen.items()})
        idfs = {term: known.terms[term] for term in terms}
        return {term: idf / known.rarest for term, idf in idfs.items() if idf is not None}

    def sync(self) -> None:
        """Bring the index up with the store; every search does this first. Raises DiskFull."""
        self._indexer.sync()

    def _catch_up(self, progress: Callable[[int, int, str], None] | None = None) -> None:
        """`sync`, but on a full disk searches make do with what the index has."""
        try:
            self._indexer.sync(progress)
        except DiskFull as error:
            if not self._behind:
                log.warning("the index is behind the documents: %s", error.message)
            self._behind = True
        else:
            self._behind = False

    def follow(self, progress: Callable[[int, int, str], None] | None = None) -> None:
        """The same after documents have changed, unless the index is a private copy: it is thrown
        away with its process, and its next search is time enough.

        `progress`: see `Indexer.sync`.
        """
        if self._index.shared:
            self._catch_up(progress)

    def close(self) -> None:
        """Release the index; the store stays open, it is its owner's."""
        self._index.close()

    def _known(self) -> _Rarities:
        reached = self._indexer.reached
        if self._rarities is None or self._rarities.stale(reached):
            # BM25's IDF of a term that none of the passages has, as Qdrant computes it.
            rarest = math.log(1 + (self._index.count() + 0.5) / 0.5)
            self._rarities = _Rarities(reached, rarest, {})
        return self._rarities

    def _found(self, query: str, limit: int, tags: Sequence[str] = ()) -> list[ScoredPassage]:
        self._catch_up()
        wanted = sparse.query_vector(self._as_written(query, tags))
        dense = self._dense.embed_query(query) if self._dense else None
        if self._reranker is None:
            return self._index.query(wanted, dense, limit, tags)
        found = self._index.query(wanted, dense, max(limit, rerank.DEPTH), tags)
        return self._reranked(self._reranker, query, found)[:limit]

    def _as_written(self, query: str, tags: Sequence[str]) -> str:
        """The query, and for each word that no passage has the one that it sounds like.

        Pieces of the misheard word find passages; these have the word that was meant, and it
        then counts as a whole. Costs a second search, only where there is such a word.
        """
        terms = sparse.query_terms(query)
        known = self.rarity(list(dict.fromkeys(terms)))
        unknown = {term for term in terms if len(term) > 3 and term not in known}
        heard = [word for word in sparse.words(query) if unknown & {*sparse.lemmas_of(word)}]
        if not heard:
            return query
        hits = self._hits(self._index.query(sparse.query_vector(query), None, CORRECTING, tags))
        # Not a set: of words as alike, another would come first in each process.
        words = (word for hit in hits for word in sparse.words(hit.text) if len(word) > 3)
        written = list(dict.fromkeys(words))
        return " ".join([query, *(phonetic.likest(word, written) for word in heard)]).strip()

    def _reranked(
        self, reranker: Reranker, query: str, found: Sequence[ScoredPassage]
    ) -> list[ScoredPassage]:
        """The first ones in the reranker's order, the rest below them in the index's."""
        hits = self._hits(found[: rerank.DEPTH])
        scores = reranker.scores(query, [f"{hit.title}\n{hit.heading}\n{hit.text}" for hit in hits])
        scored = zip(hits, scores, strict=True)
        best = [ScoredPassage(hit.passage_id, hit.document_id, score) for hit, score in scored]
        lowest = min(scores, default=0.0)
        rest = [replace(one, score=lowest) for one in found[rerank.DEPTH :]]
        return sorted(best, key=lambda one: -one.score) + rest

    def _hits(self, found: Sequence[ScoredPassage]) -> list[Hit]:
        with self._store.reading() as session:
            passages = documents.passages(session, [passage.id for passage in found])
        # A passage that was removed this moment is no answer any more.
        return [_hit(passages[one.id], one.score) for one in found if one.id in passages]


def _hit(passage: Passage, score: float) -> Hit:
    return Hit(
        document_id=passage.document_id,
        title=passage.title or passage.document_id,
        text=passage.text,
        score=score,
        passage_id=passage.id,
        heading=passage.heading,
        ordinal=passage.ordinal,
    )


def open_retriever(
    store: Store,
    folder: Path,
    *,
    qdrant_url: str | None = None,
    qdrant_api_key: str | None = None,
    collection: str = "beseda",
    dense_model: str | None = None,
    rerank_model: str | None = None,
) -> Retriever:
    """A retriever over `store`: the index in process under `folder`, or on the server at
    `qdrant_url`; with `dense_model` (a folder or a hub id) dense vectors are fused in, with
    `rerank_model` a cross-encoder orders what was found.

    Opens nothing yet: the index and the model are loaded at the first search.
    """
    dense = SentenceEncoder(dense_model) if dense_model else None
    size = (lambda: dense.size) if dense else None
    reranker = CrossEncoderReranker(rerank_model) if rerank_model else None
    index: Index = (
        EdgeIndex(folder, size)
        if qdrant_url is None
        else connect(qdrant_url, qdrant_api_key, collection, size)
    )
    return Retriever(store, index, dense, reranker)
