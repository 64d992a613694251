"""Prefix beam search: exact where all can be counted, the same however a stream is cut."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding.beam_search import BeamDecoder, BeamState, LogProbs, Weights
from asr.decoding.ngram import Ngram
from asr.decoding.phrase_boosting import Phrases, read_phrases
from recipes.asr.language_model import count, probabilities, store

pytestmark = pytest.mark.unit

PIECES = ["▁а", "▁да", "м", "а"]
BLANK = len(PIECES)
STARTS = [True, True, False, False]
TEXT = [bytes([5, *units, 4]) for units in ([1, 2, 3], [0, 2], [1, 2, 3, 0], [1])]


def random_frames(seed: int, frames: int) -> LogProbs:
    scores = 2 * np.random.default_rng(seed).standard_normal((frames, BLANK + 1))
    return np.asarray(scores - np.log(np.exp(scores).sum(1, keepdims=True)), np.float32)


def model(folder: Path) -> Ngram:
    levels, backoff = probabilities(count(((units, 1.0) for units in TEXT), 3), BLANK)
    store(levels, backoff, BLANK, folder / "lm.npz")
    return Ngram(folder / "lm.npz")


def text(decoder: BeamDecoder, state: BeamState) -> str:
    return " ".join(word.text for word in decoder.words(state))


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    joined = [u for i, u in enumerate(path) if i == 0 or u != path[i - 1]]
    return tuple(u for u in joined if u != BLANK)


def units_of(state: BeamState) -> tuple[int, ...]:
    said, units = state.prefixes[0].said, []
    while said:
        units.append(said.unit)
        said = said.before
    return tuple(reversed(units))


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_search_finds_what_counting_all_paths_finds(seed: int) -> None:
    frames = random_frames(seed, 5)
    total: dict[tuple[int, ...], float] = {}
    for path in product(range(BLANK + 1), repeat=5):
        p = math.exp(sum(float(row[u]) for row, u in zip(frames, path, strict=True)))
        total[collapse(path)] = total.get(collapse(path), 0.0) + p
    best = max(total, key=lambda units: total[units])
    wide = Weights(0, 0, width=4000, below=99, unlikely=-99, idle=0)
    decoder = BeamDecoder(PIECES, weights=wide)
    state = decoder.step(frames, decoder.start())
    assert units_of(state) == best
    assert state.prefixes[0].acoustic == pytest.approx(math.log(total[best]), abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 30), max_size=4))
def test_it_does_not_matter_how_frames_are_cut(seed: int, cuts: list[int]) -> None:
    frames = random_frames(seed, 30)
    decoder = BeamDecoder(PIECES, phrases=Phrases([[1, 2]], STARTS, 1.0))
    whole = decoder.step(frames, decoder.start())
    state = decoder.start()
    for part in np.split(frames, sorted(cuts)):
        state = decoder.step(part, state)
    assert state == whole
    assert decoder.words(state) == decoder.words(whole)


def test_asking_changes_nothing(tmp_path: Path) -> None:
    decoder = BeamDecoder(PIECES, model(tmp_path))
    state = decoder.step(random_frames(1, 10), decoder.start())
    before = decoder.words(state)
    decoder.words(decoder.finish(state))
    decoder.step(random_frames(2, 10), state)
    assert decoder.words(state) == before


def test_words_come_in_order_with_their_frames() -> None:
    frames = np.full((9, BLANK + 1), -9.0, np.float32)
    for frame, unit in enumerate([BLANK, 1, 2, 2, BLANK, 0, BLANK, 2, BLANK]):
        frames[frame, unit] = -0.01
    decoder = BeamDecoder(PIECES, weights=Weights(0, 0))
    words = decoder.words(decoder.step(frames, decoder.start()))
    assert [(word.text, word.first, word.last) for word in words] == [("дам", 1, 2), ("ам", 5, 7)]
    assert all(word.agreed > 0.9 for word in words)


def test_silence_is_no_word(tmp_path: Path) -> None:
    frames = np.full((50, BLANK + 1), -12.0, np.float32)
    frames[:, BLANK] = -1e-4
    decoder = BeamDecoder(PIECES, model(tmp_path), Phrases([[1, 2]], STARTS, 5.0))
    state = decoder.finish(decoder.step(frames, decoder.start()))
    assert decoder.words(state) == []
    assert decoder.words(decoder.start()) == []


def test_the_language_model_is_a_distribution_and_prefers_what_it_read(tmp_path: Path) -> None:
    read = model(tmp_path)
    for history in ([], [1], [1, 2], [0, 0, 0], [3, 2, 1]):
        state = read.start
        for unit in history:
            state = read.after(state, unit)
        total = sum(math.exp(score) for score in read.row(state).scores[: BLANK + 1])
        assert total == pytest.approx(1, abs=0.12)  # probabilities are kept in steps of 6 %
    assert read.score([1, 2, 3]) > read.score([3, 2, 1]) + 2


def test_the_language_model_decides_between_likes(tmp_path: Path) -> None:
    frames = np.full((6, BLANK + 1), -9.0, np.float32)
    frames[[0, 2, 5], BLANK] = -0.01
    frames[1, [0, 1]] = -0.7, -0.72
    frames[[3, 4], [2, 3]] = -0.01
    assert text_of(frames, BeamDecoder(PIECES, weights=Weights(0, 0))) == "ама"
    assert text_of(frames, BeamDecoder(PIECES, model(tmp_path), weights=Weights(1, 0))) == "дама"


def text_of(frames: LogProbs, decoder: BeamDecoder) -> str:
    return text(decoder, decoder.finish(decoder.step(frames, decoder.start())))


def test_a_phrase_keeps_its_bonus_only_when_whole() -> None:
    phrases = Phrases([[1, 2, 3]], STARTS, 2.0)

    def earned(units: list[int]) -> float:
        total, heard = 0.0, phrases.start
        for unit in units:
            bonus, heard = phrases.step(heard, unit)
            total += bonus
        return total + phrases.end(heard)

    assert earned([1, 2, 3]) == earned([0, 1, 2, 3, 0]) == 6.0
    assert earned([1, 2]) == earned([1, 2, 0]) == earned([2, 3]) == 0.0
    assert earned([1, 2, 3, 2]) == 0.0  # the beginning of a longer word
    assert earned([1, 1, 2, 3]) == 6.0


def test_phrases_are_read_one_a_line(tmp_path: Path) -> None:
    assert read_phrases(tmp_path / "none.txt", lambda text: [len(text)]) == []
    (tmp_path / "some.txt").write_text("Раз\n\n  два три \n", "utf-8")
    assert read_phrases(tmp_path / "some.txt", lambda text: [text.count(" "), len(text)]) == [
        [0, 3],
        [1, 7],
    ]


def test_a_word_that_is_none_gives_way_to_a_likely_one() -> None:
    """What sounds like "дам а" is "да ма" or "дама", if "дам" is no word."""
    frames = np.full((4, BLANK + 1), -9.0, np.float32)
    for frame, (unit, other) in enumerate([(1, BLANK), (2, BLANK), (0, 3), (BLANK, 2)]):
        frames[frame, unit], frames[frame, other] = -0.6, -0.9
    plain = Weights(0, 0)
    assert text_of(frames, BeamDecoder(PIECES, weights=plain)) == "дам а"
    costly = Weights(0, 0, unknown=2.0)
    assert (
        text_of(frames, BeamDecoder(PIECES, weights=costly, known={"дама"}.__contains__)) == "дама"
    )
    both = BeamDecoder(PIECES, weights=costly, known={"дама", "дам", "а"}.__contains__)
    assert text_of(frames, both) == "дам а"


def test_the_last_word_is_looked_up_too() -> None:
    frames = np.full((2, BLANK + 1), -9.0, np.float32)
    frames[0, [1, BLANK]] = frames[1, [2, BLANK]] = -0.6, -0.9
    decoder = BeamDecoder(PIECES, weights=Weights(0, 0, unknown=2.0), known={"да"}.__contains__)
    assert text_of(frames, decoder) == "да"
