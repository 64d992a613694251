"""Files and folders to documents ready to be stored, one at a time.

Knows names, ids and which file holds several documents; knows nothing of the database.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialog.errors import BadInput
from rag.ingestion import chunk, convert
from store.documents import NewDocument

RECORDS = ".jsonl"
MAX_ID_CHARS = 200


@dataclass(frozen=True, slots=True)
class File:
    """A file to take in. `named`: the user named it, rather than a folder that it is in."""

    path: Path
    named: bool

    @property
    def known(self) -> bool:
        return is_known(self.path.suffix.lower())


def is_known(extension: str) -> bool:
    """Whether files of this extension can be ingested."""
    return extension == RECORDS or extension in convert.FORMATS


def walk(path: Path) -> Iterator[File]:
    """The file, or those in the folder, by name, hidden ones left out. Raises BadInput."""
    if path.is_file():
        yield File(path, named=True)
    elif path.is_dir():
        if not any(path.iterdir()):
            raise BadInput("the folder is empty", code="empty_folder")
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield File(Path(folder, name), named=False)
    else:
        raise BadInput("no such file or folder", status=404, code="not_found")


def document_id(source: str) -> str:
    """An id that the same source has again: a readable part, and a hash that tells it apart."""
    path = Path(source)
    # A saved site is a tree of index.html: the folder tells them apart.
    name = path.parent.name if path.stem == "index" and path.parent.name else path.stem
    stem = re.sub(r"[^0-9a-zа-яё]+", "-", name.lower()).strip("-")[:40]
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    return f"{stem}-{digest}" if stem else digest


def content_hash(path: Path, extension: str, tags: Sequence[str] = ()) -> str:
    """SHA-256 of the bytes and of what decides about the passages that come of them."""
    digest = hashlib.sha256(f"{convert.VERSION} {chunk.VERSION} {extension} ".encode())
    digest.update(" ".join(sorted(tags)).encode())
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def read(
    path: Path, extension: str, source: str, id_: str, sha256: str, *, tags: Sequence[str] = ()
) -> NewDocument:
    """Convert one file. Raises BadInput."""
    converted = convert.convert(path, extension)
    title = chunk.plain(converted.title) or Path(source).stem
    return NewDocument(
        id=id_,
        title=title,
        source=source,
        format=extension.removeprefix("."),
        sha256=sha256,
        passages=tuple(chunk.passages(converted.markdown, title)),
        tags=tuple(tags),
    )


def check_records(path: Path) -> int:
    """How many documents a JSONL file holds. Every line is looked at, so that a broken file
    leaves nothing behind. Raises BadInput for it, for an id given twice and for no documents.
    """
    lines: dict[str, int] = {}
    for number, (identifier, _, _) in _records(path):
        if identifier in lines:
            reason = f'line {number} repeats the "_id" of line {lines[identifier]}: {identifier}'
            raise BadInput(reason, code="wrong_format")
        lines[identifier] = number
    if not lines:
        raise BadInput("the file is empty", code="empty_file")
    return len(lines)


def records(path: Path, source: str, tags: Sequence[str] = ()) -> Iterator[NewDocument]:
    """The documents of a JSONL file with `_id` and `text`, and perhaps `title`, in each line."""
    for _, (identifier, title, text) in _records(path):
        content = f"{chunk.VERSION} {identifier}\n{title}\n{text}\n{sorted(tags)}".encode()
        yield NewDocument(
            id=identifier,
            title=title,
            source=source,
            format="jsonl",
            # With the id in it: two records of one text are two documents, not a duplicate.
            sha256=hashlib.sha256(content).hexdigest(),
            passages=tuple(chunk.plain_passages(text)),
            tags=tuple(tags),
        )


def _records(path: Path) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """The number of each line that is not blank, with its id, title and text."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield number, _record(json.loads(line))
                except (ValueError, KeyError, TypeError):
                    reason = f'line {number} is not a JSON object with "_id" and "text"'
                    raise BadInput(reason, code="wrong_format") from None


def _record(record: object) -> tuple[str, str, str]:
    if not isinstance(record, dict):
        raise TypeError
    identifier, text, title = str(record["_id"]), record["text"], record.get("title") or ""
    if not isinstance(text, str) or not isinstance(title, str):
        raise TypeError
    if not 0 < len(identifier) <= MAX_ID_CHARS or "\0" in text + title + identifier:
        raise ValueError
    (text + title + identifier).encode()  # half of a surrogate pair is a ValueError
    return identifier, title, text
