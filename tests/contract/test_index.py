"""One suite for both adapters of `Index`.

No Qdrant server runs here: the server adapter speaks to `qdrant-client`'s local mode, which
takes the same calls and computes in Python. So this proves the adapter, not the wire.
"""

import math
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.retrieval.index import Applied, Index, Point, Sparse
from rag.retrieval.qdrant_embedded import EdgeIndex
from rag.retrieval.qdrant_server import ServerIndex

pytestmark = pytest.mark.contract

MakeIndex = Callable[[Callable[[], int] | None], Index]


def in_process(folder: Path) -> MakeIndex:
    return lambda dense_size: EdgeIndex(folder / "index", dense_size)


def on_server(folder: Path) -> MakeIndex:
    from qdrant_client import QdrantClient

    def make(dense_size: Callable[[], int] | None) -> Index:
        return ServerIndex(lambda: QdrantClient(path=str(folder)), "documents", dense_size)

    return make


@pytest.fixture(params=[in_process, on_server], ids=["edge", "server"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeIndex:
    built: MakeIndex = request.param(tmp_path)
    return built


@pytest.fixture
def index(make: MakeIndex) -> Iterator[Index]:
    with warnings.catch_warnings():
        # Local mode says that it ignores payload indexes; a server makes them.
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        opened = make(None)
        yield opened
        opened.close()


def point(document: str, ordinal: int, weights: dict[int, float], *dense: float) -> Point:
    return Point(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{document} {ordinal}")),
        document_id=document,
        title=f"Title of {document}",
        heading="",
        text=f"text {ordinal}",
        sparse=Sparse(tuple(weights), tuple(weights.values())),
        dense=dense,
    )


def ask(*indices: int) -> Sparse:
    return Sparse(indices, (1.0,) * len(indices))


def found(index: Index, *indices: int) -> list[str]:
    return [hit.document_id for hit in index.query(ask(*indices), None, 10)]


def test_new_index_is_empty_and_has_applied_nothing(index: Index) -> None:
    assert index.count() == 0
    assert index.applied() is None
    assert found(index, 1) == []


def test_rare_terms_outweigh_common_ones(index: Index) -> None:
    common = {f"d{i}": [point(f"d{i}", 0, {1: 1.0})] for i in range(8)}
    index.replace({**common, "rare": [point("rare", 0, {2: 1.0})]})
    assert found(index, 1, 2)[0] == "rare"
    # Qdrant's IDF: ln(1 + (N - n + 0.5) / (n + 0.5)).
    idf = index.idf([1, 2, 3])
    assert idf[1] == pytest.approx(math.log(1 + (9 - 8 + 0.5) / 8.5), rel=1e-4)
    assert idf[2] == pytest.approx(math.log(1 + (9 - 1 + 0.5) / 1.5), rel=1e-4)
    assert 3 not in idf
    assert index.idf([]) == {}


def test_indices_use_all_32_bits(index: Index) -> None:
    index.replace({"a": [point("a", 0, {4_294_967_295: 1.0})]})
    assert found(index, 4_294_967_295) == ["a"]


def test_replace_leaves_only_the_new_points(index: Index) -> None:
    index.replace({"a": [point("a", i, {i: 1.0}) for i in (1, 2, 3)]})
    index.replace({"b": [point("b", 0, {3: 1.0})]})
    index.replace({"a": [point("a", 1, {7: 1.0})]})
    assert index.count() == 2
    assert found(index, 7) == ["a"]
    assert found(index, 2) == []
    assert found(index, 3) == ["b"]


def test_replace_by_nothing_removes(index: Index) -> None:
    index.replace({"a": [point("a", 0, {1: 1.0})], "b": [point("b", 0, {1: 1.0})]})
    index.replace({"a": (), "never there": ()})
    assert found(index, 1) == ["b"]
    assert index.count() == 1


def test_replace_twice_is_replace_once(index: Index) -> None:
    documents = {"a": [point("a", i, {1: 1.0, 2 + i: 1.0}) for i in range(5)]}
    index.replace(documents)
    index.replace(documents)
    assert index.count() == 5


def test_limit_is_kept_and_the_best_come_first(index: Index) -> None:
    index.replace({f"d{i}": [point(f"d{i}", 0, {1: 1.0 + i})] for i in range(5)})
    hits = index.query(ask(1), None, 3)
    assert [hit.document_id for hit in hits] == ["d4", "d3", "d2"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_points_with_one_of_the_tags(index: Index) -> None:
    for name, tags in (("a", ("x",)), ("b", ("y", "z")), ("c", ())):
        index.replace({name: [replace(point(name, 0, {1: 1.0}), tags=tags)]})
    for wanted, names in ((["x"], {"a"}), (["x", "z"], {"a", "b"}), ([], {"a", "b", "c"})):
        hits = index.query(ask(1), None, 10, wanted)
        assert {hit.document_id for hit in hits} == names


def test_an_empty_query_finds_nothing(index: Index) -> None:
    index.replace({"a": [point("a", 0, {1: 1.0})]})
    assert index.query(Sparse((), ()), None, 10) == []
    assert index.query(None, None, 10) == []


def test_applied_survives_and_is_no_point(make: MakeIndex) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        index = make(None)
        index.replace({"a": [point("a", 0, {1: 1.0})]})
        index.set_applied(Applied("store x, lemmas 1", 17))
        index.close()
        again = make(None)
        assert again.applied() == Applied("store x, lemmas 1", 17)
        assert again.count() == 1
        assert found(again, 1) == ["a"]
        again.close()


def test_reset_forgets_everything(index: Index) -> None:
    index.replace({"a": [point("a", 0, {1: 1.0})]})
    index.set_applied(Applied("x", 3))
    index.reset()
    assert index.applied() is None
    assert index.count() == 0
    index.replace({"b": [point("b", 0, {1: 1.0})]})
    assert found(index, 1) == ["b"]


def test_both_vectors_are_fused(make: MakeIndex) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        index = make(lambda: 2)
        index.replace(
            {
                "words": [point("words", 0, {1: 1.0}, 0.0, 1.0)],
                "meaning": [point("meaning", 0, {2: 1.0}, 1.0, 0.0)],
                "both": [point("both", 0, {1: 0.9}, 0.9, 0.1)],
            }
        )
        index.set_applied(Applied("x", 1))  # its point has no vectors: it must never be found
        by_meaning = index.query(None, (1.0, 0.0), 10)
        assert [hit.document_id for hit in by_meaning] == ["meaning", "both", "words"]
        fused = index.query(ask(1), (1.0, 0.0), 10)
        # Qdrant's RRF counts ranks from 0: the sum over both rankings of 1 / (2 + rank).
        scores = {hit.document_id: hit.score for hit in fused}
        assert scores == pytest.approx(
            {"words": 1 / 2 + 1 / 4, "both": 1 / 3 + 1 / 3, "meaning": 1 / 2}, rel=1e-4
        )
        assert list(scores) == ["words", "both", "meaning"]
        index.close()


def test_two_at_once_read_and_write(tmp_path: Path) -> None:
    """In process only: the second opener works on a copy, and leaves nothing behind."""
    first = EdgeIndex(tmp_path)
    first.replace({"a": [point("a", 0, {1: 1.0})]})
    first.set_applied(Applied("x", 1))
    second = EdgeIndex(tmp_path)
    assert (first.shared, second.shared) == (True, False)
    assert second.applied() == Applied("x", 1)
    second.replace({"b": [point("b", 0, {1: 0.5})]})
    first.replace({"c": [point("c", 0, {1: 0.5})]})
    assert (found(first, 1), found(second, 1)) == (["a", "c"], ["a", "b"])
    second.close()
    first.close()
    assert not list(tmp_path.glob("private-*"))


def test_a_broken_folder_is_built_anew(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    index.replace({"a": [point("a", 0, {1: 1.0})]})
    index.set_applied(Applied("x", 1))
    index.close()
    for path in (tmp_path / "shard").rglob("*"):
        if path.is_file():
            path.write_bytes(b"not a shard")
    again = EdgeIndex(tmp_path)
    assert again.applied() is None
    assert again.count() == 0
    again.close()
