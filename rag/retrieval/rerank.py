"""A cross-encoder that reads question and passage together, where one is configured.

Knows how to load and call the model; knows nothing of where passages come from. It is a rung
above retrieval and never below it: what it scores was found already.
"""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

DEPTH = 40
"""Passages that are read again; each costs the model one pass."""


class Reranker(Protocol):
    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """How well each passage fits the query; higher is better."""
        ...


class CrossEncoderReranker:
    """A `sentence-transformers` cross-encoder by folder or hub id, loaded at first use."""

    def __init__(self, name: str, device: str | None = None) -> None:
        self._name = name
        self._device = device
        self._model: Any = None
        self._loading = threading.Lock()

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        pairs = [(query, passage) for passage in passages]
        found = self._loaded().predict(pairs, show_progress_bar=False) if pairs else []
        return [float(score) for score in found]

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from sentence_transformers import CrossEncoder

                self._model = CrossEncoder(self._name, device=self._device)
            return self._model
