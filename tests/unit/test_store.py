"""The store, on SQLite and on a real PostgreSQL: each test runs on both.

The fixture `store_url` sets the marker: `unit` for SQLite, `service` for PostgreSQL.
"""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from dialog.content import Answer, Source, Word
from dialog.errors import Unavailable
from store import documents, engine
from store.conversations import get_conversation, list_conversations, record_turn
from store.documents import DocumentChange, NewDocument, NewPassage
from store.engine import Store, open_store
from store.tables import Base, PassageRow


def document(id_: str, content: str, *passages: str) -> NewDocument:
    texts = tuple(NewPassage("Heading", passage) for passage in passages or (content,))
    return NewDocument(id_, f"Title of {id_}", f"/docs/{id_}", "md", f"hash of {content}", texts)


def put(store: Store, *found: NewDocument) -> list[str]:
    with store.session() as session:
        return [documents.put_all(session, [one])[0][0] for one in found]


def changes(store: Store, applied: int, limit: int = 100) -> list[DocumentChange]:
    with store.reading() as session:
        return documents.changes_after(session, applied, limit)


def texts(store: Store, *ids: str) -> list[str]:
    with store.reading() as session:
        return [passage.text for passage in documents.passages_of(session, ids)]


def test_a_document_comes_back_as_it_went_in(store: Store) -> None:
    before = datetime.now(UTC)
    assert put(store, document("a", "x", "первый", "второй")) == ["added"]
    with store.reading() as session:
        (info,) = documents.list_documents(session)
        first, second = documents.passages_of(session, ["a"])
        found = documents.passages(session, [second.id, "no such passage"])
    assert (info.id, info.title, info.source, info.format) == ("a", "Title of a", "/docs/a", "md")
    assert (info.passages, info.revision) == (2, 1)
    assert before <= info.created_at == info.updated_at <= datetime.now(UTC)
    assert (first.text, second.text, second.ordinal) == ("первый", "второй", 1)
    assert found == {second.id: second}
    assert first.id == documents.passage_id("a", 0)


def test_put_again_changes_only_what_changed(store: Store) -> None:
    put(store, document("a", "x", "one", "two", "three"))
    assert put(store, document("a", "x", "one", "two", "three")) == ["unchanged"]
    assert changes(store, 1) == []
    assert put(store, document("a", "y", "ONE")) == ["updated"]
    assert texts(store, "a") == ["ONE"]
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(PassageRow)) == 1


def test_the_same_content_under_another_id_is_a_duplicate(store: Store) -> None:
    put(store, document("a", "x"))
    with store.session() as session:
        assert documents.put_all(session, [document("b", "x")]) == [("duplicate", "a")]
    assert texts(store, "b") == []
    # Once "b" exists, it may come to hold what "a" holds: an edit is never refused.
    put(store, document("b", "y"))
    assert put(store, document("b", "x")) == ["updated"]


def test_changes_are_counted_and_told_in_order(store: Store) -> None:
    put(store, document("a", "1"), document("b", "2"), document("c", "3"))
    put(store, document("a", "4"))
    with store.session() as session:
        assert documents.remove(session, "b")
        assert not documents.remove(session, "b")
    assert changes(store, 0) == [
        DocumentChange("c", 3, False),
        DocumentChange("a", 4, False),
        DocumentChange("b", 5, True),
    ]
    assert changes(store, 3, limit=1) == [DocumentChange("a", 4, False)]
    assert changes(store, 5) == []
    assert texts(store, "b") == []
    put(store, document("b", "2"))
    assert changes(store, 5) == [DocumentChange("b", 6, False)]


def test_a_document_is_there_whole_or_not_at_all(store: Store) -> None:
    class Crash(Exception):
        pass

    put(store, document("a", "old", "old"))
    with pytest.raises(Crash), store.session() as session:
        documents.put_all(session, [document("a", "new", "new", "new too")])
        documents.put_all(session, [document("b", "b")])
        raise Crash
    assert texts(store, "a", "b") == ["old"]
    assert changes(store, 1) == []


def test_a_reader_sees_one_moment_and_waits_for_no_writer(store: Store) -> None:
    put(store, document("a", "1"))
    with store.session() as writing:
        documents.put_all(writing, [document("b", "2")])
        assert [change.document_id for change in changes(store, 0)] == ["a"]
    assert [change.document_id for change in changes(store, 0)] == ["a", "b"]


def test_writers_take_turns(store: Store) -> None:
    """The transactions begin by reading: exactly what SQLite fails on when it is let."""

    def write(number: int) -> None:
        for step in range(6):
            with store.session() as session:
                documents.list_documents(session)
                documents.put_all(session, [document("shared", f"{number} {step}")])
                documents.put_all(session, [document(f"own {number}", f"own {number} {step}")])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        assert documents.revision(session)[1] == 36
        assert len(documents.list_documents(session)) == 4
    assert [change.revision for change in changes(store, 0)][-1] == 36


def test_a_turn_comes_back_as_it_went_in(store: Store) -> None:
    words = (Word("сколько", 0.1, 0.4, 0.9), Word("стоит", 0.5, 0.8, 1.0))
    sources = (Source("a", "А", "цитата", 0.8), Source("b", "Б", "другая", 0.6))
    answer = Answer("650 рублей.", "extractive", sources)
    with store.session() as session:
        first = record_turn(
            session, "сколько стоит", answer, words=words, timings_ms={"asr": 120.5}
        )
        other = record_turn(session, "другой разговор", Answer("Не знаю.", "none"))
        second = record_turn(
            session, "а завтра?", Answer("Тоже.", "llm"), conversation_id=first.conversation_id
        )
    with store.reading() as session:
        kept = get_conversation(session, first.conversation_id)
        latest = list_conversations(session)
        assert get_conversation(session, "no such conversation") is None
    assert kept is not None
    assert kept.turns == (first, second)
    turn = kept.turns[0]
    assert Answer(turn.answer, turn.source, turn.sources) == answer
    assert kept.turns[0].words == words
    assert kept.turns[0].timings_ms == {"asr": 120.5}
    assert [turn.ordinal for turn in kept.turns] == [0, 1]
    assert [(one.id, one.turns) for one in latest] == [
        (first.conversation_id, 2),
        (other.conversation_id, 1),
    ]


def test_history_outlives_the_documents_it_quotes(store: Store) -> None:
    put(store, document("a", "1"))
    with store.session() as session:
        source = Source("a", "А", "цитата", 0.8)
        turn = record_turn(session, "?", Answer("!", "extractive", (source,)))
        documents.remove(session, "a")
    with store.reading() as session:
        kept = get_conversation(session, turn.conversation_id)
    assert kept is not None
    assert kept.turns[0].sources == (source,)


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    scripts = ScriptDirectory(str(Path(engine.__file__).parent / "migrations"))
    assert scripts.get_current_head() == engine.HEAD
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.unit
def test_a_database_that_cannot_be_reached_is_one_clear_line() -> None:
    url = "postgresql+psycopg2://someone:secret@/beseda?host=/nowhere"
    with pytest.raises(Unavailable) as failure:
        open_store(url)
    assert "cannot open the database" in failure.value.message
    assert "secret" not in failure.value.message
    assert "\n" not in failure.value.message
