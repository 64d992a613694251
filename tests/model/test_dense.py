"""A `sentence-transformers` model, made on the spot: random weights, real code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answering import answerability
from rag.answering.answer import THRESHOLD
from rag.answering.query import analyse
from rag.ingestion.ingest import Ingestion
from rag.retrieval.dense import SentenceEncoder
from rag.retrieval.retriever import open_retriever
from store.engine import Store, open_store
from tests.model import tiny_bert

pytestmark = pytest.mark.model

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "слоны", "тариф", "статья", "о"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BERT of one layer and 16 dimensions, saved as hub models are."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertModel

    folder = tmp_path_factory.mktemp("bert")
    tiny_bert.save(folder, BertModel, WORDS)
    words = Transformer(str(folder))
    model = SentenceTransformer(modules=[words, Pooling(words.get_embedding_dimension())])
    model.save(str(folder / "whole"))
    return str(folder / "whole")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/beseda.db")
    yield opened
    opened.close()


def test_vectors_are_of_one_size_and_unit_length(tiny: str) -> None:
    encoder = SentenceEncoder(tiny, device="cpu")
    first, second = encoder.embed_documents(["статья о слоны", "тариф"])
    assert encoder.size == len(first) == len(second) == 16
    assert sum(value * value for value in first) == pytest.approx(1.0, abs=1e-5)
    assert encoder.embed_query("тариф") == pytest.approx(second, abs=1e-5)
    assert first != pytest.approx(second, abs=1e-3)


def test_a_library_with_a_model_fuses_both(tiny: str, store: Store, tmp_path: Path) -> None:
    for name, text in (("a", "Статья о слонах."), ("b", "Тариф стоит 500 рублей.")):
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    retriever = open_retriever(store, tmp_path / "index", dense_model=tiny)
    Ingestion(store, retriever.follow).ingest([tmp_path / "a.md", tmp_path / "b.md"])
    # Words find one of them, the model ranks both; so both come, the one of both ranks first.
    assert [hit.title for hit in retriever.search("тариф стоит", 2)] == ["b", "a"]
    retriever.close()
    # The same folder without the model: other vectors, so the index is built anew.
    plain = open_retriever(store, tmp_path / "index")
    assert [hit.title for hit in plain.search("тариф стоит", 2)] == ["b"]
    plain.close()


def test_with_a_model_the_same_questions_are_answered(
    tiny: str, store: Store, tmp_path: Path
) -> None:
    """Fused scores are of another scale than words': what is known must not depend on it."""
    (tmp_path / "b.md").write_text("Тариф «Домашний» стоит 500 рублей.", encoding="utf-8")
    retriever = open_retriever(store, tmp_path / "index", dense_model=tiny)
    Ingestion(store, retriever.follow).ingest([tmp_path / "b.md"])
    hits = retriever.search_passages("сколько стоит тариф домашний", 5)
    asked = analyse("сколько стоит тариф домашний", hits, retriever.rarity)
    score = retriever.words_score(asked.text)
    assert answerability.confidence(asked, answerability.weigh(asked, hits), score) >= THRESHOLD
    retriever.close()
