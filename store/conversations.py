"""What was asked and answered, with sources and timings.

Knows rows; knows nothing of how an answer was found. Functions take a session and leave the
transaction to their caller.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, selectinload

from dialog.content import Answer, AnswerSource, Source, Word
from store.tables import ConversationRow, TurnRow, TurnSource, now


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One question and its answer, worded by `source` from `sources`; `words` are the
    recogniser's own, empty for typed text."""

    conversation_id: str
    ordinal: int
    question: str
    words: tuple[Word, ...]
    answer: str
    source: AnswerSource
    sources: tuple[Source, ...]
    timings_ms: Mapping[str, float]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """A conversation in a list; `turns` is their number, `title` the first question."""

    id: str
    title: str
    turns: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    created_at: datetime
    updated_at: datetime
    turns: tuple[StoredTurn, ...]


def record_turn(
    session: Session,
    question: str,
    answer: Answer,
    *,
    words: Sequence[Word] = (),
    timings_ms: Mapping[str, float] | None = None,
    conversation_id: str | None = None,
) -> StoredTurn:
    """Append a turn; without `conversation_id`, or with one not seen yet, begin a conversation."""
    conversation = _conversation(session, conversation_id or str(uuid.uuid4()))
    row = TurnRow(
        conversation_id=conversation.id,
        ordinal=_turns(session, conversation.id),
        question=question,
        words=[asdict(word) for word in words] or None,
        answer=answer.text,
        rung=answer.source,
        timings_ms=dict(timings_ms or {}),
        created_at=conversation.updated_at,
        sources=[
            TurnSource(ordinal=place, document_id=s.id, title=s.title, quote=s.quote, score=s.score)
            for place, s in enumerate(answer.sources)
        ],
    )
    session.add(row)
    session.flush()
    return _turn(row)


def begin_conversation(session: Session, conversation_id: str) -> None:
    """A conversation without turns, unless there is one of this id."""
    _conversation(session, conversation_id)


def delete_conversation(session: Session, conversation_id: str) -> bool:
    """Delete a conversation with its turns; False where there is none."""
    row = session.get(ConversationRow, conversation_id)
    if row is None:
        return False
    session.delete(row)
    return True


def _conversation(session: Session, conversation_id: str) -> ConversationRow:
    """The conversation, locked, so that two turns at once do not take the same ordinal."""
    row = session.get(ConversationRow, conversation_id, with_for_update=True)
    if row is None:
        row = ConversationRow(id=conversation_id, created_at=now())
        session.add(row)
    row.updated_at = now()
    session.flush()
    return row


def _turns(session: Session, conversation_id: str) -> int:
    count = select(func.count()).where(TurnRow.conversation_id == conversation_id)
    return session.scalars(count).one()


def list_conversations(session: Session, limit: int = 50) -> list[ConversationInfo]:
    """The latest conversations, newest first."""
    first = aliased(TurnRow)
    title = (
        select(first.question)
        .where(first.conversation_id == ConversationRow.id)
        .order_by(first.ordinal)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(ConversationRow, title, func.count(TurnRow.id))
        .outerjoin(TurnRow, TurnRow.conversation_id == ConversationRow.id)
        .group_by(ConversationRow.id)
        .order_by(ConversationRow.updated_at.desc(), ConversationRow.id)
        .limit(limit)
    )
    return [
        ConversationInfo(row.id, question or "", number, row.created_at, row.updated_at)
        for row, question, number in session.execute(query)
    ]


def get_conversation(session: Session, conversation_id: str) -> Conversation | None:
    """A conversation with its turns in order; None when there is none."""
    turns = selectinload(ConversationRow.turns).selectinload(TurnRow.sources)
    row = session.get(ConversationRow, conversation_id, options=[turns])
    if row is None:
        return None
    return Conversation(
        row.id, row.created_at, row.updated_at, tuple(_turn(turn) for turn in row.turns)
    )


def _turn(row: TurnRow) -> StoredTurn:
    return StoredTurn(
        conversation_id=row.conversation_id,
        ordinal=row.ordinal,
        question=row.question,
        words=tuple(Word(**word) for word in row.words or ()),
        answer=row.answer,
        source=_source(row.rung),
        sources=tuple(Source(s.document_id, s.title, s.quote, s.score) for s in row.sources),
        timings_ms=row.timings_ms,
        created_at=row.created_at,
    )


def _source(kept: str) -> AnswerSource:
    match kept:
        case "llm" | "extractive" | "none":
            return kept
    raise ValueError(f"unknown rung in the store: {kept}")
