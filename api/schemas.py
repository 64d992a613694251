"""A transcript and a reply as text, subtitles or JSON: shapes only, no decisions.

OpenAI's shapes are those of their "Create transcription" reference.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import get_args

from api.conversation.exchange import Reply
from dialog.messages import Source, Transcript, Word
from rag.evaluation import JudgedQuestion
from rag.ingestion.ingest import Report
from rag.retrieval.retriever import Hit
from store.conversations import Conversation, ConversationInfo, StoredTurn
from store.documents import DocumentInfo, Outcome
from store.recordings import StoredRecording

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

MAX_CUE_CHARS = 84  # two lines of 42, the usual subtitle
MAX_CUE_S = 7.0
CUE_PAUSE_S = 0.7


def cues(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """Group words into subtitle cues: cut at a pause, at two full lines, at 7 seconds."""
    if not words:
        return
    cue = [words[0]]
    for previous, word in pairwise(words):
        chars = sum(len(w.text) + 1 for w in cue) + len(word.text)
        if (
            word.start_s - previous.end_s > CUE_PAUSE_S
            or chars > MAX_CUE_CHARS
            or word.end_s - cue[0].start_s > MAX_CUE_S
        ):
            yield tuple(cue)
            cue = []
        cue.append(word)
    yield tuple(cue)


def cue_text(cue: tuple[Word, ...]) -> str:
    """The cue's words as one line."""
    return " ".join(word.text for word in cue)


def clock(seconds: float, comma: str) -> str:
    """Subtitle time: HH:MM:SS, `comma`, milliseconds."""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{comma}{ms % 1000:03}"


def srt(transcript: Transcript) -> str:
    """SubRip."""
    return "\n".join(
        f"{n}\n{clock(cue[0].start_s, ',')} --> {clock(cue[-1].end_s, ',')}\n{cue_text(cue)}\n"
        for n, cue in enumerate(cues(transcript.words), 1)
    )


def vtt(transcript: Transcript) -> str:
    """WebVTT."""
    return "\n".join(
        ["WEBVTT\n"]
        + [
            f"{clock(cue[0].start_s, '.')} --> {clock(cue[-1].end_s, '.')}\n{cue_text(cue)}\n"
            for cue in cues(transcript.words)
        ]
    )


def words(transcript: Transcript) -> str:
    """One word a line: start, end (seconds), confidence, word; tabs between."""
    return "\n".join(
        f"{w.start_s:.2f}\t{w.end_s:.2f}\t{w.confidence:.2f}\t{w.text}" for w in transcript.words
    )


def word_json(word: Word) -> dict[str, object]:
    """A word with its times and confidence."""
    return {
        "word": word.text,
        "start_s": round(word.start_s, 3),
        "end_s": round(word.end_s, 3),
        "confidence": round(word.confidence, 4),
    }


def transcript_json(transcript: Transcript) -> dict[str, object]:
    """The command line's own JSON, without the file's name."""
    return {"text": transcript.text, "words": [word_json(word) for word in transcript.words]}


def verbose_json(transcript: Transcript) -> dict[str, object]:
    """OpenAI's verbose_json."""
    return {
        "task": "transcribe",
        "language": "russian",
        "duration": round(transcript.duration_s, 3),
        "text": transcript.text,
        "segments": [
            {
                "id": n,
                "start": round(cue[0].start_s, 3),
                "end": round(cue[-1].end_s, 3),
                "text": cue_text(cue),
            }
            for n, cue in enumerate(cues(transcript.words))
        ],
        "words": [
            {"word": w.text, "start": round(w.start_s, 3), "end": round(w.end_s, 3)}
            for w in transcript.words
        ],
    }


AS_TEXT: dict[str, Callable[[Transcript], str]] = {
    "text": lambda transcript: transcript.text,
    "words": words,
    "srt": srt,
    "vtt": vtt,
}
AS_JSON: dict[str, Callable[[Transcript], dict[str, object]]] = {
    "json": transcript_json,
    "verbose_json": verbose_json,
}


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


STAGES_RU = {
    "load": "загрузка моделей",
    "listen": "распознавание",
    "respond": "поиск и ответ",
    "speak": "синтез",
    "first_audio": "до первого звука",
    "total": "всего",
}


def reply_text(reply: Reply) -> str:
    """The exchange as a person reads it in a terminal."""
    lines = [
        f"Вопрос:    {reply.transcript.text or '(ничего не слышно)'}",
        f"Ответ:     {reply.answer.text}",
    ]
    for n, source in enumerate(reply.answer.sources, 1):
        lines.append(f"Источник {n}: {source.title} [{source.id}], {source.score:.2f}")
        lines.append(f"           «{_one_line(source.quote)}»")
    spent = [f"{STAGES_RU[stage]} {ms:.0f} мс" for stage, ms in reply.timings_ms.items()]
    lines.append("Время:     " + ", ".join(spent))
    return "\n".join(lines)


def hit_json(hit: Hit) -> dict[str, object]:
    """A found passage; `id` is its document's."""
    return {
        "id": hit.document_id,
        "title": hit.title,
        "text": hit.text,
        "score": round(hit.score, 4),
    }


def hit_text(hit: Hit) -> str:
    """A found passage on two lines."""
    return f"{hit.score:7.3f}  {hit.title} [{hit.document_id}]\n         {_one_line(hit.text)}"


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


def document_text(info: DocumentInfo) -> str:
    """A document on one line."""
    tags = ",".join(info.tags)
    return f"{info.id}\t{info.format}\t{info.passages}\t{info.title}\t{tags}".rstrip()


def report_json(report: Report) -> dict[str, object]:
    """What an ingestion did, document by document."""
    return {
        "documents": [asdict(document) for document in report.documents],
        "skipped": [{"file": skip.path, "error": skip.reason} for skip in report.skipped],
    }


def report_text(report: Report) -> str:
    """What an ingestion did, in one line."""
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in OUTCOMES)
    return f"{counts}, {len(report.skipped)} skipped"


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


def _one_line(text: str) -> str:
    return " ".join(text.split())


def wrong_outcomes(outcomes: Sequence[JudgedQuestion]) -> Iterator[str]:
    """A line for each labelled question that was not found, or refused against its label."""
    for one in outcomes:
        known = bool(one.question.documents)
        if known and (one.rank is None or one.rank >= 5):
            yield f"not found     {one.question.id} {one.question.text}"
        if known and one.refused:
            yield f"refused       {one.question.id} {one.question.text}"
        if not known and not one.refused:
            yield f"not refused   {one.question.id} {one.question.text}"
        if known and not one.refused and not one.says_it:
            yield f"other words   {one.question.id} {one.question.text} -> {one.answer.text}"
