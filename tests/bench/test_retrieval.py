"""Our search beside `langchain-qdrant`'s sparse mode with `bm25s`-style vectors, in one run.

Same passages, same questions, same machine: the samples among filler of the same words. Their
index is `qdrant-client` in process, ours is Qdrant's own engine: that is what each gives a
user without a server. Prints the table that docs/decisions/0003 quotes.
"""

import json
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import bm25s
import pytest
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector

from rag import evaluation
from rag.ingestion.ingest import DocumentFile, Ingestion, read
from rag.retrieval import sparse
from rag.retrieval.retriever import open_retriever
from store.engine import open_store

pytestmark = pytest.mark.bench

ROOT = Path(__file__).parents[2]
PASSAGES = 5_000
"""In process their client scans all points in Python: more would take it minutes."""

Search = Callable[[str], list[str]]


class Bm25s(SparseEmbeddings):
    """Words as `bm25s` splits them, weighted by BM25 (k1 1.5, b 0.75, its defaults)."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [len(words) for words in self._words(texts)]
        self._average = sum(counts) / len(counts)

    def _words(self, texts: Sequence[str]) -> list[list[str]]:
        found = bm25s.tokenize(list(texts), stopwords=[], return_ids=False, show_progress=False)
        return list(found)

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        return [self._document(words) for words in self._words(texts)]

    def _document(self, words: list[str]) -> SparseVector:
        norm = 1.5 * (0.25 + 0.75 * len(words) / self._average)
        counts = Counter(map(sparse.index_of, words))
        values = [tf * 2.5 / (tf + norm) for tf in counts.values()]
        return SparseVector(indices=list(counts), values=values)

    def embed_query(self, text: str) -> SparseVector:
        indices = sorted({sparse.index_of(word) for word in self._words([text])[0]})
        return SparseVector(indices=indices, values=[1.0] * len(indices))


def corpus() -> dict[str, tuple[str, str]]:
    """Passage id to its document and text: the samples, and shuffles of their sentences."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((ROOT / "samples" / "knowledge").iterdir()):
        document = read(DocumentFile(path), path.suffix, path.name, "")
        for number, passage in enumerate(document.passages):
            text = "\n".join((document.title, passage.heading, passage.text))
            found[f"{path.name} {number}"] = path.name, text
    words = " ".join(text for _, text in found.values()).split()
    mix = random.Random(1)
    for number in range(PASSAGES - len(found)):
        found[f"filler {number}"] = "filler", " ".join(mix.choices(words, k=60))
    return found


def score(search: Search, documents: dict[str, str]) -> tuple[float, float]:
    """nDCG@10 over the labelled questions, and the 95th percentile of a search in ms."""
    gains, took_ms = [], []
    for question in evaluation.read(ROOT / "samples" / "questions" / "labelled.jsonl"):
        if not question.documents:
            continue
        began_s = time.perf_counter()
        found = search(question.text)
        took_ms.append((time.perf_counter() - began_s) * 1000)
        names = list(dict.fromkeys(documents[one] for one in found))[:10]
        ranks = (rank for rank, name in enumerate(names) if name in question.documents)
        rank = next(ranks, None)
        gains.append(0.0 if rank is None else 1 / math.log2(rank + 2))
    return sum(gains) / len(gains), sorted(took_ms)[int(0.95 * len(took_ms))]


def test_against_langchain_qdrant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passages = corpus()
    documents = {name: document for name, (document, _) in passages.items()}
    texts = [text for _, text in passages.values()]
    theirs = QdrantVectorStore.from_texts(
        texts,
        metadatas=[{"name": name} for name in passages],
        sparse_embedding=Bm25s(texts),
        retrieval_mode=RetrievalMode.SPARSE,
        location=":memory:",
        collection_name="bench",
    )
    path = tmp_path / "passages.jsonl"
    rows = [{"_id": name, "text": text} for name, (_, text) in passages.items()]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    retriever = open_retriever(store, tmp_path / "index")
    Ingestion(store, retriever.follow).ingest([path])

    def ask_them(query: str) -> list[str]:
        found = theirs.similarity_search(query, k=40)
        return [document.metadata["name"] for document in found]

    def ask_us(query: str) -> list[str]:
        return [hit.document_id for hit in retriever.search_passages(query, 40)]

    ask_them("разогрев"), ask_us("разогрев")
    table = {"langchain-qdrant": score(ask_them, documents), "beseda": score(ask_us, documents)}
    with capsys.disabled():
        for name, (ndcg, p95_ms) in table.items():
            print(f"\n{name:18} nDCG@10 {ndcg:.3f}  p95 {p95_ms:.1f} ms", end="")
    retriever.close()
    store.close()
    assert table["beseda"][0] > table["langchain-qdrant"][0]


def test_search_among_50_000_passages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In process, on what cores there are; the questions are the labelled ones, misheard too."""
    words = " ".join(text for _, text in corpus().values()).split()
    mix = random.Random(2)
    path = tmp_path / "passages.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(50_000):
            text = " ".join(mix.choices(words, k=60))
            file.write(json.dumps({"_id": str(number), "text": text}) + "\n")
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    retriever = open_retriever(store, tmp_path / "index")
    began_s = time.perf_counter()
    Ingestion(store, retriever.follow).ingest([path])
    ingested_s = time.perf_counter() - began_s
    took_ms, found = [], 0
    for question in evaluation.read(ROOT / "samples" / "questions" / "labelled.jsonl"):
        began_s = time.perf_counter()
        found += bool(retriever.search(question.text, 10))
        took_ms.append((time.perf_counter() - began_s) * 1000)
    took_ms.sort()
    with capsys.disabled():
        print(f"\ningested in {ingested_s:.0f} s; search p50 {took_ms[len(took_ms) // 2]:.1f} ms, "
              f"p95 {took_ms[int(0.95 * len(took_ms))]:.1f} ms", end="")  # fmt: skip
    retriever.close()
    store.close()
    assert found > 0.9 * len(took_ms)
