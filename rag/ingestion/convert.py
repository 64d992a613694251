"""One file to Markdown, by the kind that its name says.

Knows formats; knows nothing of passages or the store. Whatever is wrong with a file becomes
one line of `BadInput`; the converters' own exceptions never pass.
"""

import csv
import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dialog.errors import BadInput
from rag.ingestion import file_checks

VERSION = 1
"""Raise it when the same file gives other passages; re-ingestion then replaces them."""

OLD_ENCODINGS = ("cp1251", "koi8-r", "cp866")

log = logging.getLogger(__name__)

_NOISE = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form",
          "iframe", "svg", "button", "dialog", "[hidden]", '[aria-hidden="true"]',
          '[role="navigation"]', '[role="banner"]', '[role="contentinfo"]')  # fmt: skip
_FIRST_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ConvertedDocument:
    """`title` is the document's own, or empty."""

    markdown: str
    title: str


def convert(path: Path, extension: str) -> ConvertedDocument:
    """Convert by `extension` (".md", ...), which an upload's temporary name may not have.

    Raises BadInput for an unknown format, an empty or broken file, and one with no text.
    """
    reader = FORMATS.get(extension)
    if reader is None:
        raise BadInput(unknown(extension), code="unknown_format")
    file_checks.check_size(path)
    converted = reader(path)
    if not re.search(r"\w", converted.markdown):
        what = "the PDF has no text (a scan?)" if extension == ".pdf" else "no text in the file"
        raise BadInput(what, code="no_text")
    return converted


def unknown(extension: str) -> str:
    """Why a file of this extension is not taken."""
    return f"unknown format: {extension or 'no extension'} (known: {', '.join(FORMATS)}, .jsonl)"


def read_text(path: Path) -> str:
    """A text file's content: UTF-8 or UTF-16 by its mark, UTF-8, or else the likeliest of the
    older Russian encodings."""
    file_checks.check_signature(path, "a text file", b"")
    file_checks.check_text_size(path)
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16")
    if b"\0" in data:
        raise BadInput("not a text file: it has binary content", code="wrong_format")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(data, max(OLD_ENCODINGS, key=lambda encoding: _common(data, encoding)))


def _common(data: bytes, encoding: str) -> int:
    """How many of the commonest letters the bytes are: KOI8-R read as Windows-1251 is in capitals
    for the most part, and code page 866 in signs."""
    text = data[:100_000].decode(encoding, errors="ignore")
    return sum(map(text.count, "оеаинтсрвл"))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise BadInput("not a text file: its encoding is unknown", code="wrong_format") from None
    letters = sum(character.isalpha() or character.isspace() for character in text)
    if letters < len(text) * 0.5:
        raise BadInput("not a text file: its encoding is unknown", code="wrong_format")
    return text


def _markdown(path: Path) -> ConvertedDocument:
    text = re.sub(r"\A---\n.*?\n---\n", "", read_text(path), flags=re.DOTALL)  # front matter
    return _titled(text)


def _plain(path: Path) -> ConvertedDocument:
    # A number sign at the start of a line is no heading here.
    return ConvertedDocument(re.sub(r"^#", r"\\#", read_text(path), flags=re.MULTILINE), "")


def _html(path: Path) -> ConvertedDocument:
    from bs4 import BeautifulSoup
    from markitdown.converters import HtmlConverter

    file_checks.check_signature(path, "an HTML page", b"")
    file_checks.check_text_size(path)
    data = path.read_bytes()
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("not an HTML page: it has binary content", code="wrong_format")
    page = BeautifulSoup(data, "html.parser")
    title = page.title.get_text(" ", strip=True) if page.title else ""
    for noise in page.select(", ".join(_NOISE)):
        # An article's own header holds its heading.
        if noise.name != "header" or noise.find_parent(["main", "article"]) is None:
            noise.decompose()
    content = page.find("main") or page.find("article") or page.body or page
    found = _guarded("HTML", lambda: HtmlConverter().convert_string(str(content)).markdown)
    return _titled(found, title)


def _docx(path: Path) -> ConvertedDocument:
    from markitdown import StreamInfo
    from markitdown.converters import DocxConverter

    file_checks.check_signature(path, "a DOCX", b"PK\x03\x04")
    file_checks.check_office(path, "a DOCX", "word/document.xml")
    with path.open("rb") as file:
        converted = _guarded("DOCX", lambda: DocxConverter().convert(file, StreamInfo()).markdown)
    return _titled(converted)


def _xlsx(path: Path) -> ConvertedDocument:
    from markitdown import StreamInfo
    from markitdown.converters import XlsxConverter

    file_checks.check_signature(path, "an XLSX", b"PK\x03\x04")
    file_checks.check_office(path, "an XLSX", "xl/workbook.xml")
    with path.open("rb") as file:
        converted = _guarded("XLSX", lambda: XlsxConverter().convert(file, StreamInfo()).markdown)
    return ConvertedDocument(converted, "")


def _pdf(path: Path) -> ConvertedDocument:
    from rag.ingestion import pdf

    file_checks.check_signature(path, "a PDF", b"%PDF")
    return _titled(_guarded("PDF", lambda: pdf.markdown(path)))


def _csv(path: Path) -> ConvertedDocument:
    text = read_text(path)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:10_000], ",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = list(csv.reader(io.StringIO(text), dialect))
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows if any(row)]
    rule = "|" + "---|" * (len(rows[0]) if rows else 1)
    return ConvertedDocument("\n".join([*lines[:1], rule, *lines[1:]]), "")


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", r"\|")


def _guarded(kind: str, work: Callable[[], str]) -> str:
    try:
        return work()
    except Exception as error:
        # The libraries raise whatever their parsers meet, RecursionError and AssertionError too.
        log.info("unreadable %s: %s", kind, type(error).__name__)
        raise BadInput(f"broken or encrypted: not a readable {kind}", code="broken") from error


def _titled(markdown: str, title: str = "") -> ConvertedDocument:
    heading = _FIRST_HEADING.search(markdown)
    return ConvertedDocument(markdown, title or (heading.group(1) if heading else ""))


FORMATS: dict[str, Callable[[Path], ConvertedDocument]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".docx": _docx,
    ".xlsx": _xlsx,
    ".pdf": _pdf,
    ".csv": _csv,
}
