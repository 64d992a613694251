"""Dense vectors of a `sentence-transformers` model, where one is configured.

Knows how to load and call the model; knows nothing of where vectors go.
"""

import threading
from collections.abc import Sequence
from typing import Any, Protocol


class Dense(Protocol):
    """Turns texts into vectors of `size`, all from the same model, called `name`."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> list[tuple[float, ...]]: ...

    def embed_query(self, text: str) -> tuple[float, ...]: ...


class SentenceEncoder:
    """A model by folder or hub id, loaded at first use (seconds, and it imports torch).

    `encode_query` and `encode_document` apply the prompts that the model was published with
    ("query: " for E5), and none for a model without.
    """

    def __init__(self, name: str, device: str | None = None) -> None:
        self.name = name
        self._device = device
        self._model: Any = None
        self._loading = threading.Lock()

    @property
    def size(self) -> int:
        size: int = self._loaded().get_embedding_dimension()
        return size

    def embed_documents(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """One unit-length vector for each text."""
        found = self._loaded().encode_document(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return [tuple(map(float, vector)) for vector in found]

    def embed_query(self, text: str) -> tuple[float, ...]:
        """The question's unit-length vector."""
        vector = self._loaded().encode_query(
            text, normalize_embeddings=True, show_progress_bar=False
        )
        return tuple(map(float, vector))

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from sentence_transformers import SentenceTransformer

                self._model = SentenceTransformer(self.name, device=self._device)
            return self._model
