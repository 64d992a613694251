"""Recognition while somebody speaks: the engine of a model, and one for those that have none.

Knows chunks, states and words; knows nothing of calls, processes or queues.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asr.recogniser import Engine, Recogniser, load_recogniser
from dialog.content import Samples, Words


class WholeUtteranceEngine:
    """A recogniser of whole utterances, asked again at each step with all it has heard.

    What any model can do, at a cost that grows with the utterance: right for short questions
    on a small model. A state is the samples themselves, (n,) at `rate_hz`; older than `MAX_S`
    are forgotten.
    """

    MAX_S = 30.0

    def __init__(self, recogniser: Recogniser, chunk_s: float = 0.32) -> None:
        self._recogniser = recogniser
        self.rate_hz = recogniser.rate_hz
        self.chunk = round(chunk_s * self.rate_hz)

    def start(self) -> Samples:
        """No samples."""
        return np.zeros(0, np.float32)

    def step(
        self, chunks: Sequence[Samples], states: Sequence[Samples]
    ) -> tuple[list[Words], list[Samples]]:
        """See `asr.recogniser.Engine`; chunks may be of any length here. Word times count from
        the oldest sample that is remembered."""
        longest = round(self.MAX_S * self.rate_hz)
        grown = [
            np.concatenate((state, chunk))[-longest:]
            for state, chunk in zip(states, chunks, strict=True)
        ]
        return [one.words for one in self._recogniser.transcribe(grown)], grown

    def finish(self, rests: Sequence[Samples], states: Sequence[Samples]) -> list[Words]:
        """See `asr.recogniser.Engine`."""
        return self.step(rests, states)[0]


def load_engine(reference: str, device: str = "auto", phrases: Path | None = None) -> Engine:
    """The engine for a model of the catalogue, which expects the `phrases` of a file; slow, so
    call it in the process that steps it. Raises `Unavailable`."""
    recogniser = load_recogniser(reference, device, phrases=phrases)
    import torch

    # Chunks are small: a second thread gains nothing, and takes a core from the voice.
    torch.set_num_threads(1)
    return engine_of(recogniser)


def engine_of(recogniser: Recogniser) -> Engine:
    """The recogniser's own engine, or else one that asks it again at each step."""
    engine = recogniser.streaming()
    return WholeUtteranceEngine(recogniser) if engine is None else engine
