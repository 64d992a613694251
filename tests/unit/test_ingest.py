"""What is worth reading, and what follows an ingestion."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from dialog.errors import BadInput
from dialog.sandbox import Limits, Sandbox
from rag.ingestion import records
from rag.ingestion.ingest import (
    RECORDS_PER_TRANSACTION,
    DocumentFile,
    Ingestion,
    IngestProgress,
    walk,
)
from rag.vocabulary import VocabularyFile
from store import documents
from store.engine import Store, open_store

pytestmark = pytest.mark.unit

T = TypeVar("T")


class Reading(Sandbox):
    """Reads in this process, and keeps the names of what it was given to read."""

    def __init__(self) -> None:
        super().__init__(Limits(0, 0.0, workers=1), BadInput)
        self.read: list[str] = []

    def run(self, function: Callable[..., T], *arguments: object) -> T:
        first = arguments[0]
        self.read.append(first.path.name if isinstance(first, DocumentFile) else str(first))
        return function(*arguments)

    def stream(self, function: Callable[..., Iterator[T]], *arguments: object) -> Iterator[T]:
        return function(*arguments)


class Followed:
    """Counts how often the index was told to follow, and whether it was given a progress."""

    def __init__(self) -> None:
        self.calls: list[IngestProgress | None] = []

    def __call__(self, progress: IngestProgress | None) -> None:
        self.calls.append(progress)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/beseda.db")
    yield opened
    opened.close()


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.fixture
def ingestion(store: Store, reading: Reading, followed: Followed) -> Ingestion:
    return Ingestion(store, followed, reading=reading)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    return made


def article(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def outcomes(ingestion: Ingestion, *paths: Path, tags: tuple[str, ...] = ()) -> list[str]:
    return [one.outcome for one in ingestion.ingest(paths, tags).documents]


def test_a_file_is_read_only_when_its_content_is_new(
    ingestion: Ingestion, reading: Reading, folder: Path
) -> None:
    path = article(folder, "a.md", "Статья о слонах.")
    assert outcomes(ingestion, path) == ["added"]
    os.utime(path, (0, 0))
    assert outcomes(ingestion, path) == ["unchanged"]
    assert reading.read == ["a.md"]
    article(folder, "a.md", "Статья о тиграх.")
    assert outcomes(ingestion, path) == ["updated"]
    assert reading.read == ["a.md", "a.md"]


def test_other_tags_are_worth_reading_again_and_their_order_is_not(
    ingestion: Ingestion, reading: Reading, folder: Path
) -> None:
    path = article(folder, "a.md", "Статья.")
    assert outcomes(ingestion, path, tags=("дом", "офис")) == ["added"]
    assert outcomes(ingestion, path, tags=("офис", "дом")) == ["unchanged"]
    assert outcomes(ingestion, path, tags=("дом",)) == ["updated"]
    assert len(reading.read) == 2


def test_the_same_content_elsewhere_is_a_duplicate_unless_its_kind_differs(
    ingestion: Ingestion, reading: Reading, folder: Path
) -> None:
    first = article(folder, "a.md", "Статья.")
    copy, text = article(folder, "b.md", "Статья."), article(folder, "c.txt", "Статья.")
    report = ingestion.ingest([first, copy, text])
    assert [one.outcome for one in report.documents] == ["added", "duplicate", "added"]
    assert report.documents[1].id == report.documents[0].id
    assert reading.read == ["a.md", "c.txt"]


def test_a_document_that_changes_into_another_ones_content_stays_itself(
    ingestion: Ingestion, folder: Path
) -> None:
    one, two = article(folder, "a.md", "Статья."), article(folder, "b.md", "Другая.")
    first, second = ingestion.ingest([one, two]).documents
    article(folder, "b.md", "Статья.")
    (again,) = ingestion.ingest([two]).documents
    assert (again.id, again.outcome) == (second.id, "updated")
    assert again.id != first.id


def test_of_a_folder_only_known_formats_are_wanted_a_named_file_always(
    ingestion: Ingestion, reading: Reading, folder: Path
) -> None:
    style, plain = article(folder, "style.css", "p {}"), article(folder, "NOTES", "текст")
    (of_folder, other) = ingestion.ingest([folder]).skipped
    assert (of_folder.reason, of_folder.fault) == ("unknown format: no extension", False)
    assert (other.reason, other.fault) == ("unknown format: .css", False)
    assert reading.read == []
    for path in (style, plain):
        (named,) = ingestion.ingest([path]).skipped
        assert named.reason.startswith("unknown format: ")
        assert "known: .md" in named.reason
        assert named.fault


def test_an_upload_is_known_by_its_own_name(
    ingestion: Ingestion, reading: Reading, folder: Path
) -> None:
    path = article(folder, "0.tmp", "Статья.")
    (one,) = ingestion.take(DocumentFile(path, name="цены.md", document_id="цены.md"))
    assert (one.id, one.source, one.title) == ("цены.md", "цены.md", "цены")
    broken = ingestion.ingest_files([DocumentFile(path, name="цены.pdf")])
    assert broken.skipped[0].path == "цены.pdf"
    assert reading.read == ["0.tmp", "0.tmp"]


def test_a_file_that_cannot_be_opened_is_a_fault_in_one_line(
    ingestion: Ingestion, folder: Path
) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        ingestion.take(DocumentFile(folder / "gone.md"))
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    (skipped,) = ingestion.ingest([folder]).skipped
    assert skipped.reason == "cannot be read: No such file or directory"
    assert skipped.fault


def test_records_are_written_in_batches_and_told(ingestion: Ingestion, folder: Path) -> None:
    total = 2 * RECORDS_PER_TRANSACTION + 1
    lines = [json.dumps({"_id": number, "text": f"Запись {number}."}) for number in range(total)]
    path = article(folder, "a.jsonl", "\n".join(lines))
    told: list[tuple[str, int, int, str]] = []
    report = ingestion.ingest([path], bar=lambda unit: lambda *step: told.append((unit, *step)))
    assert report.count("added") == total
    batches = (RECORDS_PER_TRANSACTION, 2 * RECORDS_PER_TRANSACTION, total)
    assert told == [("records", done, total, "a.jsonl") for done in batches]


def test_a_broken_file_of_records_leaves_nothing(
    ingestion: Ingestion, store: Store, folder: Path
) -> None:
    one = '{"_id": 1, "text": "a"}'
    for reason, lines in {
        'line 2 repeats the "_id" of line 1: 1': f"{one}\n{one}",
        'line 3 is not a JSON object with "_id" and "text"': f"{one}\n\n[]",
        "the file is empty": "\n \n",
    }.items():
        (skipped,) = ingestion.ingest([article(folder, "a.jsonl", lines)]).skipped
        assert skipped.reason == reason
    for wrong in ('{"_id": "", "text": ""}', '{"_id": "a\\u0000", "text": ""}',
                  '{"_id": 1, "text": "\\ud800"}', '{"_id": 1, "text": "", "title": 5}',
                  json.dumps({"_id": "x" * (records.MAX_ID_CHARS + 1), "text": ""})):  # fmt: skip
        (skipped,) = ingestion.ingest([article(folder, "a.jsonl", wrong)]).skipped
        assert skipped.reason == 'line 1 is not a JSON object with "_id" and "text"'
    with store.reading() as session:
        assert documents.list_documents(session) == []


def test_the_index_follows_once_after_all_files(
    ingestion: Ingestion, followed: Followed, folder: Path
) -> None:
    paths = [article(folder, f"{number}.md", f"Статья {number}.") for number in range(3)]
    (first, *_) = ingestion.ingest(paths, bar=lambda unit: None).documents
    assert followed.calls == [None]
    ingestion.ingest_files([DocumentFile(path) for path in paths])
    assert len(followed.calls) == 2
    ingestion.take(DocumentFile(article(folder, "4.md", "Ещё одна.")))
    assert len(followed.calls) == 2
    assert ingestion.remove(first.id)
    assert not ingestion.remove(first.id)
    assert len(followed.calls) == 4


def test_the_vocabulary_is_written_once_for_a_batch_and_only_after_a_change(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "phrases.txt"
    ingestion = Ingestion(store, Followed(), VocabularyFile(store, path), Reading())
    tariffs = [article(folder, f"{name}.md", f"Есть тариф «{name}».") for name in ("Игра", "Дом")]
    ingestion.ingest(tariffs)
    assert path.read_text("utf-8").split() == ["дом", "игра"]
    written = path.stat().st_ino
    ingestion.ingest(tariffs)
    assert path.stat().st_ino == written
    article(folder, "Дом.md", "Был тариф «Дом».")  # another document of the same names
    assert outcomes(ingestion, *tariffs) == ["unchanged", "updated"]
    assert path.stat().st_ino == written
    article(folder, "Дом.md", "Был тариф «Двор».")
    ingestion.ingest(tariffs)
    assert path.stat().st_ino != written
    assert path.read_text("utf-8").split() == ["двор", "игра"]


def test_a_process_writes_a_vocabulary_that_it_finds_missing(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "phrases.txt"
    Ingestion(store, Followed(), reading=Reading()).ingest(
        [article(folder, "a.md", "Есть тариф «Игра».")]
    )
    assert not path.exists()  # as after a crash between the documents and the names
    VocabularyFile(store, path).sync()
    assert path.read_text("utf-8") == "игра\n"


def test_a_folder_is_walked_by_name_without_what_is_hidden(folder: Path) -> None:
    (folder / "б" / ".скрыто").mkdir(parents=True)
    (folder / "а").mkdir()
    for name in ("я.md", "б/2.md", "б/1.md", "а/3.md", "б/.скрыто/4.md", ".5.md"):
        article(folder, name, "Статья.")
    found = [str(file.path.relative_to(folder)) for file in walk(folder)]
    assert found == ["я.md", "а/3.md", "б/1.md", "б/2.md"]
    assert not any(file.named for file in walk(folder))
    assert [file.named for file in walk(folder / "я.md")] == [True]
    (folder / "пусто").mkdir()
    with pytest.raises(BadInput, match="the folder is empty"):
        list(walk(folder / "пусто"))
    with pytest.raises(BadInput, match="no such file or folder"):
        list(walk(folder / "нет"))
