"""What commands find, as a person reads it in a terminal; shapes of JSON are in `schemas`."""

from collections.abc import Iterator, Sequence
from typing import get_args

from api.conversation.exchange import Reply
from rag.evaluation import JudgedQuestion
from rag.ingestion.ingest import Report
from rag.retrieval.retriever import Hit
from store.documents import DocumentInfo, Outcome

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

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


def hit_text(hit: Hit) -> str:
    """A found passage on two lines."""
    return f"{hit.score:7.3f}  {hit.title} [{hit.document_id}]\n         {_one_line(hit.text)}"


def document_text(info: DocumentInfo) -> str:
    """A document on one line."""
    tags = ",".join(info.tags)
    return f"{info.id}\t{info.format}\t{info.passages}\t{info.title}\t{tags}".rstrip()


def report_text(report: Report) -> str:
    """What an ingestion did, in one line."""
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in OUTCOMES)
    return f"{counts}, {len(report.skipped)} skipped"


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


def _one_line(text: str) -> str:
    return " ".join(text.split())
