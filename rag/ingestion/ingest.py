"""Takes the operator's documents in and out: what is worth reading is decided here, in `take`.

Knows files, ids and the store; knows nothing of formats (convert.py), passages (chunk.py) or
indexes. Files are read and cut in a sandbox: nobody vouches for them. Everything blocks.
"""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from dialog.errors import BadInput, DiskFull
from dialog.sandbox import MIB, Limits, Sandbox
from rag.ingestion import chunk, convert, records
from rag.vocabulary import VocabularyFile
from store import documents
from store.documents import NewDocument, Outcome
from store.engine import Store

log = logging.getLogger(__name__)

RECORDS_PER_TRANSACTION = 200
"""Records of a JSONL file written at once: some 50 ms, for other writers wait so long."""

IngestProgress = Callable[[int, int, str], None]
"""Called with (done, total, name) after each step."""

Bar = Callable[[str], IngestProgress | None]
"""Gives what to tell of a kind of steps: "files", "records" written, "documents" indexed."""


KEPT_PER_BYTE = 4
"""A file's text, its passages, and their vectors, at most."""

LIMITS = Limits(memory_bytes=1024 * MIB, silent_s=20.0, workers=2, wait_s=8.0)
"""Together under the half minute that a client waits."""


def unreadable(reason: str) -> BadInput:
    """What is said of a file that breaks its reader."""
    return BadInput(f"not a usable document: {reason}", code="broken")


READING = Sandbox(LIMITS, unreadable, preload=("rag.ingestion.ingest",))


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one document; `duplicate`: `id` already holds the same content."""

    id: str
    title: str
    source: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not taken, and why, in one line.

    `fault` is False for a file in a folder whose format is none of ours: not an error.
    """

    path: str
    reason: str
    fault: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingestion did, in the order of the files."""

    documents: tuple[Ingested, ...]
    skipped: tuple[Skipped, ...]

    def count(self, outcome: Outcome) -> int:
        """How many documents were `added`, `updated`, `unchanged` or `duplicate`."""
        return sum(document.outcome == outcome for document in self.documents)


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file to take in.

    `name` is an upload's own, where `path` is a temporary one; `document_id` is made from where
    the file came from if none is given. `named`: the user named it, rather than a folder that
    it is in.
    """

    path: Path
    name: str | None = None
    document_id: str | None = None
    named: bool = True

    @property
    def source(self) -> str:
        """Where it came from: its name, or its absolute path."""
        return self.name or str(self.path.resolve())

    @property
    def wanted(self) -> bool:
        """Whether the user expects it to be taken: one of a folder only if its format is ours."""
        return self.named or _is_known(self.path.suffix.lower())


class Ingestion:
    """Safe to share between threads; the store is its owner's.

    `follow` brings the index up with the store after a change, and tells how far it is;
    `vocabulary` is brought up with it, too. `reading` is where files are read;
    `check_room` raises DiskFull unless so many bytes may be written.
    """

    def __init__(
        self,
        store: Store,
        follow: Callable[[IngestProgress | None], None],
        vocabulary: VocabularyFile | None = None,
        reading: Sandbox = READING,
        check_room: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._follow = follow
        self._vocabulary = vocabulary
        self._reading = reading
        self._check_room = check_room

    def ingest(
        self, paths: Iterable[Path | str], tags: Sequence[str] = (), bar: Bar | None = None
    ) -> Report:
        """Take in files and folders; bad files are reported in `skipped`, never raised.

        `bar` gives the progress of each kind of steps, those of the last after all files.
        """
        files, missing = _walked(paths)
        report = self.ingest_files(files, tags, bar)
        return replace(report, skipped=(*missing, *report.skipped))

    def ingest_files(
        self, files: Sequence[DocumentFile], tags: Sequence[str] = (), bar: Bar | None = None
    ) -> Report:
        """The same for single files: uploads, for instance."""
        bar = bar or _no_bar
        progress = bar("files") if len(files) > 1 else None
        done: list[Ingested] = []
        skipped: list[Skipped] = []
        for number, file in enumerate(files, 1):
            try:
                done += self.take(file, tags, bar("records"))
            except (BadInput, DiskFull) as error:
                if isinstance(error, DiskFull) and len(files) == 1:
                    raise
                shown = str(file.path) if file.name is None else file.name
                skipped.append(Skipped(shown, error.message, fault=file.wanted))
            if progress is not None:
                progress(number, len(files), file.path.name)
        self._changed(bar("documents"))
        return Report(tuple(done), tuple(skipped))

    def take(
        self, file: DocumentFile, tags: Sequence[str] = (), written: IngestProgress | None = None
    ) -> list[Ingested]:
        """Store one file's documents (a JSONL file holds several); the index does not follow yet.

        A file whose content the store has already is not read again. Raises `BadInput` with
        one clear line; nothing is written then.
        """
        extension = Path(file.source).suffix.lower()
        try:
            if not file.wanted:
                unknown = file.path.suffix.lower() or "no extension"
                raise BadInput(f"unknown format: {unknown}", code="unknown_format")
            self._check_room(file.path.stat().st_size * KEPT_PER_BYTE)
            if extension == records.EXTENSION:
                return self._take_records(file, tags, written)
            id_ = file.document_id or document_id(file.source)
            sha256 = content_hash(file.path, extension, tags)
            with self._store.reading() as session:
                known = documents.find(session, id_, sha256)
            if known is not None:
                outcome: Outcome = "unchanged" if known.id == id_ else "duplicate"
                return [Ingested(known.id, known.title, file.source, outcome)]
            return self._put([self._reading.run(read, file, extension, id_, sha256, tags)])
        except OSError as error:
            raise BadInput(f"cannot be read: {error.strerror}", code="unreadable") from error

    def remove(self, document_id: str) -> bool:
        """Remove a document; False when there is none."""
        with self._store.session() as session:
            removed = documents.remove(session, document_id)
        self._changed()
        return removed

    def _take_records(
        self, file: DocumentFile, tags: Sequence[str], written: IngestProgress | None
    ) -> list[Ingested]:
        total = self._reading.run(records.check, file.path)
        found = self._reading.stream(records.read, file.path, file.source, tags)
        done: list[Ingested] = []
        while batch := list(islice(found, RECORDS_PER_TRANSACTION)):
            done += self._put(batch)
            if written is not None:
                written(len(done), total, file.path.name)
        return done

    def _put(self, found: Sequence[NewDocument]) -> list[Ingested]:
        with self._store.session() as session:
            outcomes = documents.put_all(session, found)
        return [
            Ingested(id_, document.title, document.source, outcome)
            for document, (outcome, id_) in zip(found, outcomes, strict=True)
        ]

    def _changed(self, indexing: IngestProgress | None = None) -> None:
        self._follow(indexing)
        if self._vocabulary is not None:
            try:
                self._vocabulary.sync()
            except OSError as error:
                log.warning("the vocabulary is behind the documents: %s", error.strerror)


def _no_bar(_unit: str) -> None:
    return None


def _is_known(extension: str) -> bool:
    return extension == records.EXTENSION or extension in convert.FORMATS


def _walked(paths: Iterable[Path | str]) -> tuple[list[DocumentFile], list[Skipped]]:
    files: list[DocumentFile] = []
    missing: list[Skipped] = []
    for path in paths:
        try:
            files += walk(Path(path))
        except BadInput as error:
            missing.append(Skipped(str(path), error.message))
    return files, missing


def walk(path: Path) -> Iterator[DocumentFile]:
    """The file, or those in the folder, by name, hidden ones left out. Raises BadInput."""
    if path.is_file():
        yield DocumentFile(path)
    elif path.is_dir():
        if not any(path.iterdir()):
            raise BadInput("the folder is empty", code="empty_folder")
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield DocumentFile(Path(folder, name), named=False)
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
    file: DocumentFile, extension: str, id_: str, sha256: str, tags: Sequence[str] = ()
) -> NewDocument:
    """Convert one file and cut it into passages. Raises BadInput."""
    converted = convert.convert(file.path, extension)
    title = chunk.plain(converted.title) or Path(file.source).stem
    return NewDocument(
        id=id_,
        title=title,
        source=file.source,
        format=extension.removeprefix("."),
        sha256=sha256,
        passages=tuple(chunk.passages(converted.markdown, title)),
        tags=tuple(tags),
    )
