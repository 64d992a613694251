"""An index brought up with the store: from any revision, after any break, by several at once."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dialog.errors import DiskFull
from rag.retrieval.index import Applied, Point, ScoredPassage, Sparse
from rag.retrieval.indexer import BATCH, Indexer
from store import documents
from store.documents import NewDocument, NewPassage
from store.engine import Store, open_store

pytestmark = pytest.mark.unit


class Died(Exception):
    """The process is gone."""


class Kept:
    """An index as it outlives its processes: documents, and how far it came.

    `calls` are those that changed it. It dies before the change that `dies_before` names, and
    finds out whether another has written since the writer last looked.
    """

    def __init__(self, *, shared: bool = True) -> None:
        self.shared = shared
        self.documents: dict[str, list[Point]] = {}
        self.state: Applied | None = None
        self.calls: list[tuple[str, object]] = []
        self.dies_before: tuple[str, int] | None = None
        self.looked = 0
        self.full = False
        self._seen: dict[int, Applied | None] = {}

    def check_space(self) -> None:
        if self.full:
            raise DiskFull("the disk is full")

    def replace(self, documents: Mapping[str, Sequence[Point]]) -> None:
        self._change("replace", sorted(documents))
        for id_, points in documents.items():
            self.documents.pop(id_, None)
            if points:
                self.documents[id_] = list(points)

    def set_applied(self, applied: Applied) -> None:
        self._change("set_applied", applied.revision)
        self.state = self._seen[threading.get_ident()] = applied

    def reset(self) -> None:
        self._change("reset", None)
        self.documents.clear()
        self.state = self._seen[threading.get_ident()] = None

    def _change(self, name: str, what: object) -> None:
        if self.dies_before == (name, sum(call == name for call, _ in self.calls)):
            self.dies_before = None
            raise Died
        assert self.state == self._seen[threading.get_ident()], "two write at once"
        self.calls.append((name, what))

    def applied(self) -> Applied | None:
        self.looked += 1
        self._seen[threading.get_ident()] = self.state
        return self.state

    def count(self) -> int:
        return sum(map(len, self.documents.values()))

    def query(
        self,
        sparse: Sparse | None,
        dense: Sequence[float] | None,
        limit: int,
        tags: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        raise AssertionError("an indexer asks nothing")

    def idf(self, indices: Sequence[int]) -> dict[int, float]:
        raise AssertionError("an indexer asks nothing")

    def close(self) -> None:
        raise AssertionError("the index is its owner's")

    def texts(self) -> dict[str, list[str]]:
        return {id_: [point.text for point in found] for id_, found in self.documents.items()}

    def called(self, name: str) -> list[object]:
        return [what for call, what in self.calls if call == name]


class Meaning:
    """A dense model called `name`, whose vector is a text's length."""

    size = 1

    def __init__(self, name: str) -> None:
        self.name = name

    def embed_documents(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> tuple[float, ...]:
        return (float(len(text)),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/beseda.db")
    yield opened
    opened.close()


def put(store: Store, texts: Mapping[str, str]) -> None:
    found = [
        NewDocument(id_, id_.upper(), id_, "md", f"{id_} {text}", (NewPassage("Раздел", text),))
        for id_, text in texts.items()
    ]
    with store.session() as session:
        documents.put_all(session, found)


def remove(store: Store, id_: str) -> None:
    with store.session() as session:
        assert documents.remove(session, id_)


def many(number: int, text: str = "слоны") -> dict[str, str]:
    return {f"d{place:04}": f"{text} {place}" for place in range(number)}


def test_what_the_store_holds_is_in_the_index(store: Store) -> None:
    put(store, {"a": "слоны", "b": "тигры", "c": "львы"})
    remove(store, "b")
    put(store, {"a": "мамонты"})
    index = Kept()
    Indexer(store, index, None).sync()
    assert index.texts() == {"a": ["мамонты"], "c": ["львы"]}
    (point,) = index.documents["a"]
    assert (point.document_id, point.title, point.heading) == ("a", "A", "Раздел")
    assert point.dense == ()
    assert point.sparse.indices
    assert index.state is not None
    assert index.state.revision == 5


def test_only_what_changed_since_is_written_removals_too(store: Store) -> None:
    put(store, many(5))
    index = Kept()
    up = Indexer(store, index, None)
    up.sync()
    index.calls.clear()
    put(store, {"d0003": "киты", "новый": "жирафы"})
    remove(store, "d0001")
    up.sync()
    assert index.called("replace") == [["d0001", "d0003", "новый"]]
    assert index.called("reset") == []
    assert sorted(index.documents) == ["d0000", "d0002", "d0003", "d0004", "новый"]


def test_an_index_that_is_up_is_not_touched(store: Store) -> None:
    put(store, {"a": "слоны"})
    index = Kept()
    up = Indexer(store, index, None)
    up.sync()
    reached = up.reached
    index.calls.clear()
    looked = index.looked
    up.sync()
    assert index.calls == []
    assert index.looked == looked  # one SELECT is enough
    assert up.reached == reached == index.state


def test_changes_are_applied_in_batches_oldest_first_and_told(store: Store) -> None:
    put(store, many(2 * BATCH + 3))
    index = Kept()
    told: list[tuple[int, int, str]] = []
    up = Indexer(store, index, None)
    up.sync(lambda *step: told.append(step))
    total = 2 * BATCH + 3
    assert index.called("set_applied") == [0, BATCH, 2 * BATCH, total]
    assert told == [(done, total, "") for done in (BATCH, 2 * BATCH, total)]
    put(store, {"ещё": "киты"})
    told.clear()
    up.sync(lambda *step: told.append(step))
    assert told == [(1, 1, "")]


@pytest.mark.parametrize("call", ["replace", "set_applied"])
def test_broken_off_it_goes_on_from_the_last_note(store: Store, call: str) -> None:
    put(store, many(BATCH + 2))
    index = Kept()
    # The first note is that of a new index; the second says that a batch is in.
    index.dies_before = (call, 1 if call == "replace" else 2)
    with pytest.raises(Died):
        Indexer(store, index, None).sync()
    assert index.state is not None
    assert index.state.revision == BATCH
    index.calls.clear()
    put(store, {"d0000": "киты"})  # and meanwhile the store goes on
    Indexer(store, index, None).sync()
    assert index.called("replace") == [["d0000", f"d{BATCH:04}", f"d{BATCH + 1:04}"]]
    assert index.called("reset") == []
    assert index.texts() == {
        id_: [text] for id_, text in {**many(BATCH + 2), "d0000": "киты"}.items()
    }


def test_points_written_without_their_note_are_written_again(store: Store) -> None:
    put(store, {"a": "слоны"})
    index = Kept()
    index.dies_before = ("set_applied", 1)
    up = Indexer(store, index, None)
    with pytest.raises(Died):
        up.sync()
    assert index.texts() == {"a": ["слоны"]}
    assert index.state is not None
    assert index.state.revision == 0
    remove(store, "a")
    up.sync()
    assert index.texts() == {}


def test_an_index_of_another_store_is_built_anew(store: Store, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    put(other, {"чужой": "киты", "ещё": "киты"})
    index = Kept()
    Indexer(other, index, None).sync()
    put(store, {"a": "слоны"})
    Indexer(store, index, None).sync()
    assert index.texts() == {"a": ["слоны"]}
    assert index.called("reset") == [None, None]
    other.close()


def test_an_index_ahead_of_its_store_is_built_anew(store: Store) -> None:
    put(store, {"a": "слоны"})
    index = Kept()
    Indexer(store, index, None).sync()
    assert index.state is not None
    # The store was restored from a backup: what its next revisions are, the index had otherwise.
    index.state = Applied(index.state.fingerprint, 7)
    index.documents["b"] = index.documents["a"]
    Indexer(store, index, None).sync()
    assert index.texts() == {"a": ["слоны"]}
    assert index.state.revision == 1


def test_another_model_means_other_vectors(store: Store) -> None:
    put(store, {"a": "слоны"})
    index = Kept()
    Indexer(store, index, None).sync()
    Indexer(store, index, Meaning("one")).sync()
    assert index.documents["a"][0].dense == (float(len("A\nРаздел\nслоны")),)
    Indexer(store, index, Meaning("one")).sync()
    assert len(index.called("reset")) == 2
    Indexer(store, index, Meaning("two")).sync()
    assert len(index.called("reset")) == 3


def test_an_empty_store_leaves_an_empty_index(store: Store) -> None:
    index = Kept()
    index.documents["a"] = []
    Indexer(store, index, None).sync()
    assert index.texts() == {}
    assert index.state is not None
    assert index.state.revision == 0


def test_a_private_copy_takes_no_lock_of_the_others(store: Store) -> None:
    put(store, {"a": "слоны"})
    index = Kept(shared=False)
    with store.exclusive("index"):  # another process is at work on the shared one
        Indexer(store, index, None).sync()
    assert index.texts() == {"a": ["слоны"]}


def test_two_processes_on_one_index_take_turns_while_the_store_changes(store: Store) -> None:
    index = Kept()
    each = [Indexer(store, index, None) for _ in range(2)]  # as each process has its own
    stop = threading.Event()

    def keep_up(one: Indexer) -> int:
        rounds = 0
        while not stop.is_set():
            one.sync()
            rounds += 1
        return rounds

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(keep_up, one) for one in each]
        for number in range(20):
            put(store, many(10, f"раз {number}"))
            if number % 5 == 4:
                remove(store, f"d000{number % 10}")
        stop.set()
        assert all(one.result() > 0 for one in running)
    for one in each:
        one.sync()
    with store.reading() as session:
        kept = documents.passages_of(session, list(many(10)))
        revision = documents.revision(session)[1]
    assert index.texts() == {passage.document_id: [passage.text] for passage in kept}
    assert each[0].reached == each[1].reached == index.state
    assert index.state is not None
    assert index.state.revision == revision
    noted = index.called("set_applied")
    assert noted == sorted(noted, key=lambda revision: int(str(revision)))
    assert index.called("reset") == [None]


def test_on_a_full_disk_nothing_is_written_and_later_it_goes_on(store: Store) -> None:
    put(store, {"a": "слоны"})
    index = Kept()
    index.full = True
    indexer = Indexer(store, index, None)
    with pytest.raises(DiskFull):
        indexer.sync()
    assert index.calls == []
    index.full = False
    indexer.sync()
    assert list(index.documents) == ["a"]
