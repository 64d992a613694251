"""The index on a Qdrant server, through its Query API (1.10 and later; meant for 1.12.3).

Knows `qdrant-client`; several processes may share the collection, and indexer.py sees to it
that one at a time writes what changed.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    QdrantIndex,
    Sparse,
    Vector,
    applied_of,
    payload,
)

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

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


class ServerIndex(QdrantIndex):
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

    def check_space(self) -> None:
        """Its disk is the server's to watch."""

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

    def _ranked(self, name: str, wanted: Vector, limit: int, tags: Sequence[str]) -> Iterable[Any]:
        found = self._client().query_points(
            self._collection,
            query=_vector(wanted),
            using=name,
            query_filter=_tagged(tags),
            limit=limit,
            with_payload=[DOCUMENT_KEY],
        )
        return found.points

    def _fused(
        self, wanted: Mapping[str, Vector], depth: int, limit: int, tags: Sequence[str]
    ) -> Iterable[Any]:
        from qdrant_client import models as m

        only = _tagged(tags)
        found = self._client().query_points(
            self._collection,
            prefetch=[
                m.Prefetch(query=_vector(vector), using=name, limit=depth, filter=only)
                for name, vector in wanted.items()
            ],
            query=m.FusionQuery(fusion=m.Fusion.RRF),
            limit=limit,
            with_payload=[DOCUMENT_KEY],
        )
        return found.points

    def _best_of_each(self, terms: Sequence[Sparse]) -> Sequence[Sequence[Any]]:
        from qdrant_client import models as m

        requests = [
            m.QueryRequest(query=_vector(term), using=SPARSE, limit=1, with_vector=[SPARSE])
            for term in terms
        ]
        found = self._client().query_batch_points(self._collection, requests) if requests else []
        return [answer.points for answer in found]

    def count(self) -> int:
        from qdrant_client import models as m

        points = m.Filter(must_not=[m.HasIdCondition(has_id=[STATE_ID])])
        return self._client().count(self._collection, count_filter=points, exact=True).count

    def applied(self) -> Applied | None:
        found = self._client().retrieve(self._collection, [STATE_ID], with_payload=True)
        return applied_of(found)

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

    vectors = {name: _vector(vector) for name, vector in point.vectors.items()}
    return m.PointStruct(id=point.id, vector=vectors, payload=payload(point))


def _vector(vector: Vector) -> Any:
    from qdrant_client import models as m

    if isinstance(vector, Sparse):
        return m.SparseVector(indices=list(vector.indices), values=list(vector.values))
    return list(vector)


def _tagged(tags: Sequence[str]) -> Any:
    from qdrant_client import models as m

    any_of = m.FieldCondition(key=TAGS_KEY, match=m.MatchAny(any=list(tags)))
    return m.Filter(must=[any_of]) if tags else None
