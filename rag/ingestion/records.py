"""A JSONL file of documents: `_id` and `text`, and perhaps `title`, in each line.

Knows records; knows nothing of other formats or of the database.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from dialog.errors import BadInput
from rag import jsonl
from rag.ingestion import chunk
from store.documents import NewDocument

EXTENSION = ".jsonl"
MAX_ID_CHARS = 200


def check(path: Path) -> int:
    """How many documents the file holds. Every line is looked at, so that a broken file leaves
    nothing behind. Raises BadInput for it, for an id given twice and for no documents.
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


def read(path: Path, source: str, tags: Sequence[str] = ()) -> Iterator[NewDocument]:
    """The file's documents, in order."""
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
    return jsonl.numbered(path, _record, _fault)


def _fault(number: int) -> BadInput:
    reason = f'line {number} is not a JSON object with "_id" and "text"'
    return BadInput(reason, code="wrong_format")


def _record(record: jsonl.Record) -> tuple[str, str, str]:
    identifier, text, title = str(record["_id"]), record["text"], record.get("title") or ""
    if not isinstance(text, str) or not isinstance(title, str):
        raise TypeError
    if not 0 < len(identifier) <= MAX_ID_CHARS or "\0" in text + title + identifier:
        raise ValueError
    (text + title + identifier).encode()  # half of a surrogate pair is a ValueError
    return identifier, title, text
