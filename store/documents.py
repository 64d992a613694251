"""Documents and their passages: the truth that every index is derived from.

Knows revisions and removals; knows nothing of files, formats, vectors or scores. Every
function takes a session and leaves the transaction to its caller, so a document's rows
appear together or not at all.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from store.tables import DocumentRow, PassageRow, Removal, State, now

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


@dataclass(frozen=True, slots=True)
class Passage:
    id: str
    document_id: str
    title: str
    heading: str
    text: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Change:
    """A document that changed at `revision`; `removed` means that it is gone."""

    document_id: str
    revision: int
    removed: bool


def passage_id(document_id: str, ordinal: int) -> str:
    """The same for the same document and place, whichever process computes it."""
    return str(uuid.uuid5(_PASSAGES, f"{document_id}\n{ordinal}"))


def put(session: Session, document: NewDocument) -> tuple[Outcome, str]:
    """Add or replace a document; returns what happened and the id that now holds it.

    `unchanged`: the same content under the same id. `duplicate`: the same content under
    another id, which is returned; nothing is written in either case.
    """
    _one_writer(session)
    if (twin := find(session, document.id, document.sha256)) is not None:
        return ("unchanged" if twin.id == document.id else "duplicate"), twin.id
    old = session.get(DocumentRow, document.id)
    instant = now()
    row = old or DocumentRow(id=document.id, created_at=instant)
    row.title, row.source, row.format = document.title, document.source, document.format
    row.sha256, row.revision, row.updated_at = document.sha256, _next_revision(session), instant
    session.execute(delete(PassageRow).where(PassageRow.document_id == document.id))
    session.execute(delete(Removal).where(Removal.document_id == document.id))
    session.add(row)
    session.flush()
    session.add_all(_rows(document))
    session.flush()
    return ("added" if old is None else "updated"), document.id


def find(session: Session, document_id: str, sha256: str) -> DocumentRow | None:
    """The document that holds this content already: the one of this id, or else any other
    when there is none of this id."""
    own = session.get(DocumentRow, document_id)
    if own is not None:
        return own if own.sha256 == sha256 else None
    return session.scalars(select(DocumentRow).where(DocumentRow.sha256 == sha256).limit(1)).first()


def _rows(document: NewDocument) -> list[PassageRow]:
    return [
        PassageRow(
            id=passage_id(document.id, ordinal),
            document_id=document.id,
            ordinal=ordinal,
            heading=passage.heading,
            text=passage.text,
        )
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
    session.merge(Removal(document_id=document_id, revision=_next_revision(session)))
    return True


def _one_writer(session: Session) -> None:
    # PostgreSQL: two processes putting the same new document would both find nothing and both
    # insert. SQLite's transaction already holds the write lock.
    session.execute(select(State.id).with_for_update())


def _next_revision(session: Session) -> int:
    taken = update(State).values(revision=State.revision + 1).returning(State.revision)
    return session.scalars(taken).one()


def revision(session: Session) -> tuple[str, int]:
    """Which store this is, and the number of its latest change of documents."""
    row = session.execute(select(State.identity, State.revision)).one()
    return row.identity, row.revision


def changes_after(session: Session, applied: int, limit: int) -> list[Change]:
    """The next `limit` changes above revision `applied`, oldest first."""
    changed = select(DocumentRow.id, DocumentRow.revision).where(DocumentRow.revision > applied)
    gone = select(Removal.document_id, Removal.revision).where(Removal.revision > applied)
    found = [
        Change(document_id, number, removed)
        for query, removed in ((changed, False), (gone, True))
        for document_id, number in session.execute(query.order_by("revision").limit(limit))
    ]
    return sorted(found, key=lambda change: change.revision)[:limit]


def passages_of(session: Session, document_ids: Sequence[str]) -> list[Passage]:
    """All passages of these documents, in order."""
    query = select(PassageRow, DocumentRow.title).join(PassageRow.document)
    query = query.where(PassageRow.document_id.in_(document_ids))
    query = query.order_by(PassageRow.document_id, PassageRow.ordinal)
    return [_passage(row, title) for row, title in session.execute(query)]


def passages(session: Session, ids: Sequence[str]) -> dict[str, Passage]:
    """Passages by id; those that are gone are left out."""
    query = select(PassageRow, DocumentRow.title).join(PassageRow.document)
    query = query.where(PassageRow.id.in_(ids))
    return {row.id: _passage(row, title) for row, title in session.execute(query)}


def _passage(row: PassageRow, title: str) -> Passage:
    return Passage(row.id, row.document_id, title, row.heading, row.text, row.ordinal)


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
    )
