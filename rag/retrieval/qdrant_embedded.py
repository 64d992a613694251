"""The index in process: Qdrant's own engine, `qdrant-edge-py`.

Knows the engine's calls; which folder it may work on is index_lock.py's, and
docs/decisions/0002-index-derived-from-store.md says why there may be several.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
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
    ScoredPassage,
    Sparse,
    payload,
)
from rag.retrieval.index_lock import IndexFolder

if TYPE_CHECKING:
    from qdrant_edge import EdgeConfig, EdgeShard, QueryRequest

RRF_K = 2
"""What Qdrant's server uses for its plain fusion."""

PREFETCH = 4
"""Each ranking is fused to this many times the depth that is asked for."""

log = logging.getLogger(__name__)


class EdgeIndex:
    """Opened at the first use. `dense_size` is asked when a shard is made; None: sparse only."""

    def __init__(self, folder: Path, dense_size: Callable[[], int] | None = None) -> None:
        self._folder = folder
        self._dense_size = dense_size
        self._opening = threading.RLock()
        self._opened: tuple[IndexFolder, EdgeShard] | None = None

    @property
    def shared(self) -> bool:
        return self._open()[0].owned

    def replace(self, documents: Mapping[str, Sequence[Point]]) -> None:
        import qdrant_edge as q

        points = [point for found in documents.values() for point in found]
        claim, shard = self._open()
        with claim.content:
            if points:
                shard.update(q.UpdateOperation.upsert_points([_point(point) for point in points]))
            # New points first, then what is left of the old: a reader never misses a document.
            of_these = q.FieldCondition(DOCUMENT_KEY, match=q.MatchAny(sorted(documents)))
            outdated = q.Filter(
                must=[of_these], must_not=[q.HasIdCondition({point.id for point in points})]
            )
            shard.update(q.UpdateOperation.delete_points_by_filter(outdated))

    def query(
        self,
        sparse: Sparse | None,
        dense: Sequence[float] | None,
        limit: int,
        tags: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        import qdrant_edge as q

        nearest = []
        if sparse is not None and sparse.indices:
            vector = q.SparseVector(list(sparse.indices), list(sparse.values))
            nearest.append(q.Query.Nearest(vector, using=SPARSE))
        if dense is not None:
            nearest.append(q.Query.Nearest(list(dense), using=DENSE))
        if not nearest:
            return []
        tagged = q.FieldCondition(TAGS_KEY, match=q.MatchAny(list(tags))) if tags else None
        only = q.Filter(must=[tagged]) if tagged else None
        if len(nearest) == 1:
            request = q.QueryRequest(
                limit, query=nearest[0], filter=only, with_payload=[DOCUMENT_KEY]
            )
        else:
            fetched = [q.Prefetch(limit * PREFETCH, query=one, filter=only) for one in nearest]
            fusion: Any = q.Fusion.Rrf(RRF_K)  # its stub is no subclass of Fusion
            request = q.QueryRequest(
                limit, prefetches=fetched, query=fusion, with_payload=[DOCUMENT_KEY]
            )
        return [
            ScoredPassage(
                str(point.id), (point.payload or {})["metadata"]["document_id"], point.score
            )
            for point in self._shard().query(request)
        ]

    def idf(self, indices: Sequence[int]) -> dict[int, float]:
        import qdrant_edge as q

        requests: list[QueryRequest] = [
            q.QueryRequest(
                1,
                query=q.Query.Nearest(q.SparseVector([index], [1.0]), using=SPARSE),
                with_vector=[SPARSE],
            )
            for index in indices
        ]
        if not requests:
            return {}
        found = self._shard().query_batch(q.QueryBatchRequest(requests))
        return {
            index: points[0].score / _weight(points[0].vector, index)
            for index, points in zip(indices, found, strict=True)
            if points
        }

    def count(self) -> int:
        import qdrant_edge as q

        state = q.HasIdCondition({STATE_ID})
        return self._shard().count(q.CountRequest(filter=q.Filter(must_not=[state])))

    def applied(self) -> Applied | None:
        found = self._shard().retrieve([STATE_ID], True, False)
        return Applied(**found[0].payload["applied"]) if found and found[0].payload else None

    def set_applied(self, applied: Applied) -> None:
        import qdrant_edge as q

        state = q.Point(STATE_ID, {}, {"applied": asdict(applied)})
        claim, shard = self._open()
        with claim.content:
            shard.update(q.UpdateOperation.upsert_points([state]))
            shard.optimize()
            shard.flush()

    def reset(self) -> None:
        with self._opening:
            claim, shard = self._open()
            shard.close()
            with claim.content:
                shutil.rmtree(claim.path)
                self._opened = claim, self._create(claim.path)

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                claim, shard = self._opened
                self._opened = None
                shard.close()
                claim.release()

    def _shard(self) -> "EdgeShard":
        return self._open()[1]

    def _open(self) -> "tuple[IndexFolder, EdgeShard]":
        with self._opening:
            if self._opened is None:
                claim = IndexFolder(self._folder)
                with claim.content:
                    self._opened = claim, self._load(claim.path)
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

    vectors: dict[str, Any] = {
        SPARSE: q.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    }
    if point.dense:
        vectors[DENSE] = list(point.dense)
    return q.Point(point.id, vectors, payload(point))


def _weight(vectors: Any, index: int) -> float:
    sparse = vectors[SPARSE]
    weight: float = sparse.values[sparse.indices.index(index)]
    return weight
