"""Ingestion and search above the store and the index in process."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.ingestion.ingest import DocumentFile, Ingestion
from rag.retrieval.qdrant_embedded import EdgeIndex
from rag.retrieval.retriever import Retriever, open_retriever
from rag.vocabulary import VocabularyFile
from store.engine import Store
from tests.service.test_one_home import article, found

pytestmark = pytest.mark.contract

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def retriever(store: Store, tmp_path: Path) -> Iterator[Retriever]:
    opened = open_retriever(store, tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture
def ingestion(store: Store, retriever: Retriever) -> Ingestion:
    return Ingestion(store, retriever.follow)


@ON_SQLITE
def test_ingesting_again_replaces_what_changed_and_skips_the_rest(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    kept = article(tmp_path, "Первая", "Статья о слонах.")
    edited = article(tmp_path, "Вторая", "Статья о тиграх.")
    assert [one.outcome for one in ingestion.ingest([kept, edited]).documents] == ["added", "added"]
    article(tmp_path, "Вторая", "Статья о львах.")
    report = ingestion.ingest([kept, edited])
    assert [one.outcome for one in report.documents] == ["unchanged", "updated"]
    assert report.count("updated") == 1
    assert found(retriever, "тигры") == []
    assert found(retriever, "львы") == ["Вторая"]


@ON_SQLITE
def test_the_same_file_twice_is_one_document(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    first = article(tmp_path, "Первая", "Статья о слонах.")
    copy = tmp_path / "copy.md"
    copy.write_bytes(first.read_bytes())
    one, two = ingestion.ingest([first, copy]).documents
    assert (two.outcome, two.id) == ("duplicate", one.id)
    assert len(retriever.documents()) == 1


@ON_SQLITE
def test_a_removed_document_is_found_no_more(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    (taken,) = ingestion.ingest([article(tmp_path, "Первая", "Статья о слонах.")]).documents
    assert ingestion.remove(taken.id)
    assert not ingestion.remove(taken.id)
    assert found(retriever, "слоны") == []
    assert ingestion.ingest([tmp_path / "Первая.md"]).count("added") == 1
    assert found(retriever, "слоны") == ["Первая"]


@ON_SQLITE
def test_records_keep_their_ids(ingestion: Ingestion, retriever: Retriever, tmp_path: Path) -> None:
    records = [{"_id": f"doc {n}", "text": f"Слоны номер {n}."} for n in range(210)]
    records[7] |= {"title": "Про слонов", "text": "Слоны номер 8."}
    path = tmp_path / "records.jsonl"
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    report = ingestion.ingest([path])
    assert [one.id for one in report.documents] == [f"doc {n}" for n in range(210)]
    assert report.count("added") == 210  # two of one text are two documents
    assert retriever.search("слоны 209", 1)[0].document_id == "doc 209"
    assert retriever.search("слоны 209", 1)[0].title == "doc 209"  # none was given
    assert ingestion.ingest([path]).count("unchanged") == 210


@ON_SQLITE
def test_an_upload_is_known_by_its_name_or_by_the_id_given(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    path = tmp_path / "tmp1234"
    path.write_text("# Слоны\n\nСтатья о слонах.", encoding="utf-8")
    (first,) = ingestion.ingest_files([DocumentFile(path, "слоны.md")]).documents
    assert (first.source, first.title) == ("слоны.md", "Слоны")
    path.write_text("# Слоны\n\nСтатья о мамонтах.", encoding="utf-8")
    (second,) = ingestion.ingest_files([DocumentFile(path, "слоны.md")]).documents
    assert (second.id, second.outcome) == (first.id, "updated")
    path.write_text("# Слоны\n\nСтатья о хоботах.", encoding="utf-8")
    (third,) = ingestion.ingest_files(
        [DocumentFile(path, "слоны.md", document_id="elephants")]
    ).documents
    assert (third.id, third.outcome) == ("elephants", "added")


@ON_SQLITE
def test_search_gives_distinct_documents_by_their_best_passage(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    sections = "\n\n".join(f"## Раздел {n}\n\nСлоны и слоны, раздел {n}." for n in range(30))
    article(tmp_path, "Много", sections)
    article(tmp_path, "Мало", "Длинная статья о разном. " * 9 + "Слоны упомянуты.")
    ingestion.ingest([tmp_path / "Много.md", tmp_path / "Мало.md"])
    hits = retriever.search("слоны", 2)
    assert [hit.title for hit in hits] == ["Много", "Мало"]
    assert hits[0].heading.startswith("Раздел")
    assert hits[0].score > hits[1].score
    passages = retriever.search_passages("слоны", 5)
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
def test_what_is_heard_finds_what_is_written(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path, query: str
) -> None:
    ingestion.ingest(
        [
            article(tmp_path, "Двести", "Тариф «Домашний 200» стоит 650 рублей."),
            article(tmp_path, "Сто", "Тариф «Домашний 100» стоит 500 рублей."),
        ]
    )
    assert found(retriever, query)[0] == "Двести"


@ON_SQLITE
def test_a_search_is_narrowed_by_tags(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    home, office = (article(tmp_path, name, f"Слоны номер {name}.") for name in ("дом", "офис"))
    ingestion.ingest([home], tags=["квартира"])
    ingestion.ingest([office], tags=["бизнес", "срочно"])
    assert len(retriever.search("слоны", 5)) == 2
    assert [hit.title for hit in retriever.search("слоны", 5, ["квартира"])] == ["дом"]
    assert len(retriever.search("слоны", 5, ["квартира", "срочно"])) == 2
    assert retriever.search("слоны", 5, ["нет такого"]) == []
    # Other tags are a change.
    assert ingestion.ingest([home], tags=["дача"]).count("updated") == 1
    assert retriever.search("слоны", 5, ["квартира"]) == []
    assert [hit.title for hit in retriever.search("слоны", 5, ["дача"])] == ["дом"]


@ON_SQLITE
def test_names_in_the_documents_are_kept_in_a_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "phrases.txt"
    retriever = open_retriever(store, tmp_path / "index")
    ingestion = Ingestion(store, retriever.follow, VocabularyFile(store, path))
    (taken,) = ingestion.ingest([article(tmp_path, "а", "Есть тариф «Игровой 500».")]).documents
    assert path.read_text(encoding="utf-8") == "игровой пятьсот\n"
    ingestion.remove(taken.id)
    assert path.read_text(encoding="utf-8") == ""
    retriever.close()


@ON_SQLITE
def test_nothing_asked_and_nothing_there_find_nothing(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    assert retriever.search("слоны", 3) == []
    ingestion.ingest([article(tmp_path, "Первая", "Статья о слонах.")])
    for query in ("", "   ", "?!", "и на под", "бегемот"):
        assert retriever.search(query, 3) == []


@ON_SQLITE
def test_an_index_of_another_store_or_make_is_built_anew(store: Store, tmp_path: Path) -> None:
    from rag.retrieval.index import Applied, Point, Sparse

    stale = EdgeIndex(tmp_path / "index")
    point = Point("00000000-0000-0000-0000-00000000abcd", "x", "x", "", "x", Sparse((1,), (1.0,)))
    stale.replace({"x": [point]})
    stale.set_applied(Applied("another store, older vectors", 99))
    stale.close()
    retriever = open_retriever(store, tmp_path / "index")
    Ingestion(store, retriever.follow).ingest([article(tmp_path, "Первая", "Статья о слонах.")])
    assert found(retriever, "слоны") == ["Первая"]
    retriever.close()
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
    retriever = Retriever(store, EdgeIndex(tmp_path / "dense", lambda: 2), Meaning())
    Ingestion(store, retriever.follow).ingest(
        [
            article(tmp_path, "Первая", "Статья о слонах."),
            article(tmp_path, "Вторая", "Статья о тарифах."),
        ]
    )
    assert found(retriever, "зверь")[0] == "Первая"
    retriever.close()
