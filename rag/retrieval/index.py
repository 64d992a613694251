"""What a vector index must do, whichever engine does it.

Knows points, sparse and dense vectors and one revision; knows nothing of documents' files,
of Russian, or of the store. The index is derived: `reset` may be called at any time and the
owner of the truth fills it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SPARSE = "sparse"
DENSE = "dense"
"""Names of the two vectors of a point."""

DOCUMENT_KEY = "metadata.document_id"
"""Where a point's payload names its document."""

TAGS_KEY = "metadata.tags"
"""Where it lists its document's tags."""

STATE_ID = "00000000-0000-0000-0000-000000000001"
"""A point without vectors whose payload is `Applied`. It takes the engine's own log, in order
with the points it speaks of, so after a crash it never promises more than is there."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: distinct unsigned 32-bit `indices`, a weight for each."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


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
        """The inverse document frequency of each sparse index that some point has.

        The engines keep document frequencies to themselves. But a query of one term scores
        idf * weight, and the weight is in the point that it finds.
        """
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
