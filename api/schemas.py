"""What the service and `--json` answer with: shapes only, no decisions. A transcript's own are in
`transcript_formats`."""

from collections.abc import Sequence
from dataclasses import asdict

from api.conversation.exchange import Reply
from api.transcript_formats import word_json
from dialog.content import Source
from rag.ingestion.ingest import Report
from rag.retrieval.retriever import Hit
from store.conversations import Conversation, ConversationInfo, StoredTurn
from store.documents import DocumentInfo
from store.recordings import StoredRecording


def source_json(source: Source) -> dict[str, object]:
    """A source as every door shows it."""
    return {
        "id": source.id,
        "title": source.title,
        "quote": source.quote,
        "score": round(source.score, 4),
    }


def sources_json(sources: Sequence[Source]) -> list[dict[str, object]]:
    """The sources of an answer, best first."""
    return [source_json(source) for source in sources]


def reply_json(reply: Reply) -> dict[str, object]:
    """What `talk --json`, `ask --json` and `/v1/talk` have in common."""
    return {
        "transcript": reply.transcript.text,
        "answer": reply.answer.text,
        "source": reply.answer.source,
        "sources": sources_json(reply.answer.sources),
        "timings_ms": reply.timings_ms,
    }


def hit_json(hit: Hit) -> dict[str, object]:
    """A found passage; `id` is its document's."""
    return {
        "id": hit.document_id,
        "title": hit.title,
        "text": hit.text,
        "score": round(hit.score, 4),
    }


def document_json(info: DocumentInfo) -> dict[str, object]:
    """A document in a list."""
    return {
        "id": info.id,
        "object": "document",
        "title": info.title,
        "source": info.source,
        "format": info.format,
        "passages": info.passages,
        "tags": list(info.tags),
        "updated_at": info.updated_at.isoformat(),
    }


def report_json(report: Report) -> dict[str, object]:
    """What an ingestion did, document by document."""
    return {
        "documents": [asdict(document) for document in report.documents],
        "skipped": [{"file": skip.path, "error": skip.reason} for skip in report.skipped],
    }


def conversation_info_json(info: ConversationInfo, *, recorded: bool = False) -> dict[str, object]:
    """A conversation in a list."""
    return {
        "id": info.id,
        "object": "conversation",
        "title": info.title,
        "turns": info.turns,
        "recorded": recorded,
        "created_at": info.created_at.isoformat(),
        "updated_at": info.updated_at.isoformat(),
    }


def recording_json(recording: StoredRecording) -> dict[str, object]:
    """A call's recording; the sound is at `url`."""
    return {
        "id": recording.id,
        "object": "recording",
        "bytes": recording.size_bytes,
        "ended_at": recording.ended_at.isoformat(),
        "url": f"/v1/conversations/{recording.id}/recording",
    }


def conversation_json(
    conversation: Conversation, recording: StoredRecording | None = None
) -> dict[str, object]:
    """A conversation with its turns, and its recording where there is one."""
    return {
        "recording": recording_json(recording) if recording else None,
        "id": conversation.id,
        "object": "conversation",
        "created_at": conversation.created_at.isoformat(),
        "turns": [turn_json(turn) for turn in conversation.turns],
    }


def turn_json(turn: StoredTurn) -> dict[str, object]:
    """One kept exchange."""
    return {
        "question": turn.question,
        "words": [word_json(word) for word in turn.words],
        "answer": turn.answer,
        "source": turn.source,
        "sources": sources_json(turn.sources),
        "timings_ms": dict(turn.timings_ms),
        "created_at": turn.created_at.isoformat(),
    }
