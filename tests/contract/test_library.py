"""Ingestion and search above the store and the index in process."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.retrieval.library import Library, open_library
from rag.retrieval.qdrant_embedded import EdgeIndex
from store.engine import Store
from tests.service.test_one_home import article, found

pytestmark = pytest.mark.contract

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def library(store: Store, tmp_path: Path) -> Iterator[Library]:
    opened = open_library(store, tmp_path / "index")
    yield opened
    opened.close()


@ON_SQLITE
def test_ingesting_again_replaces_what_changed_and_skips_the_rest(
    library: Library, tmp_path: Path
) -> None:
    kept = article(tmp_path, "Первая", "Статья о слонах.")
    edited = article(tmp_path, "Вторая", "Статья о тиграх.")
    assert [one.outcome for one in library.ingest([kept, edited]).documents] == ["added", "added"]
    article(tmp_path, "Вторая", "Статья о львах.")
    report = library.ingest([kept, edited])
    assert [one.outcome for one in report.documents] == ["unchanged", "updated"]
    assert report.count("updated") == 1
    assert found(library, "тигры") == []
    assert found(library, "львы") == ["Вторая"]


@ON_SQLITE
def test_the_same_file_twice_is_one_document(library: Library, tmp_path: Path) -> None:
    first = article(tmp_path, "Первая", "Статья о слонах.")
    copy = tmp_path / "copy.md"
    copy.write_bytes(first.read_bytes())
    one, two = library.ingest([first, copy]).documents
    assert (two.outcome, two.id) == ("duplicate", one.id)
    assert len(library.documents()) == 1


@ON_SQLITE
def test_a_removed_document_is_found_no_more(library: Library, tmp_path: Path) -> None:
    (taken,) = library.ingest([article(tmp_path, "Первая", "Статья о слонах.")]).documents
    assert library.remove(taken.id)
    assert not library.remove(taken.id)
    assert found(library, "слоны") == []
    assert library.ingest([tmp_path / "Первая.md"]).count("added") == 1
    assert found(library, "слоны") == ["Первая"]


@ON_SQLITE
def test_records_keep_their_ids(library: Library, tmp_path: Path) -> None:
    records = [{"_id": f"doc {n}", "text": f"Слоны номер {n}."} for n in range(210)]
    records[7] |= {"title": "Про слонов", "text": "Слоны номер 8."}
    path = tmp_path / "records.jsonl"
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    report = library.ingest([path])
    assert [one.id for one in report.documents] == [f"doc {n}" for n in range(210)]
    assert report.count("added") == 210  # two of one text are two documents
    assert library.search("слоны 209", 1)[0].document_id == "doc 209"
    assert library.search("слоны 209", 1)[0].title == "doc 209"  # none was given
    assert library.ingest([path]).count("unchanged") == 210


@ON_SQLITE
def test_an_upload_is_known_by_its_name_or_by_the_id_given(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "tmp1234"
    path.write_text("# Слоны\n\nСтатья о слонах.", encoding="utf-8")
    (first,) = library.ingest_file(path, name="слоны.md")
    assert (first.source, first.title) == ("слоны.md", "Слоны")
    path.write_text("# Слоны\n\nСтатья о мамонтах.", encoding="utf-8")
    (second,) = library.ingest_file(path, name="слоны.md")
    assert (second.id, second.outcome) == (first.id, "updated")
    path.write_text("# Слоны\n\nСтатья о хоботах.", encoding="utf-8")
    (third,) = library.ingest_file(path, name="слоны.md", document_id="elephants")
    assert (third.id, third.outcome) == ("elephants", "added")


@ON_SQLITE
def test_search_gives_distinct_documents_by_their_best_passage(
    library: Library, tmp_path: Path
) -> None:
    sections = "\n\n".join(f"## Раздел {n}\n\nСлоны и слоны, раздел {n}." for n in range(30))
    article(tmp_path, "Много", sections)
    article(tmp_path, "Мало", "Длинная статья о разном. " * 9 + "Слоны упомянуты.")
    library.ingest([tmp_path / "Много.md", tmp_path / "Мало.md"])
    hits = library.search("слоны", 2)
    assert [hit.title for hit in hits] == ["Много", "Мало"]
    assert hits[0].heading.startswith("Раздел")
    assert hits[0].score > hits[1].score
    passages = library.search_passages("слоны", 5)
    assert [hit.title for hit in passages] == ["Много"] * 5


@ON_SQLITE
@pytest.mark.parametrize(
    "query",
    [
        "сколько стоит тариф домашний двести",
        "домашнего 200",
        "дома\u0301шнему двумстам",
        "ДОМАШНИЙ 200",
    ],
)
def test_what_is_heard_finds_what_is_written(library: Library, tmp_path: Path, query: str) -> None:
    library.ingest(
        [
            article(tmp_path, "Двести", "Тариф «Домашний 200» стоит 650 рублей."),
            article(tmp_path, "Сто", "Тариф «Домашний 100» стоит 500 рублей."),
        ]
    )
    assert found(library, query)[0] == "Двести"


@ON_SQLITE
def test_a_search_is_narrowed_by_tags(library: Library, tmp_path: Path) -> None:
    home, office = (article(tmp_path, name, f"Слоны номер {name}.") for name in ("дом", "офис"))
    library.ingest([home], tags=["квартира"])
    library.ingest([office], tags=["бизнес", "срочно"])
    assert len(library.search("слоны", 5)) == 2
    assert [hit.title for hit in library.search("слоны", 5, ["квартира"])] == ["дом"]
    assert len(library.search("слоны", 5, ["квартира", "срочно"])) == 2
    assert library.search("слоны", 5, ["нет такого"]) == []
    # Other tags are a change.
    assert library.ingest([home], tags=["дача"]).count("updated") == 1
    assert library.search("слоны", 5, ["квартира"]) == []
    assert [hit.title for hit in library.search("слоны", 5, ["дача"])] == ["дом"]


@ON_SQLITE
def test_names_in_the_documents_are_kept_in_a_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "phrases.txt"
    library = open_library(store, tmp_path / "index", phrases=path)
    (taken,) = library.ingest([article(tmp_path, "а", "Есть тариф «Игровой 500».")]).documents
    assert path.read_text(encoding="utf-8") == "игровой пятьсот\n"
    library.remove(taken.id)
    assert path.read_text(encoding="utf-8") == ""
    library.close()


@ON_SQLITE
def test_nothing_asked_and_nothing_there_find_nothing(library: Library, tmp_path: Path) -> None:
    assert library.search("слоны", 3) == []
    library.ingest([article(tmp_path, "Первая", "Статья о слонах.")])
    for query in ("", "   ", "?!", "и на под", "бегемот"):
        assert library.search(query, 3) == []


@ON_SQLITE
def test_an_index_of_another_store_or_make_is_built_anew(store: Store, tmp_path: Path) -> None:
    from rag.retrieval.index import Applied, Point, Sparse

    stale = EdgeIndex(tmp_path / "index")
    point = Point("00000000-0000-0000-0000-00000000abcd", "x", "x", "", "x", Sparse((1,), (1.0,)))
    stale.replace({"x": [point]})
    stale.set_applied(Applied("another store, older vectors", 99))
    stale.close()
    library = open_library(store, tmp_path / "index")
    library.ingest([article(tmp_path, "Первая", "Статья о слонах.")])
    assert found(library, "слоны") == ["Первая"]
    library.close()
    opened = EdgeIndex(tmp_path / "index")
    applied = opened.applied()
    assert applied is not None
    assert (applied.revision, opened.count()) == (1, 1)
    opened.close()


class Meaning:
    """A dense model that knows two things: animals and prices."""

    name = "meaning"
    size = 2

    def embed_documents(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> tuple[float, ...]:
        return (1.0, 0.0) if any(w in text for w in ("слон", "хобот", "зверь")) else (0.0, 1.0)


@ON_SQLITE
def test_a_dense_model_finds_what_shares_no_word(store: Store, tmp_path: Path) -> None:
    library = Library(store, EdgeIndex(tmp_path / "dense", lambda: 2), Meaning())
    library.ingest(
        [
            article(tmp_path, "Первая", "Статья о слонах."),
            article(tmp_path, "Вторая", "Статья о тарифах."),
        ]
    )
    assert found(library, "зверь")[0] == "Первая"
    library.close()
