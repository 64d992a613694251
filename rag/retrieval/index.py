"""What a vector index must do, whichever engine does it, and what Qdrant's two engines do alike.

Knows points, sparse and dense vectors and one revision; knows nothing of documents' files,
of Russian, or of the store. The index is derived: `reset` may be called at any time and the
owner of the truth fills it again.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SPARSE = "sparse"
DENSE = "dense"
"""Names of the two vectors of a point."""

DOCUMENT_KEY = "metadata.document_id"
"""Where a point's payload names its document."""

TAGS_KEY = "metadata.tags"
"""Where it lists its document's tags."""

PREFETCH = 4
"""Each ranking is fused to this many times the depth that is asked for."""

STATE_ID = "00000000-0000-0000-0000-000000000001"
"""A point without vectors whose payload is `Applied`. It takes the engine's own log, in order
with the points it speaks of, so after a crash it never promises more than is there."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: distinct unsigned 32-bit `indices`, a weight for each."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


Vector = Sparse | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A passage in the index: `id` is a UUID, `dense` is empty where no model is configured."""

    id: str
    document_id: str
    title: str
    heading: str
    text: str
    sparse: Sparse
    dense: tuple[float, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def vectors(self) -> dict[str, Vector]:
        """The vectors that it has, by name."""
        return {SPARSE: self.sparse, DENSE: self.dense} if self.dense else {SPARSE: self.sparse}


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage that a query found; higher scores are better, their scale is the query's."""

    id: str
    document_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Applied:
    """What an index holds: all changes up to `revision` of the source named `fingerprint`.

    The fingerprint names the store and the way in which vectors were made. Another one means
    that the index was built from something else, so that it must be built anew.
    """

    fingerprint: str
    revision: int


class Index(Protocol):
    """Blocking, and safe to call from several threads."""

    @property
    def shared(self) -> bool:
        """Whether what is written here is seen by processes that come later."""
        ...

    def check_space(self) -> None:
        """Raises DiskFull where there is no room to write."""
        ...

    def replace(self, documents: Mapping[str, Sequence[Point]]) -> None:
        """Make these the only points of each document; no points removes the document.

        A document that is in the index is found at every moment, before and after.
        """
        ...

    def query(
        self,
        sparse: Sparse | None,
        dense: Sequence[float] | None,
        limit: int,
        tags: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        """The best points, best first: by one vector, or by both fused by reciprocal rank.

        With `tags`, only those whose document has any of them.
        """
        ...

    def idf(self, indices: Sequence[int]) -> dict[int, float]:
        """The inverse document frequency of each sparse index that some point has."""
        ...

    def count(self) -> int:
        """The number of points."""
        ...

    def applied(self) -> Applied | None:
        """What was applied last; None for an index that is new."""
        ...

    def set_applied(self, applied: Applied) -> None:
        """Remember what has been applied, durably, after the points it speaks of."""
        ...

    def reset(self) -> None:
        """Drop everything."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


class QdrantIndex(ABC):
    """Searches as `Index` promises; an engine says how it carries out each kind of request.

    A point is what the engine returns: it has `id`, `score`, `payload` and `vector`.
    """

    def query(
        self,
        sparse: Sparse | None,
        dense: Sequence[float] | None,
        limit: int,
        tags: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        wanted: dict[str, Vector] = {}
        if sparse is not None and sparse.indices:
            wanted[SPARSE] = sparse
        if dense is not None:
            wanted[DENSE] = tuple(dense)
        if not wanted:
            return []
        if len(wanted) == 1:
            ((name, vector),) = wanted.items()
            points = self._ranked(name, vector, limit, tags)
        else:
            points = self._fused(wanted, limit * PREFETCH, limit, tags)
        return [_scored(point) for point in points]

    def idf(self, indices: Sequence[int]) -> dict[int, float]:
        # The engines keep document frequencies to themselves. But a query of one term scores
        # idf * weight, and the weight is in the point that it finds.
        found = self._best_of_each([Sparse((index,), (1.0,)) for index in indices])
        return {
            index: points[0].score / _weight(points[0], index)
            for index, points in zip(indices, found, strict=True)
            if points
        }

    @abstractmethod
    def _ranked(self, name: str, wanted: Vector, limit: int, tags: Sequence[str]) -> Iterable[Any]:
        """The best points by the vector of this name; see `Index.query`."""

    @abstractmethod
    def _fused(
        self, wanted: Mapping[str, Vector], depth: int, limit: int, tags: Sequence[str]
    ) -> Iterable[Any]:
        """The best points by the best `depth` by each vector, fused by reciprocal rank."""

    @abstractmethod
    def _best_of_each(self, terms: Sequence[Sparse]) -> Sequence[Sequence[Any]]:
        """For each of the vectors the best point with its sparse vector, or none."""


def _scored(point: Any) -> ScoredPassage:
    return ScoredPassage(str(point.id), point.payload["metadata"]["document_id"], point.score)


def _weight(point: Any, index: int) -> float:
    sparse = point.vector[SPARSE]
    weight: float = sparse.values[sparse.indices.index(index)]
    return weight


def applied_of(points: Sequence[Any]) -> Applied | None:
    """What the point of `STATE_ID` says, where there is one."""
    return Applied(**points[0].payload["applied"]) if points and points[0].payload else None


def payload(point: Point) -> dict[str, object]:
    """The payload of a point under the keys that `langchain-qdrant`'s vector store reads."""
    return {
        "page_content": point.text,
        "metadata": {
            "document_id": point.document_id,
            "title": point.title,
            "heading": point.heading,
            "tags": list(point.tags),
        },
    }
