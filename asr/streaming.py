"""Recognition while somebody speaks: what an engine is, and one for any recogniser.

Knows chunks, states and words; knows nothing of calls, processes or queues. A state is a
value: stepping from it again gives the same, so that a pause can be looked into without
ending the utterance.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from asr.nemo_streaming import CacheAware, Greedy, is_cache_aware
from asr.recogniser import Recogniser, load_recogniser
from dialog.messages import Samples, Word

EngineState = Any


class Engine(Protocol):
    """Many utterances, one step of each at a time; blocking."""

    rate_hz: int
    chunk: int
    """A step takes a multiple of this many samples of each utterance."""

    def start(self) -> EngineState:
        """The state before the first sample of an utterance."""
        ...

    def step(
        self, chunks: Sequence[Samples], states: Sequence[EngineState]
    ) -> tuple[list[tuple[Word, ...]], list[EngineState]]:
        """More samples for each state: all words so far, and the states that follow. Word times
        are seconds from the start of the utterance."""
        ...

    def finish(
        self, rests: Sequence[Samples], states: Sequence[EngineState]
    ) -> list[tuple[Word, ...]]:
        """All words, if the utterances ended after these further samples, of any number."""
        ...


class WholeUtteranceEngine:
    """A recogniser of whole utterances, asked again at each step with all it has heard.

    What any model can do, at a cost that grows with the utterance: right for short questions
    on a small model. A state is the samples themselves; older than `MAX_S` are forgotten.
    """

    MAX_S = 30.0

    def __init__(self, recogniser: Recogniser, chunk_s: float = 0.32) -> None:
        self._recogniser = recogniser
        self.rate_hz = recogniser.rate_hz
        self.chunk = round(chunk_s * self.rate_hz)

    def start(self) -> EngineState:
        return np.zeros(0, np.float32)

    def step(
        self, chunks: Sequence[Samples], states: Sequence[EngineState]
    ) -> tuple[list[tuple[Word, ...]], list[EngineState]]:
        longest = round(self.MAX_S * self.rate_hz)
        grown = [
            np.concatenate((state, chunk))[-longest:]
            for state, chunk in zip(states, chunks, strict=True)
        ]
        return [one.words for one in self._recogniser.transcribe(grown)], grown

    def finish(
        self, rests: Sequence[Samples], states: Sequence[EngineState]
    ) -> list[tuple[Word, ...]]:
        return self.step(rests, states)[0]


def load_engine(reference: str, device: str = "auto", phrases: Path | None = None) -> Engine:
    """The engine for a model of the catalogue, which expects the `phrases` of a file; slow, so
    call it in the process that steps it. Raises `Unavailable`."""
    recogniser = load_recogniser(reference, device, phrases=phrases)
    import torch

    # Chunks are small: a second thread gains nothing, and takes a core from the voice.
    torch.set_num_threads(1)
    model = getattr(recogniser, "model", None)
    if model is not None and is_cache_aware(model):
        return CacheAware(model, getattr(recogniser, "growing", None) or Greedy(model))
    return WholeUtteranceEngine(recogniser)
