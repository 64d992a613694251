"""Measures answers over labelled questions: what is found, what is refused, what is cited.

    {"_id": "k001", "text": "...", "documents": ["a.md"], "contains": "650", "heard": true}

`documents` are ids or file names, none for a question that cannot be answered; `contains` is
what a right answer says. Knows metrics; knows nothing of how answers are made.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialog.content import Answer
from dialog.errors import BadInput
from rag import jsonl
from rag.answering.answer import Answerer
from rag.answering.citations import figures
from rag.retrieval.retriever import Retriever

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    id: str
    text: str
    documents: frozenset[str]
    contains: str = ""
    heard: bool = False


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """`rank` is that of the first right document, from 0; None where it is not in the first ten."""

    question: Labelled
    rank: int | None
    answer: Answer

    @property
    def refused(self) -> bool:
        return self.answer.source == "none"

    @property
    def says_it(self) -> bool:
        """Whether the answer has what a right one says."""
        return self.question.contains.lower() in self.answer.text.lower()

    @property
    def cited_right(self) -> bool:
        """Whether the sources name a right document and hold the answer's figures."""
        quotes = " ".join(f"{source.title} {source.quote}" for source in self.answer.sources)
        return self.rank is not None and figures(self.answer.text) <= figures(
            f"{quotes} {self.question.text}"
        )


@dataclass(frozen=True, slots=True)
class EvaluationFigures:
    """Shares from 0 to 1. Refusal: unanswerable questions are the positives."""

    questions: int
    recall_at_5: float
    recall_at_5_heard: float
    ndcg_at_10: float
    mrr: float
    refusal_precision: float
    refusal_recall: float
    refusal_f1: float
    answered_right: float
    citations_right: float


def read(path: Path) -> list[Labelled]:
    """The questions of a file; raises BadInput that names the line."""
    found = jsonl.read(path, _labelled, 'not a line with "_id", "text" and "documents"')
    if not found:
        raise BadInput(f"{path}: no questions")
    return found


def _labelled(record: jsonl.Record) -> Labelled:
    documents = record["documents"]
    if not isinstance(documents, list) or not isinstance(record["text"], str):
        raise TypeError
    return Labelled(
        str(record["_id"]),
        record["text"],
        frozenset(map(str, documents)),
        str(record.get("contains", "")),
        bool(record.get("heard", False)),
    )


async def run(
    questions: Sequence[Labelled],
    retriever: Retriever,
    answerer: Answerer,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[JudgedQuestion]:
    """Search for and answer every question, one after another."""
    names = {document.id: Path(document.source).name for document in retriever.documents()}
    outcomes = []
    for number, question in enumerate(questions, 1):
        hits = retriever.search(question.text, DEPTH)
        right = (
            rank
            for rank, hit in enumerate(hits)
            if question.documents & {hit.document_id, names.get(hit.document_id)}
        )
        *_, answer = [message async for message in answerer.answer(question.text)]
        assert isinstance(answer, Answer)
        outcomes.append(JudgedQuestion(question, next(right, None), answer))
        if progress is not None:
            progress(number, len(questions), question.id)
    return outcomes


def measure(outcomes: Sequence[JudgedQuestion]) -> EvaluationFigures:
    """The figures; a share of nothing is 0."""
    known = [one for one in outcomes if one.question.documents]
    unknown = [one for one in outcomes if not one.question.documents]
    refused = [one for one in outcomes if one.refused]
    rightly = [one for one in unknown if one.refused]
    precision, recall = _share(len(rightly), refused), _share(len(rightly), unknown)
    answered = [one for one in known if not one.refused]
    contains = [one for one in known if one.question.contains]
    heard = [one for one in known if one.question.heard]
    ranks = [one.rank for one in known if one.rank is not None]
    return EvaluationFigures(
        questions=len(outcomes),
        recall_at_5=_share(_within(known, 5), known),
        recall_at_5_heard=_share(_within(heard, 5), heard),
        ndcg_at_10=_share(math.fsum(_gain(one) for one in known), known),
        mrr=_share(math.fsum(1 / (rank + 1) for rank in ranks), known),
        refusal_precision=precision,
        refusal_recall=recall,
        refusal_f1=_share(2 * len(rightly), [*refused, *unknown]),
        answered_right=_share(sum(one.says_it for one in contains), contains),
        citations_right=_share(sum(one.cited_right for one in answered), answered),
    )


def _within(known: Sequence[JudgedQuestion], depth: int) -> int:
    return sum(one.rank is not None and one.rank < depth for one in known)


def _gain(one: JudgedQuestion) -> float:
    """nDCG where any of the right documents is as good: 1 / log2(rank + 2)."""
    return 0.0 if one.rank is None else 1 / math.log2(one.rank + 2)


def _share(part: float, whole: Sequence[object]) -> float:
    return round(part / len(whole), 4) if whole else 0.0
