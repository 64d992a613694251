"""Small files that would take the machine: each is refused in a line, or read, in bounded time."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialog.sandbox import MIB, Limits, Sandbox
from rag.ingestion.ingest import DocumentFile, Ingestion, unreadable
from store.engine import open_store

pytestmark = pytest.mark.contract

LIMITS = Limits(memory_bytes=600 * MIB, silent_s=8.0, workers=1)
WITHIN_S = 12.0


@pytest.fixture(scope="module")
def ingestion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingestion]:
    sandbox = Sandbox(LIMITS, unreadable)
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'beseda.db'}")
    yield Ingestion(store, lambda _: None, reading=sandbox)
    store.close()
    sandbox.close()


def office(parts: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as container:
        for name, text in parts.items():
            container.writestr(name, text)
    return data.getvalue()


def sheet_with_a_cell_at(place: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.active[place] = "far away"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def docx(body: str) -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    return office({
        "[Content_Types].xml": f'<Types xmlns="{types}"><Override PartName="/word/document.xml"'
        f' ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1"'
        f' Type="{document}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
    })  # fmt: skip


def nested_tables(depth: int) -> bytes:
    opening, closing = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    return docx(opening * depth + "<w:p/>" + closing * depth)


BOMBS: dict[str, Callable[[], bytes]] = {
    "corner.xlsx": lambda: sheet_with_a_cell_at("XFD1048576"),
    "deep.xlsx": lambda: sheet_with_a_cell_at("A1048576"),
    "wide.xlsx": lambda: sheet_with_a_cell_at("XFD2000"),
    "attributes.html": lambda: b"<p " + b"".join(b"a%d " % n for n in range(2_000_000)) + b">x",
    "nested.html": lambda: b"<div>" * 3_000_000 + b"x",
    "paragraphs.docx": lambda: docx("<w:p/>" * 3_000_000),
    "tables.docx": lambda: nested_tables(50_000),
    "lines.txt": lambda: b"word\n" * 200_000,
    "lines.md": lambda: b"- word\n" * 150_000,
    "one-line.md": lambda: b"word " * 2_000_000,
    "field.csv": lambda: b"a;b\n" + b"x" * 200_000 + b";1\n",
    "quote.csv": lambda: b'a;b\n"' + b"x;1\n" * 100_000,
    "nested.jsonl": lambda: b"[" * 100_000,
    "nested-record.jsonl": lambda: b'{"_id": "a", "text": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_one_file(ingestion: Ingestion, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    began = time.monotonic()
    report = ingestion.ingest_files([DocumentFile(path)])
    assert time.monotonic() - began < WITHIN_S
    for skipped in report.skipped:
        assert "\n" not in skipped.reason
    assert len(report.documents) + len(report.skipped) == 1


def test_the_next_file_is_read(ingestion: Ingestion, tmp_path: Path) -> None:
    path = tmp_path / "good.md"
    path.write_text("# Доставка\n\nДоставка стоит 300 рублей.\n", encoding="utf-8")
    assert ingestion.ingest_files([DocumentFile(path)]).count("added") == 1
