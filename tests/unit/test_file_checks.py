"""What is seen of a file before it is opened: size, signature, what a ZIP would unpack to."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dialog.errors import BadInput
from rag.ingestion import file_checks

pytestmark = pytest.mark.unit

DOCUMENT = "word/document.xml"


def refused(check: Callable[..., None], *arguments: object) -> BadInput:
    with pytest.raises(BadInput) as caught:
        check(*arguments)
    assert "\n" not in caught.value.message
    return caught.value


def sparse(path: Path, size: int) -> Path:
    """A file of so many bytes that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_an_empty_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    assert refused(file_checks.check_size, sparse(tmp_path / "a", 0)).code == "empty_file"
    file_checks.check_size(sparse(tmp_path / "b", 1))
    file_checks.check_size(sparse(tmp_path / "c", file_checks.MAX_FILE_BYTES))
    huge = refused(file_checks.check_size, sparse(tmp_path / "d", file_checks.MAX_FILE_BYTES + 1))
    assert (huge.code, huge.status) == ("too_large", 413)
    assert huge.message == "the file is larger than 200 MB"


def test_a_text_may_be_less_large(tmp_path: Path) -> None:
    file_checks.check_text_size(sparse(tmp_path / "a", file_checks.MAX_TEXT_BYTES))
    large = sparse(tmp_path / "b", file_checks.MAX_TEXT_BYTES + 1)
    assert refused(file_checks.check_text_size, large).status == 413


@pytest.mark.parametrize(
    ("content", "wanted", "signature"),
    [
        (b"%PDF-1.7 ...", "a PDF", b"%PDF"),
        (b"\n\n junk %PDF-1.7", "a PDF", b"%PDF"),
        (b"PK\x03\x04...", "a DOCX", b"PK\x03\x04"),
        ("Просто текст".encode(), "a text file", b""),
        (b"", "a text file", b""),
    ],
)
def test_what_begins_as_it_should_passes(
    tmp_path: Path, content: bytes, wanted: str, signature: bytes
) -> None:
    (tmp_path / "a").write_bytes(content)
    file_checks.check_signature(tmp_path / "a", wanted, signature)


@pytest.mark.parametrize(
    ("content", "wanted", "signature", "says"),
    [
        (b"hello", "a PDF", b"%PDF", "not a PDF: the content is something else"),
        (b"PK\x03\x04", "a PDF", b"%PDF", "not a PDF: the content is a ZIP container"),
        (b" PK\x03\x04", "a DOCX", b"PK\x03\x04", "not a DOCX: the content is something else"),
        (b"\xd0\xcf\x11\xe0old", "a DOCX", b"PK\x03\x04", "is an old Office file"),
        (b"\x7fELF", "a text file", b"", "not a text file: the content is a program"),
        (b"OggS", "an HTML page", b"", "not an HTML page: the content is a recording"),
        (b"x" * 2000 + b"%PDF", "a PDF", b"%PDF", "something else"),
    ],
)
def test_what_begins_otherwise_is_named_for_what_it_is(
    tmp_path: Path, content: bytes, wanted: str, signature: bytes, says: str
) -> None:
    (tmp_path / "a").write_bytes(content)
    error = refused(file_checks.check_signature, tmp_path / "a", wanted, signature)
    assert says in error.message
    assert error.code == "wrong_format"


def container(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def check_office(path: Path) -> BadInput | None:
    try:
        file_checks.check_office(path, "a DOCX", DOCUMENT)
    except BadInput as error:
        return error
    return None


def test_an_office_file_needs_its_document(tmp_path: Path) -> None:
    assert check_office(container(tmp_path / "a", {DOCUMENT: b"<w/>", "media/a.png": b"x"})) is None
    error = check_office(container(tmp_path / "b", {"xl/workbook.xml": b"<x/>"}))
    assert error is not None
    assert error.message == "not a DOCX: word/document.xml is missing"


def test_what_unpacks_to_far_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_checks, "MAX_UNPACKED_BYTES", 1000)
    monkeypatch.setattr(file_checks, "MAX_XML_BYTES", 300)
    monkeypatch.setattr(file_checks, "MAX_ENTRIES", 4)
    fits = {DOCUMENT: b"x" * 300, "a.bin": b"x" * 700}
    assert check_office(container(tmp_path / "a", fits)) is None
    for name, parts in {
        "xml": {DOCUMENT: b"x" * 301},
        "rels": {DOCUMENT: b"x", "a.rels": b"x" * 301},
        "whole": {DOCUMENT: b"x" * 300, "a.bin": b"x" * 701},
        "many": {DOCUMENT: b"x", **{f"{n}.bin": b"" for n in range(4)}},
    }.items():
        error = check_office(container(tmp_path / name, parts))
        assert error is not None, name
        assert (error.code, error.status) == ("too_large", 413)


def test_a_header_that_lies_about_a_size_gains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = container(tmp_path / "a", {DOCUMENT: b"x" * 5000})
    told = path.read_bytes().replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(told)
    monkeypatch.setattr(file_checks, "MAX_XML_BYTES", 300)
    error = check_office(path)
    assert error is not None
    assert error.code in ("too_large", "broken")


@pytest.mark.parametrize("cut", [0, 4, 60, -10])
def test_what_is_cut_off_is_broken(tmp_path: Path, cut: int) -> None:
    whole = container(tmp_path / "a", {DOCUMENT: b"<w/>" * 100, "b.xml": b"<x/>"}).read_bytes()
    (tmp_path / "b").write_bytes(whole[:cut])
    error = check_office(tmp_path / "b")
    assert error is not None
    assert error.code == "broken"


def test_a_flipped_byte_is_broken(tmp_path: Path) -> None:
    path = container(tmp_path / "a", {DOCUMENT: bytes(range(256)) * 20})
    content = bytearray(path.read_bytes())
    content[80] ^= 0xFF
    path.write_bytes(content)
    error = check_office(path)
    assert error is not None
    assert error.code == "broken"
