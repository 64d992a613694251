"""Looks at a file before a converter does: is it what its name says, and of a size to open?

Knows signatures and ZIP containers; knows nothing of the text inside. Converters unpack into
memory without a limit, so that a document of a few kilobytes could take the machine's.
"""

import zipfile
from pathlib import Path

from dialog.errors import BadInput

MAX_FILE_BYTES = 200 * 2**20
MAX_TEXT_BYTES = 64 * 2**20
MAX_ENTRIES = 5_000
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_XML_BYTES = 24 * 2**20
"""One part of an Office file: some 3,000 pages of text. The parser takes 20 times as much."""

_BLOCK_BYTES = 2**20
_SIGNATURES = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP container", b"\xd0\xcf\x11\xe0": "an old "
               "Office file", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"GIF8":
               "an image", b"\x1f\x8b": "an archive", b"RIFF": "a recording",
               b"OggS": "a recording", b"ID3": "a recording", b"\x7fELF": "a program"}  # fmt: skip


def check_size(path: Path) -> None:
    """Raises BadInput for an empty file and for one too large to read."""
    size = path.stat().st_size
    if size == 0:
        raise BadInput("the file is empty", code="empty_file")
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 2**20
        raise BadInput(f"the file is larger than {limit} MB", status=413, code="too_large")


def check_text_size(path: Path) -> None:
    """Raises BadInput for a text too large to be held in memory several times."""
    if path.stat().st_size > MAX_TEXT_BYTES:
        limit = MAX_TEXT_BYTES // 2**20
        raise BadInput(f"the text is larger than {limit} MB", status=413, code="too_large")


def check_signature(path: Path, wanted: str, signature: bytes) -> None:
    """Raises BadInput when the file does not begin like `wanted`; `signature` may be empty."""
    with path.open("rb") as file:
        start = file.read(1024)
    # Readers of PDF accept a few bytes before the signature, and so do we.
    if signature and signature in (start if signature == b"%PDF" else start[: len(signature)]):
        return
    found = next((name for mark, name in _SIGNATURES.items() if start.startswith(mark)), None)
    if signature or found:
        content = found or "something else"
        raise BadInput(f"not {wanted}: the content is {content}", code="wrong_format")


def check_office(path: Path, wanted: str, needed: str) -> None:
    """Raises BadInput unless the ZIP holds the part `needed` and unpacks to a sane size.

    The declared sizes are checked first; then every part is unpacked once, block by block and
    thrown away, since a header may say anything.
    """
    try:
        with zipfile.ZipFile(path) as container:
            parts = container.infolist()
            if needed not in {part.filename for part in parts}:
                raise BadInput(f"not {wanted}: {needed} is missing", code="wrong_format")
            if len(parts) > MAX_ENTRIES or _unpacked(parts) > MAX_UNPACKED_BYTES:
                raise _bomb(wanted)
            for part in parts:
                _read_through(container, part, wanted)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadInput(f"broken or encrypted: not a readable {wanted}", code="broken") from error
    except Exception as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"broken: not a readable {wanted}", code="broken") from error


def _unpacked(parts: list[zipfile.ZipInfo]) -> int:
    return sum(part.file_size for part in parts)


def _read_through(container: zipfile.ZipFile, part: zipfile.ZipInfo, wanted: str) -> None:
    is_xml = part.filename.endswith((".xml", ".rels"))
    limit = MAX_XML_BYTES if is_xml else MAX_UNPACKED_BYTES
    read = 0
    with container.open(part) as file:
        while block := file.read(_BLOCK_BYTES):
            read += len(block)
            if read > limit:
                raise _bomb(wanted)


def _bomb(wanted: str) -> BadInput:
    return BadInput(f"{wanted} unpacks to far too much to be a document", 413, "too_large")
