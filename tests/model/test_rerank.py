"""A cross-encoder made on the spot: random weights, real code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.ingestion.ingest import Ingestion
from rag.retrieval.rerank import CrossEncoderReranker
from rag.retrieval.retriever import open_retriever
from store.engine import Store, open_store
from tests.model import tiny_bert

pytestmark = pytest.mark.model

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "слоны", "тигры", "статья", "о"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BERT of one layer with one output, saved as hub models are."""
    from transformers import BertForSequenceClassification

    folder = tmp_path_factory.mktemp("bert")
    tiny_bert.save(folder, BertForSequenceClassification, WORDS, num_labels=1)
    return str(folder)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/beseda.db")
    yield opened
    opened.close()


def test_its_order_is_the_answer(tiny: str, store: Store, tmp_path: Path) -> None:
    texts = {"a": "Статья о слоны.", "b": "Статья тигры о слоны.", "c": "Слоны слоны статья."}
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    retriever = open_retriever(store, tmp_path / "index", rerank_model=tiny)
    Ingestion(store, retriever.follow).ingest([tmp_path / f"{name}.md" for name in texts])
    hits = retriever.search("статья слоны", 3)
    model = CrossEncoderReranker(tiny, device="cpu")
    read = {name: f"{name}\n\n{text}" for name, text in texts.items()}
    scores = dict(zip(read, model.scores("статья слоны", list(read.values())), strict=True))
    assert [hit.title for hit in hits] == sorted(scores, key=lambda name: -scores[name])
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores.values(), reverse=True))
    assert model.scores("статья", []) == []
    retriever.close()
