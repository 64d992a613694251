"""Any recogniser serves calls: by its own engine, or asked again as the utterance grows."""

from collections.abc import Sequence

import numpy as np
import pytest

from asr.recogniser import Engine
from asr.streaming import WholeUtteranceEngine, engine_of
from dialog.content import Samples, Transcript, Word

pytestmark = pytest.mark.unit

RATE_HZ = 8_000


class Counting:
    """Hears as many words as there are seconds; streams by `engine` if it has one."""

    rate_hz = RATE_HZ

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine
        self.batches: list[int] = []

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        self.batches.append(len(audio))
        return [self._one(len(samples) / RATE_HZ) for samples in audio]

    def streaming(self) -> Engine | None:
        return self._engine

    def _one(self, duration_s: float) -> Transcript:
        words = tuple(Word("раз", at, at + 0.5, 1.0) for at in range(int(duration_s)))
        return Transcript(" ".join(word.text for word in words), words, duration_s)


def seconds(count: float) -> Samples:
    return np.zeros(round(count * RATE_HZ), np.float32)


def test_a_recogniser_that_streams_is_stepped_by_its_own_engine() -> None:
    own = WholeUtteranceEngine(Counting())
    assert engine_of(Counting(own)) is own


def test_one_that_does_not_is_asked_again_with_all_it_has_heard() -> None:
    recogniser = Counting()
    engine = engine_of(recogniser)
    assert (engine.rate_hz, engine.chunk) == (RATE_HZ, round(0.32 * RATE_HZ))
    words, states = engine.step([seconds(1), seconds(2)], [engine.start(), engine.start()])
    assert [len(heard) for heard in words] == [1, 2]
    assert recogniser.batches == [2]  # both callers in one batch
    looked = engine.finish([seconds(1.5)], [states[1]])
    assert [len(heard) for heard in looked] == [3]
    assert engine.finish([seconds(1.5)], [states[1]]) == looked  # a state is a value
    words, _ = engine.step([seconds(1)], [states[1]])
    assert [len(heard) for heard in words] == [3]


def test_what_is_too_long_ago_is_forgotten() -> None:
    engine = WholeUtteranceEngine(Counting())
    _, (state,) = engine.step([seconds(29)], [engine.start()])
    (words,), (state,) = engine.step([seconds(4)], [state])
    assert len(words) == WholeUtteranceEngine.MAX_S == 30
    assert len(state) == 30 * RATE_HZ
