"""The index in process: Qdrant's own engine, `qdrant-edge-py`.

Knows the engine's calls; which folder it may work on is index_lock.py's, and
docs/decisions/0002-index-derived-from-store.md says why there may be several.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.retrieval.index import (
    DENSE,
    DOCUMENT_KEY,
    SPARSE,
    STATE_ID,
    TAGS_KEY,
    Applied,
    Point,
    QdrantIndex,
    Sparse,
    Vector,
    applied_of,
    payload,
)
from rag.retrieval.index_lock import IndexFolder
from store.space import check_space, taken_bytes

if TYPE_CHECKING:
    from qdrant_edge import EdgeConfig, EdgeShard

RRF_K = 2
"""What Qdrant's server uses for its plain fusion."""

log = logging.getLogger(__name__)


class EdgeIndex(QdrantIndex):
    """Opened at the first use. `dense_size` is asked when a shard is made; None: sparse only."""

    def __init__(self, folder: Path, dense_size: Callable[[], int] | None = None) -> None:
        self._folder = folder
        self._dense_size = dense_size
        self._opening = threading.RLock()
        self._opened: tuple[IndexFolder, EdgeShard] | None = None

    @property
    def shared(self) -> bool:
        return self._open()[0].owned

    def check_space(self) -> None:
        # Whatever is written may make the engine write its segments anew.
        folder = self._open()[0].path
        check_space(folder, taken_bytes(folder))

    def replace(self, documents: Mapping[str, Sequence[Point]]) -> None:
        import qdrant_edge as q

        points = [point for found in documents.values() for point in found]
        folder, shard = self._open()
        with folder.content:
            if points:
                shard.update(q.UpdateOperation.upsert_points([_point(point) for point in points]))
            # New points first, then what is left of the old: a reader never misses a document.
            of_these = q.FieldCondition(DOCUMENT_KEY, match=q.MatchAny(sorted(documents)))
            outdated = q.Filter(
                must=[of_these], must_not=[q.HasIdCondition({point.id for point in points})]
            )
            shard.update(q.UpdateOperation.delete_points_by_filter(outdated))

    def _ranked(self, name: str, wanted: Vector, limit: int, tags: Sequence[str]) -> Iterable[Any]:
        import qdrant_edge as q

        only, shown = _tagged(tags), [DOCUMENT_KEY]
        request = q.QueryRequest(limit, query=_query(name, wanted), filter=only, with_payload=shown)
        return self._shard().query(request)

    def _fused(
        self, wanted: Mapping[str, Vector], depth: int, limit: int, tags: Sequence[str]
    ) -> Iterable[Any]:
        import qdrant_edge as q

        only, shown = _tagged(tags), [DOCUMENT_KEY]
        each = [q.Prefetch(depth, query=_query(*one), filter=only) for one in wanted.items()]
        fusion: Any = q.Fusion.Rrf(RRF_K)  # its stub is no subclass of Fusion
        request = q.QueryRequest(limit, prefetches=each, query=fusion, with_payload=shown)
        return self._shard().query(request)

    def _best_of_each(self, terms: Sequence[Sparse]) -> Sequence[Sequence[Any]]:
        import qdrant_edge as q

        requests = [
            q.QueryRequest(1, query=_query(SPARSE, term), with_vector=[SPARSE]) for term in terms
        ]
        return self._shard().query_batch(q.QueryBatchRequest(requests)) if requests else []

    def count(self) -> int:
        import qdrant_edge as q

        state = q.HasIdCondition({STATE_ID})
        return self._shard().count(q.CountRequest(filter=q.Filter(must_not=[state])))

    def applied(self) -> Applied | None:
        found = self._shard().retrieve([STATE_ID], True, False)
        return applied_of(found)

    def set_applied(self, applied: Applied) -> None:
        import qdrant_edge as q

        state = q.Point(STATE_ID, {}, {"applied": asdict(applied)})
        folder, shard = self._open()
        with folder.content:
            shard.update(q.UpdateOperation.upsert_points([state]))
            shard.optimize()
            shard.flush()

    def reset(self) -> None:
        with self._opening:
            folder, shard = self._open()
            shard.close()
            with folder.content:
                shutil.rmtree(folder.path)
                self._opened = folder, self._create(folder.path)

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                folder, shard = self._opened
                self._opened = None
                shard.close()
                folder.release()

    def _shard(self) -> "EdgeShard":
        return self._open()[1]

    def _open(self) -> "tuple[IndexFolder, EdgeShard]":
        with self._opening:
            if self._opened is None:
                folder = IndexFolder(self._folder)
                with folder.content:
                    self._opened = folder, self._load(folder.path)
            return self._opened

    def _load(self, path: Path) -> "EdgeShard":
        """The shard at `path`; one that cannot be read is dropped: the store fills a new one."""
        import qdrant_edge as q

        if path.is_dir():
            try:
                return q.EdgeShard.load(str(path))
            except Exception as error:
                log.warning("the index cannot be read and is built anew: %s", error)
                shutil.rmtree(path)
        return self._create(path)

    def _create(self, path: Path) -> "EdgeShard":
        import qdrant_edge as q

        shard = q.EdgeShard.create(str(path), self._config())
        keyword = q.PayloadSchemaType.Keyword
        for key in (DOCUMENT_KEY, TAGS_KEY):
            shard.update(q.UpdateOperation.create_field_index(key, keyword))
        return shard

    def _config(self) -> "EdgeConfig":
        import qdrant_edge as q

        sparse = {SPARSE: q.EdgeSparseVectorParams(modifier=q.Modifier.Idf)}
        if self._dense_size is None:
            return q.EdgeConfig(sparse_vectors=sparse)
        dense = q.EdgeVectorParams(self._dense_size(), q.Distance.Cosine)
        return q.EdgeConfig(vectors={DENSE: dense}, sparse_vectors=sparse)


def _point(point: Point) -> Any:
    import qdrant_edge as q

    vectors = {name: _vector(vector) for name, vector in point.vectors.items()}
    return q.Point(point.id, vectors, payload(point))


def _vector(vector: Vector) -> Any:
    import qdrant_edge as q

    if isinstance(vector, Sparse):
        return q.SparseVector(list(vector.indices), list(vector.values))
    return list(vector)


def _query(name: str, wanted: Vector) -> Any:
    import qdrant_edge as q

    return q.Query.Nearest(_vector(wanted), using=name)


def _tagged(tags: Sequence[str]) -> Any:
    import qdrant_edge as q

    any_of = q.FieldCondition(TAGS_KEY, match=q.MatchAny(list(tags)))
    return q.Filter(must=[any_of]) if tags else None
