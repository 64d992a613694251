"""The collection opens with `langchain-qdrant`'s own vector store, and finds what we find."""

import warnings
from pathlib import Path

import pytest
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector
from qdrant_client import QdrantClient

from rag.ingestion.ingest import Ingestion
from rag.retrieval import sparse
from rag.retrieval.index import SPARSE, Sparse
from rag.retrieval.qdrant_server import ServerIndex
from rag.retrieval.retriever import Retriever
from store.engine import Store

pytestmark = pytest.mark.contract

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
KNOWLEDGE = Path(__file__).parents[2] / "samples" / "knowledge"


class OurSparse(SparseEmbeddings):
    """Our vectors under langchain's protocol."""

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        return [_vector(sparse.document_vector(text)) for text in texts]

    def embed_query(self, text: str) -> SparseVector:
        return _vector(sparse.query_vector(text))


def _vector(ours: Sparse) -> SparseVector:
    return SparseVector(indices=list(ours.indices), values=list(ours.values))


@ON_SQLITE
def test_its_vector_store_reads_our_collection(store: Store, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        client = QdrantClient(path=str(tmp_path / "qdrant"))
        retriever = Retriever(store, ServerIndex(lambda: client, "documents"))
        Ingestion(store, retriever.follow).ingest(
            [KNOWLEDGE / "staticheskij-ip.md", KNOWLEDGE / "pereezd.md"], tags=["дом"]
        )
        theirs = QdrantVectorStore(
            client=client,
            collection_name="documents",
            sparse_embedding=OurSparse(),
            sparse_vector_name=SPARSE,
            retrieval_mode=RetrievalMode.SPARSE,
        )
        query = "как подключить статический айпи"
        found = theirs.similarity_search_with_score(query, k=3)
        ours = retriever.search_passages(query, 3)
        assert [document.page_content for document, _ in found] == [hit.text for hit in ours]
        assert [score for _, score in found] == pytest.approx([hit.score for hit in ours])
        first = found[0][0].metadata
        assert (first["title"], first["document_id"]) == (ours[0].title, ours[0].document_id)
        assert first["tags"] == ["дом"]
        retriever.close()
