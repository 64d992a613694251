"""The operator's documents: taken in, listed, removed, searched.

Knows the store (the truth) and an index (derived from it), and keeps the second up with the
first; knows nothing of file formats, vectors' engines or answers. Everything blocks: callers
in a coroutine use `asyncio.to_thread`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from dialog.errors import BadInput
from rag import vocabulary
from rag.ingestion import ingest
from rag.retrieval import phonetic, rerank, sparse
from rag.retrieval.dense import Dense, SentenceEncoder
from rag.retrieval.index import Applied, Index, ScoredPassage
from rag.retrieval.indexer import Indexer
from rag.retrieval.qdrant_embedded import EdgeIndex
from rag.retrieval.qdrant_server import connect
from rag.retrieval.rerank import CrossEncoderReranker, Reranker
from store import documents
from store.documents import DocumentInfo, NewDocument, Outcome, Passage
from store.engine import Store

__all__ = ["DocumentInfo", "Hit", "IngestProgress", "Ingested", "Library", "Report", "Skipped"]

PASSAGES_PER_DOCUMENT = 4
"""Passages fetched for each document that a search wants; more when they are of too few."""

CORRECTING = 40
"""Passages in which a misheard word is looked for."""

MOST_RARITIES = 20_000
"""Words whose rarity is remembered, for as long as no document changes."""

RECORDS_PER_TRANSACTION = 200
"""Records of a JSONL file written at once: some 50 ms, for other writers wait so long."""

IngestProgress = Callable[[int, int, str], None]
"""Called with (done, total, name) after each step."""

Bar = Callable[[str], IngestProgress | None]
"""Gives what to tell of a kind of steps: "files", "records" written, "documents" indexed."""


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


@dataclass(frozen=True, slots=True)
class _Rarities:
    """IDFs at a state of the index, None for a term that no passage has."""

    reached: Applied | None
    rarest: float
    terms: dict[str, float | None]

    def stale(self, reached: Applied | None) -> bool:
        return self.reached != reached or len(self.terms) > MOST_RARITIES


class Library:
    """Safe to share between threads. The store is its owner's; the index is closed with it.

    `phrases`: the file that names in the documents are written to whenever these change.
    """

    def __init__(
        self,
        store: Store,
        index: Index,
        dense: Dense | None = None,
        reranker: Reranker | None = None,
        phrases: Path | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._dense = dense
        self._reranker = reranker
        self._phrases = phrases
        self._upkeep = Indexer(store, index, dense)
        self._rarities: _Rarities | None = None

    def ingest(
        self,
        paths: Iterable[Path | str],
        tags: Sequence[str] = (),
        bar: Bar | None = None,
    ) -> Report:
        """Take in files and folders; bad files are reported in `skipped`, never raised.

        `bar` gives the progress of each kind of steps, those of the last after all files.
        """
        files, skipped = _files(paths)
        bar = bar or _no_bar
        progress = bar("files") if len(files) > 1 else None
        done: list[Ingested] = []
        for number, file in enumerate(files, 1):
            if file.named or file.known:
                try:
                    done += self._take(
                        file.path, str(file.path.resolve()), None, tags, bar("records")
                    )
                except BadInput as error:
                    skipped.append(Skipped(str(file.path), error.message))
            else:
                reason = f"unknown format: {file.path.suffix.lower() or 'no extension'}"
                skipped.append(Skipped(str(file.path), reason, fault=False))
            if progress is not None:
                progress(number, len(files), file.path.name)
        self._changed(bar("documents"))
        return Report(tuple(done), tuple(skipped))

    def ingest_file(
        self,
        path: Path,
        *,
        name: str | None = None,
        document_id: str | None = None,
        tags: Sequence[str] = (),
    ) -> list[Ingested]:
        """Take in one file (an upload: `name` is its own, `path` a temporary one).

        Raises `BadInput` with one clear line; nothing is written then. A JSONL file holds
        several documents, hence the list.
        """
        if not path.is_file():
            raise BadInput("no such file", status=404, code="not_found")
        done = self._take(path, name or str(path.resolve()), document_id, tags)
        self._changed()
        return done

    def documents(self, tags: Sequence[str] = ()) -> list[DocumentInfo]:
        """All documents, by title; with `tags`, those that have any of them."""
        with self._store.reading() as session:
            known = documents.list_documents(session)
        return [info for info in known if not tags or {*tags} & {*info.tags}]

    def remove(self, document_id: str) -> bool:
        """Remove a document; False when there is none."""
        with self._store.session() as session:
            removed = documents.remove(session, document_id)
        self._changed()
        return removed

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
        self.refresh()
        found = self._index.query(sparse.query_vector(query), None, 1)
        return found[0].score / self._known().rarest if found else 0.0

    def phrases(self) -> list[str]:
        """Names in the documents, in the words in which a caller would say them."""
        with self._store.reading() as session:
            rows = documents.texts(session)
            return vocabulary.phrases("\n".join(row) for row in rows)

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
        """How rare each term (see sparse.py) is among the passages: its IDF, where that of a term
        in no passage is 1. Such terms are left out."""
        known = self._known()
        if unseen := {sparse.index_of(term): term for term in terms if term not in known.terms}:
            found = self._index.idf(list(unseen))
            known.terms.update({term: found.get(index) for index, term in unseen.items()})
        idfs = {term: known.terms[term] for term in terms}
        return {term: idf / known.rarest for term, idf in idfs.items() if idf is not None}

    def _known(self) -> _Rarities:
        reached = self._upkeep.reached
        if self._rarities is None or self._rarities.stale(reached):
            # BM25's IDF of a term that none of the passages has, as Qdrant computes it.
            rarest = math.log(1 + (self._index.count() + 0.5) / 0.5)
            self._rarities = _Rarities(reached, rarest, {})
        return self._rarities

    def refresh(self) -> None:
        """Bring the index up with the store; every search does this first."""
        self._upkeep.refresh()

    def close(self) -> None:
        """Release the index; the store stays open, it is its owner's."""
        self._index.close()

    def _take(
        self,
        path: Path,
        source: str,
        document_id: str | None,
        tags: Sequence[str],
        written: IngestProgress | None = None,
    ) -> list[Ingested]:
        try:
            if Path(source).suffix.lower() == ingest.RECORDS:
                return self._take_records(path, source, tags, written)
            return self._take_document(path, source, document_id, tags)
        except OSError as error:
            raise BadInput(f"cannot be read: {error.strerror}", code="unreadable") from error

    def _take_document(
        self, path: Path, source: str, document_id: str | None, tags: Sequence[str]
    ) -> list[Ingested]:
        extension = Path(source).suffix.lower()
        id_ = document_id or ingest.document_id(source)
        sha256 = ingest.content_hash(path, extension, tags)
        with self._store.reading() as session:
            known = documents.find(session, id_, sha256)
        if known is not None:  # not worth converting
            outcome: Outcome = "unchanged" if known.id == id_ else "duplicate"
            return [Ingested(known.id, known.title, source, outcome)]
        return self._put([ingest.read(path, extension, source, id_, sha256, tags=tags)])

    def _take_records(
        self, path: Path, source: str, tags: Sequence[str], written: IngestProgress | None
    ) -> list[Ingested]:
        total = ingest.check_records(path)
        records = ingest.records(path, source, tags)
        done: list[Ingested] = []
        while batch := list(islice(records, RECORDS_PER_TRANSACTION)):
            done += self._put(batch)
            if written is not None:
                written(len(done), total, path.name)
        return done

    def _put(self, found: Sequence[NewDocument]) -> list[Ingested]:
        with self._store.session() as session:
            outcomes = documents.put_all(session, found)
        return [
            Ingested(id_, document.title, document.source, outcome)
            for document, (outcome, id_) in zip(found, outcomes, strict=True)
        ]

    def _changed(self, indexing: IngestProgress | None = None) -> None:
        # A private copy is thrown away with its process: its next search is time enough.
        if self._index.shared:
            self._upkeep.refresh(indexing)
        if self._phrases is not None:
            vocabulary.write(self._phrases, self.phrases())

    def _found(self, query: str, limit: int, tags: Sequence[str] = ()) -> list[ScoredPassage]:
        self.refresh()
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
        written = {word for hit in hits for word in sparse.words(hit.text) if len(word) > 3}
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


def _no_bar(_unit: str) -> None:
    return None


def _files(paths: Iterable[Path | str]) -> tuple[list[ingest.File], list[Skipped]]:
    files: list[ingest.File] = []
    skipped = []
    for path in paths:
        try:
            files += ingest.walk(Path(path))
        except BadInput as error:
            skipped.append(Skipped(str(path), error.message))
    return files, skipped


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


def open_library(
    store: Store,
    folder: Path,
    *,
    qdrant_url: str | None = None,
    qdrant_api_key: str | None = None,
    collection: str = "beseda",
    dense_model: str | None = None,
    rerank_model: str | None = None,
    phrases: Path | None = None,
) -> Library:
    """A library over `store`: the index in process under `folder`, or on the server at
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
    return Library(store, index, dense, reranker, phrases)
