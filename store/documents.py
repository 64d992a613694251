"""Documents and their passages: the truth that every index is derived from.

Knows revisions and removals; knows nothing of files, formats, vectors or scores. Every
function takes a session and leaves the transaction to its caller, so a document's rows
appear together or not at all.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from store.tables import DocumentRow, PassageRow, Removal, StoreState, now

Outcome = Literal["added", "updated", "unchanged", "duplicate"]

_PASSAGES = uuid.UUID("6d0c4d1e-5d0b-5d0e-9d53-3c6f8a1be5da")


@dataclass(frozen=True, slots=True)
class NewPassage:
    """`heading` is the path of headings above the text, or empty."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What ingestion hands over. `source` is where it came from: a path or a name."""

    id: str
    title: str
    source: str
    format: str
    sha256: str
    passages: tuple[NewPassage, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its text; `passages` is their number."""

    id: str
    title: str
    source: str
    format: str
    sha256: str
    revision: int
    passages: int
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    id: str
    document_id: str
    title: str
    heading: str
    text: str
    ordinal: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A document that changed at `revision`; `removed` means that it is gone."""

    document_id: str
    revision: int
    removed: bool


def passage_id(document_id: str, ordinal: int) -> str:
    """The same for the same document and place, whichever process computes it."""
    return str(uuid.uuid5(_PASSAGES, f"{document_id}\n{ordinal}"))


def put_all(session: Session, found: Sequence[NewDocument]) -> list[tuple[Outcome, str]]:
    """Add or replace documents; for each what happened, and the id that now holds it.

    `unchanged`: the same content under the same id. `duplicate`: the same content under
    another id, which is returned; nothing is written in either case.
    """
    _one_writer(session)
    hashes, holders = _known(session, found)
    old = set(hashes)
    changed: dict[str, NewDocument] = {}
    outcomes: list[tuple[Outcome, str]] = []
    for document in found:
        id_, sha256 = document.id, document.sha256
        if hashes.get(id_) == sha256:
            outcomes.append(("unchanged", id_))
        elif id_ not in hashes and sha256 in holders:
            outcomes.append(("duplicate", holders[sha256]))
        else:
            outcomes.append(("updated" if id_ in hashes else "added", id_))
            if holders.get(hashes.get(id_, "")) == id_:
                del holders[hashes[id_]]
            hashes[id_] = sha256
            holders[sha256] = id_
            changed[id_] = document
    _write(session, list(changed.values()), old)
    return outcomes


def _known(session: Session, found: Sequence[NewDocument]) -> tuple[dict[str, str], dict[str, str]]:
    """Hashes by id, and ids by hash, of what the store has of these already."""
    same_id = DocumentRow.id.in_([document.id for document in found])
    same_hash = DocumentRow.sha256.in_([document.sha256 for document in found])
    rows = session.execute(select(DocumentRow.id, DocumentRow.sha256).where(same_id | same_hash))
    hashes = {row.id: row.sha256 for row in rows}
    return hashes, {sha256: id_ for id_, sha256 in hashes.items()}


def _write(session: Session, changed: Sequence[NewDocument], old: set[str]) -> None:
    if not changed:
        return
    ids = [document.id for document in changed]
    session.execute(delete(PassageRow).where(PassageRow.document_id.in_(ids)))
    session.execute(delete(Removal).where(Removal.document_id.in_(ids)))
    instant, last = now(), _take_revisions(session, len(changed))
    rows = [
        {
            "id": document.id,
            "title": document.title,
            "source": document.source,
            "format": document.format,
            "sha256": document.sha256,
            "tags": list(document.tags),
            "revision": last - len(changed) + number,
            "updated_at": instant,
        }
        for number, document in enumerate(changed, 1)
    ]
    if new := [row | {"created_at": instant} for row in rows if row["id"] not in old]:
        session.execute(insert(DocumentRow), new)
    if again := [row for row in rows if row["id"] in old]:
        session.execute(update(DocumentRow), again)
    if passages := [row for document in changed for row in _rows(document)]:
        session.execute(insert(PassageRow), passages)
    session.expire_all()


def find(session: Session, document_id: str, sha256: str) -> DocumentRow | None:
    """The document that holds this content already: the one of this id, or else any other
    when there is none of this id."""
    own = session.get(DocumentRow, document_id)
    if own is not None:
        return own if own.sha256 == sha256 else None
    return session.scalars(select(DocumentRow).where(DocumentRow.sha256 == sha256).limit(1)).first()


def _rows(document: NewDocument) -> list[dict[str, object]]:
    return [
        {
            "id": passage_id(document.id, ordinal),
            "document_id": document.id,
            "ordinal": ordinal,
            "heading": passage.heading,
            "text": passage.text,
        }
        for ordinal, passage in enumerate(document.passages)
    ]


def remove(session: Session, document_id: str) -> bool:
    """Remove a document and its passages; False when there was none."""
    _one_writer(session)
    row = session.get(DocumentRow, document_id)
    if row is None:
        return False
    session.execute(delete(DocumentRow).where(DocumentRow.id == document_id))
    session.expunge(row)
    session.merge(Removal(document_id=document_id, revision=_take_revisions(session, 1)))
    return True


def _one_writer(session: Session) -> None:
    # PostgreSQL: two processes putting the same new document would both find nothing and both
    # insert. SQLite's transaction already holds the write lock.
    session.execute(select(StoreState.id).with_for_update())


def _take_revisions(session: Session, number: int) -> int:
    """The last of the next `number` revisions."""
    taken = (
        update(StoreState)
        .values(revision=StoreState.revision + number)
        .returning(StoreState.revision)
    )
    return session.scalars(taken).one()


def revision(session: Session) -> tuple[str, int]:
    """Which store this is, and the number of its latest change of documents."""
    row = session.execute(select(StoreState.identity, StoreState.revision)).one()
    return row.identity, row.revision


def changes_after(session: Session, applied: int, limit: int) -> list[DocumentChange]:
    """The next `limit` changes above revision `applied`, oldest first."""
    changed = select(DocumentRow.id, DocumentRow.revision).where(DocumentRow.revision > applied)
    gone = select(Removal.document_id, Removal.revision).where(Removal.revision > applied)
    found = [
        DocumentChange(document_id, number, removed)
        for query, removed in ((changed, False), (gone, True))
        for document_id, number in session.execute(query.order_by("revision").limit(limit))
    ]
    return sorted(found, key=lambda change: change.revision)[:limit]


def passages_of(session: Session, document_ids: Sequence[str]) -> list[Passage]:
    """All passages of these documents, in order."""
    query = select(PassageRow, DocumentRow.title, DocumentRow.tags).join(PassageRow.document)
    query = query.where(PassageRow.document_id.in_(document_ids))
    query = query.order_by(PassageRow.document_id, PassageRow.ordinal)
    return [_passage(*row) for row in session.execute(query)]


def passages(session: Session, ids: Sequence[str]) -> dict[str, Passage]:
    """Passages by id; those that are gone are left out."""
    query = select(PassageRow, DocumentRow.title, DocumentRow.tags).join(PassageRow.document)
    query = query.where(PassageRow.id.in_(ids))
    return {row[0].id: _passage(*row) for row in session.execute(query)}


def _passage(row: PassageRow, title: str, tags: Sequence[str]) -> Passage:
    return Passage(row.id, row.document_id, title, row.heading, row.text, row.ordinal, tuple(tags))


def texts(session: Session) -> Iterator[tuple[str, str, str]]:
    """Title, heading and text of every passage, a few hundred in memory at a time."""
    query = select(DocumentRow.title, PassageRow.heading, PassageRow.text)
    query = query.join(PassageRow.document).order_by(PassageRow.document_id, PassageRow.ordinal)
    for row in session.execute(query.execution_options(yield_per=500)):
        yield row.title, row.heading, row.text


def list_documents(session: Session) -> list[DocumentInfo]:
    """All documents, by title."""
    counts = (
        select(PassageRow.document_id, func.count().label("passages"))
        .group_by(PassageRow.document_id)
        .subquery()
    )
    query = (
        select(DocumentRow, func.coalesce(counts.c.passages, 0))
        .outerjoin(counts, counts.c.document_id == DocumentRow.id)
        .order_by(DocumentRow.title, DocumentRow.id)
    )
    return [_info(row, number) for row, number in session.execute(query)]


def _info(row: DocumentRow, number: int) -> DocumentInfo:
    return DocumentInfo(
        id=row.id,
        title=row.title,
        source=row.source,
        format=row.format,
        sha256=row.sha256,
        revision=row.revision,
        passages=number,
        created_at=row.created_at,
        updated_at=row.updated_at,
        tags=tuple(row.tags),
    )
