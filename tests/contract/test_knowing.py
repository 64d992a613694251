"""What is found, answered and refused, over labelled questions on five knowledge bases.

`evidence.confidence` was fitted on all of them, and what is asked of it here says that it still
holds. What to expect of a sixth is measured by leaving each out (tests/bench/knowing.py).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dialog.content import Answer
from rag import evaluation
from rag.answering.answer import Answerer
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import open_store

pytestmark = [pytest.mark.contract, pytest.mark.anyio]

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
OTHERS = ("clinic", "bank", "shop", "house")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


SPOKEN = lines(SAMPLES / "questions" / "questions.jsonl")


@contextmanager
def ingested(home: Path, documents: Path) -> Iterator[Retriever]:
    store = open_store(f"sqlite:///{home}/beseda.db")
    opened = open_retriever(store, home / "index")
    assert Ingestion(store, opened.follow).ingest([documents]).skipped == ()
    yield opened
    opened.close()
    store.close()


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    with ingested(tmp_path_factory.mktemp("home"), SAMPLES / "knowledge") as opened:
        yield opened


async def figures(retriever: Retriever, questions: Path) -> evaluation.EvaluationFigures:
    outcomes = await evaluation.run(evaluation.read(questions), retriever, Answerer(retriever))
    return evaluation.measure(outcomes)


@pytest.mark.parametrize("question", SPOKEN, ids=[one["id"] for one in SPOKEN])
@pytest.mark.parametrize("form", ["text", "words"])
async def test_the_sample_questions_are_answered_right(
    retriever: Retriever, question: dict[str, Any], form: str
) -> None:
    *_, answer = [message async for message in Answerer(retriever).answer(question[form])]
    assert isinstance(answer, Answer)
    sources = {document.id: Path(document.source).name for document in retriever.documents()}
    assert answer.source == "extractive"
    assert sources[answer.sources[0].id] == question["document"]
    for expected in question["answer_contains"]:
        assert expected in answer.text


async def test_the_labelled_questions(retriever: Retriever) -> None:
    labelled = SAMPLES / "questions" / "labelled.jsonl"
    questions = evaluation.read(labelled)
    assert len(questions) == 150
    assert sum(not question.documents for question in questions) == 40
    assert sum(question.heard for question in questions) == 40
    found = await figures(retriever, labelled)
    assert found.recall_at_5 >= 0.95
    assert found.recall_at_5_heard >= 0.95
    assert found.refusal_f1 >= 0.92
    assert found.answered_right >= 0.82
    assert found.citations_right >= 0.95


@pytest.mark.parametrize("name", OTHERS)
async def test_questions_to_others(name: str, tmp_path: Path) -> None:
    folder = ROOT / "tests" / "data" / name
    with ingested(tmp_path, next(folder.glob("articles*"))) as retriever:
        found = await figures(retriever, folder / "questions.jsonl")
    assert found.recall_at_5 >= 0.95
    assert found.refusal_f1 >= 0.88
