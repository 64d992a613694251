"""Every bad file is one clear line, and nothing of it is written."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from dialog.errors import BadInput
from rag.ingestion.ingest import DocumentFile, Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import Store
from tests import documents

pytestmark = pytest.mark.contract

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

Make = Callable[[Path], Path]


def text(content: str | bytes) -> Make:
    def make(path: Path) -> Path:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def _zip(path: Path) -> Path:
    import zipfile

    with zipfile.ZipFile(path, "w") as container:
        container.writestr("mimetype", "application/epub+zip")
    return path


BAD: dict[str, tuple[str, Make, str]] = {
    "empty": ("a.md", text(""), "the file is empty"),
    "blank": ("a.txt", text(" \n\n \t"), "no text in the file"),
    "only marks": ("a.md", text("# \n\n---\n* * *\n"), "no text in the file"),
    "unknown format": ("a.xyz", text("text"), "unknown format: .xyz"),
    "no extension": ("README", text("text"), "unknown format: no extension"),
    "binary named txt": ("a.txt", text(bytes(range(256)) * 4), "not a text file"),
    "png named md": ("a.md", text(b"\x89PNG\r\n\x1a\n" + bytes(64)), "the content is an image"),
    "binary named html": ("a.html", text(bytes(range(256)) * 4), "not an HTML page"),
    "half a surrogate pair": (
        "a.jsonl",
        text('{"_id": "1", "text": "\\ud800"}\n'),
        "line 1 is not",
    ),
    "pdf named html": ("a.html", documents.pdf, "not an HTML page: the content is a PDF"),
    "text named docx": ("a.docx", text("hello"), "not a DOCX: the content is something else"),
    "text named pdf": ("a.pdf", text("hello"), "not a PDF: the content is something else"),
    "doc named docx": ("a.docx", text(b"\xd0\xcf\x11\xe0" * 99), "an old Office file"),
    "zip named docx": ("a.docx", _zip, "not a DOCX: word/document.xml is missing"),
    "docx named xlsx": ("a.xlsx", lambda p: documents.docx(p, "x"), "xl/workbook.xml is missing"),
    "half a docx": ("a.docx", lambda p: documents.truncated(documents.docx(p, "x")), "broken"),
    "half a pdf": ("a.pdf", lambda p: documents.truncated(documents.pdf(p, "hello")), "PDF"),
    "pdf without text": ("a.pdf", documents.pdf, "the PDF has no text (a scan?)"),
    "zip bomb": ("a.docx", documents.zip_bomb, "unpacks to far too much"),
    "zip bomb by its header": ("a.docx", documents.declared_zip_bomb, "unpacks to far too much"),
    "lying zip bomb": ("a.docx", documents.lying_zip_bomb, "broken"),
    "many parts": ("a.docx", documents.crowded_zip, "unpacks to far too much"),
    "entity bomb": ("a.docx", documents.entity_bomb, "broken"),
    "encrypted": ("a.docx", documents.encrypted_looking, "broken or encrypted"),
    "broken jsonl": ("a.jsonl", text('{"_id": "1", "text": "one"}\nnope\n'), "line 2 is not"),
    "jsonl without text": ("a.jsonl", text('{"_id": "1"}\n'), "line 1 is not"),
    "jsonl with a number": ("a.jsonl", text('{"_id": "1", "text": 7}\n'), "line 1 is not"),
    "an id twice": (
        "a.jsonl",
        text('{"_id": "1", "text": "one"}\n\n{"_id": "1", "text": "two"}\n'),
        'line 3 repeats the "_id" of line 1: 1',
    ),
    "empty jsonl": ("a.jsonl", text("\n\n"), "the file is empty"),
}


@pytest.fixture
def retriever(store: Store, tmp_path: Path) -> Retriever:
    return open_retriever(store, tmp_path / "index")


@pytest.fixture
def ingestion(store: Store, retriever: Retriever) -> Ingestion:
    return Ingestion(store, retriever.follow)


@pytest.mark.parametrize("case", BAD)
@ON_SQLITE
def test_a_bad_file_is_one_line_and_leaves_nothing(
    case: str, ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    name, make, reason = BAD[case]
    path = make(tmp_path / name)
    with pytest.raises(BadInput) as failure:
        ingestion.take(DocumentFile(path))
    assert reason in failure.value.message
    assert "\n" not in failure.value.message
    assert 400 <= failure.value.status < 500
    assert retriever.documents() == []
    retriever.close()


@ON_SQLITE
def test_a_bomb_takes_no_memory(ingestion: Ingestion, retriever: Retriever, tmp_path: Path) -> None:
    bomb = documents.zip_bomb(tmp_path / "bomb.docx")
    assert bomb.stat().st_size < 2**20
    tracemalloc.start()
    with pytest.raises(BadInput):
        ingestion.take(DocumentFile(bomb))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    retriever.close()
    assert peak_bytes < 20 * 2**20


@ON_SQLITE
def test_the_good_ones_beside_bad_ones_are_taken(
    ingestion: Ingestion, retriever: Retriever, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "secret.md").write_text("тайна", encoding="utf-8")
    (folder / "good.md").write_text("# Хорошая\n\nСтатья о слонах.", encoding="utf-8")
    (folder / "empty.md").write_text("")
    (folder / "style.css").write_text("p {}")
    documents.zip_bomb(folder / "bomb.docx")
    seen: list[tuple[str, int, int, str]] = []
    paths = [folder, tmp_path / "missing.md"]
    report = ingestion.ingest(paths, bar=lambda unit: lambda *step: seen.append((unit, *step)))
    assert [document.title for document in report.documents] == ["Хорошая"]
    skipped = {Path(one.path).name: (one.reason, one.fault) for one in report.skipped}
    assert skipped == {
        "missing.md": ("no such file or folder", True),
        "empty.md": ("the file is empty", True),
        "style.css": ("unknown format: .css", False),
        "bomb.docx": ("a DOCX unpacks to far too much to be a document", True),
    }
    assert seen[:4] == [
        ("files", 1, 4, "bomb.docx"),
        ("files", 2, 4, "empty.md"),
        ("files", 3, 4, "good.md"),
        ("files", 4, 4, "style.css"),
    ]
    assert {unit for unit, *_ in seen[4:]} <= {"documents"}
    assert [hit.title for hit in retriever.search("слоны", 3)] == ["Хорошая"]
    retriever.close()
