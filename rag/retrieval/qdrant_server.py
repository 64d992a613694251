"""The index on a Qdrant server, through its Query API (1.10 and later; meant for 1.12.3).

Knows `qdrant-client`; several processes may share the collection, and indexer.py sees to it
that one at a time writes what changed.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
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

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

PREFETCH = 4
"""Each ranking is fused to this many times the depth that is asked for."""

BATCH = 256
"""Points in one request: about 1 MB."""


REQUEST_TIMEOUT_S = 5


def connect(
    url: str, api_key: str | None, collection: str, dense_size: Callable[[], int] | None
) -> "ServerIndex":
    """The index on the server at `url`; connects at the first use."""

    def client() -> "QdrantClient":
        from qdrant_client import QdrantClient

        # The client warns of servers more than one minor version older. What is used here is
        # in 1.10 already.
        return QdrantClient(
            url=url, api_key=api_key, timeout=REQUEST_TIMEOUT_S, check_compatibility=False
        )

    return ServerIndex(client, collection, dense_size)


class ServerIndex:
    """Connects at the first use. `dense_size` is asked when the collection is made."""

    def __init__(
        self,
        connect: "Callable[[], QdrantClient]",
        collection: str,
        dense_size: Callable[[], int] | None = None,
    ) -> None:
        self._connect = connect
        self._collection = collection
        self._dense_size = dense_size
        self._opening = threading.RLock()
        self._opened: QdrantClient | None = None

    @property
    def shared(self) -> bool:
        return True

    def replace(self, documents: Mapping[str, Sequence[Point]]) -> None:
        from qdrant_client import models as m

        points = [point for found in documents.values() for point in found]
        for start in range(0, len(points), BATCH):
            batch = [_point(point) for point in points[start : start + BATCH]]
            self._client().upsert(self._collection, batch, wait=True)
        # New points first, then what is left of the old: a reader never misses a document.
        of_these = m.FieldCondition(key=DOCUMENT_KEY, match=m.MatchAny(any=sorted(documents)))
        kept = m.HasIdCondition(has_id=[point.id for point in points])
        outdated = m.FilterSelector(filter=m.Filter(must=[of_these], must_not=[kept]))
        self._client().delete(self._collection, outdated, wait=True)

    def query(
        self,
        sparse: Sparse | None,
        dense: Sequence[float] | None,
        limit: int,
        tags: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        from qdrant_client import models as m

        nearest: list[tuple[Any, str]] = []
        if sparse is not None and sparse.indices:
            vector = m.SparseVector(indices=list(sparse.indices), values=list(sparse.values))
            nearest.append((vector, SPARSE))
        if dense is not None:
            nearest.append((list(dense), DENSE))
        if not nearest:
            return []
        tagged = m.FieldCondition(key=TAGS_KEY, match=m.MatchAny(any=list(tags))) if tags else None
        only = m.Filter(must=[tagged]) if tagged else None
        asked: dict[str, Any] = {
            "query": nearest[0][0],
            "using": nearest[0][1],
            "query_filter": only,
        }
        if len(nearest) > 1:
            fetched = [
                m.Prefetch(query=vector, using=name, limit=limit * PREFETCH, filter=only)
                for vector, name in nearest
            ]
            asked = {"prefetch": fetched, "query": m.FusionQuery(fusion=m.Fusion.RRF)}
        found = self._client().query_points(
            self._collection, **asked, limit=limit, with_payload=[DOCUMENT_KEY]
        )
        return [
            ScoredPassage(
                str(point.id), (point.payload or {})["metadata"]["document_id"], point.score
            )
            for point in found.points
        ]

    def idf(self, indices: Sequence[int]) -> dict[int, float]:
        from qdrant_client import models as m

        requests = [
            m.QueryRequest(
                query=m.SparseVector(indices=[index], values=[1.0]),
                using=SPARSE,
                limit=1,
                with_vector=[SPARSE],
            )
            for index in indices
        ]
        if not requests:
            return {}
        found = self._client().query_batch_points(self._collection, requests)
        return {
            index: answer.points[0].score / _weight(answer.points[0].vector, index)
            for index, answer in zip(indices, found, strict=True)
            if answer.points
        }

    def count(self) -> int:
        from qdrant_client import models as m

        points = m.Filter(must_not=[m.HasIdCondition(has_id=[STATE_ID])])
        return self._client().count(self._collection, count_filter=points, exact=True).count

    def applied(self) -> Applied | None:
        found = self._client().retrieve(self._collection, [STATE_ID], with_payload=True)
        return Applied(**found[0].payload["applied"]) if found and found[0].payload else None

    def set_applied(self, applied: Applied) -> None:
        from qdrant_client import models as m

        state = m.PointStruct(id=STATE_ID, vector={}, payload={"applied": asdict(applied)})
        self._client().upsert(self._collection, [state], wait=True)

    def reset(self) -> None:
        client = self._client()
        client.delete_collection(self._collection)
        self._create(client)

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _client(self) -> "QdrantClient":
        with self._opening:
            if self._opened is None:
                client = self._connect()
                if not client.collection_exists(self._collection):
                    self._create_once(client)
                self._opened = client
            return self._opened

    def _create_once(self, client: "QdrantClient") -> None:
        try:
            self._create(client)
        except Exception:
            # Another process may have been quicker; anything else is a fault.
            if not client.collection_exists(self._collection):
                raise

    def _create(self, client: "QdrantClient") -> None:
        from qdrant_client import models as m

        dense: dict[str, m.VectorParams] = {}
        if self._dense_size is not None:
            dense[DENSE] = m.VectorParams(size=self._dense_size(), distance=m.Distance.COSINE)
        client.create_collection(
            self._collection,
            vectors_config=dense,
            sparse_vectors_config={SPARSE: m.SparseVectorParams(modifier=m.Modifier.IDF)},
        )
        for key in (DOCUMENT_KEY, TAGS_KEY):
            client.create_payload_index(
                self._collection, key, field_schema=m.PayloadSchemaType.KEYWORD
            )


def _point(point: Point) -> Any:
    from qdrant_client import models as m

    vectors: dict[str, Any] = {
        SPARSE: m.SparseVector(indices=list(point.sparse.indices), values=list(point.sparse.values))
    }
    if point.dense:
        vectors[DENSE] = list(point.dense)
    return m.PointStruct(id=point.id, vector=vectors, payload=payload(point))


def _weight(vectors: Any, index: int) -> float:
    sparse = vectors[SPARSE]
    weight: float = sparse.values[sparse.indices.index(index)]
    return weight
