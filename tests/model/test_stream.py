"""A cache-aware encoder stepped by chunks: the same words however callers are batched, and as
the whole recording gives."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.beam_search import LogProbs
from asr.nemo_streaming import CacheAware
from asr.recogniser import load_recogniser
from asr.streaming import WholeUtteranceEngine, load_engine
from dialog.content import Samples
from tests.model.conftest import ASR_KINDS

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def engine(tiny: Callable[[str], Path]) -> CacheAware:
    loaded = load_engine(str(tiny("stream")), "cpu")
    assert isinstance(loaded, CacheAware)
    return loaded


def noise(seed: int, seconds: float) -> Samples:
    rng = np.random.default_rng(seed)
    loudness = np.repeat(rng.uniform(0.01, 0.3, round(seconds * 20)), 800)
    return (loudness * rng.standard_normal(len(loudness))).astype(np.float32)


def test_chunks_of_many_callers_are_stepped_together_and_do_not_mix(engine: CacheAware) -> None:
    sounds = [noise(seed, 0.5 + seed) for seed in range(4)]
    alone = [engine.finish([sound], [engine.start()])[0] for sound in sounds]
    together = engine.finish(sounds, [engine.start() for _ in sounds])
    assert any(alone)
    assert [[w.text for w in words] for words in together] == [
        [w.text for w in words] for words in alone
    ]


def test_a_state_is_a_value(engine: CacheAware) -> None:
    sound = noise(7, 2.0)[: 4 * engine.chunk]
    words, (state,) = engine.step([sound], [engine.start()])
    peeked = engine.finish([noise(8, 0.1)], [state])
    assert engine.finish([noise(8, 0.1)], [state]) == peeked
    again, _ = engine.step(
        [sound[engine.chunk :]], engine.step([sound[: engine.chunk]], [engine.start()])[1]
    )
    assert again == words


class Rows:
    """A decoder that keeps the log-probabilities."""

    def start(self) -> tuple[LogProbs, ...]:
        return ()

    def step(self, log_probs: LogProbs, state: tuple[LogProbs, ...]) -> tuple[LogProbs, ...]:
        return (*state, log_probs)

    def words(self, state: tuple[LogProbs, ...]) -> list[tuple[str, int, int, float]]:
        return []


def test_it_is_what_the_whole_gives(engine: CacheAware) -> None:
    """But for the first frames, which see silence where the whole sees nothing."""
    import torch

    sound = noise(3, 4.0)
    with torch.inference_mode():
        lengths = torch.tensor([len(sound)])
        whole, *_ = engine._model(
            input_signal=torch.from_numpy(sound)[None], input_signal_length=lengths
        )
    rows = CacheAware(engine._model, Rows())
    _, (state,) = rows.step([sound[: 14 * engine.chunk]], [rows.start()])
    streamed = np.concatenate(state.decoded)
    apart = np.abs(np.exp(streamed) - np.exp(whole[0, : len(streamed)].numpy())).max(axis=1)
    assert len(streamed) == 14 * 7
    assert apart[14:].max() < 0.02


def test_words_are_in_order_and_in_the_audio(engine: CacheAware) -> None:
    (words,) = engine.finish([noise(5, 3.0)], [engine.start()])
    starts = [word.start_s for word in words]
    assert starts == sorted(starts)
    assert all(word.start_s < word.end_s <= 3.6 for word in words)


@pytest.mark.parametrize("kind", ["stream", *ASR_KINDS])
def test_every_kind_of_recogniser_serves_calls(kind: str, tiny: Callable[[str], Path]) -> None:
    serving = load_engine(str(tiny(kind)), "cpu")
    assert type(serving).__name__ == ("CacheAware" if kind == "stream" else "WholeUtteranceEngine")
    (words,) = serving.finish([noise(2, 1.0)], [serving.start()])
    assert all(0 <= word.start_s <= word.end_s <= 1.6 for word in words)


def test_other_models_are_asked_again_as_the_utterance_grows(tiny: Callable[[str], Path]) -> None:
    growing = load_engine(str(tiny("ctc")), "cpu")
    assert isinstance(growing, WholeUtteranceEngine)
    assert load_recogniser(str(tiny("ctc")), "cpu").streaming() is None
    sound = noise(1, 1.0)
    words, states = growing.step([sound[:8000], sound], [growing.start(), growing.start()])
    assert growing.step([sound[8000:]], states[:1])[0] == [words[1]]
