"""From frames to words: the best unit of each, or the search that a catalogue entry describes."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.beam_search import LogProbs, Spelled
from asr.decoding.ctc import Decoders, IncrementalDecoder, confidence, timed
from asr.decoding.greedy import Greedy
from models.catalogue import Decoding

pytestmark = pytest.mark.unit

PIECES = ["▁да", "▁дом", "а", "▁квж"]
BLANK = len(PIECES)
DA, DOM, A, KVZH = range(BLANK)


class Tokenizer:
    vocab = PIECES

    def text_to_ids(self, text: str) -> list[int]:
        return {"квж": [KVZH], "дома": [DOM, A]}[text]


def frames(*likely: dict[int, float]) -> LogProbs:
    """A row for each frame: the probabilities of some units, and hardly any of the others."""
    rows = np.full((len(likely), BLANK + 1), 1e-4)
    for row, units in zip(rows, likely, strict=True):
        row[list(units)] = list(units.values())
    return np.asarray(np.log(rows), np.float32)


def texts(words: Sequence[tuple[str, int, int, float]]) -> list[str]:
    return [word[0] for word in words]


def test_greedily_a_unit_that_is_held_is_one_and_after_a_blank_another() -> None:
    greedy = Greedy(PIECES)
    rows = frames({DOM: 0.9}, {DOM: 0.8}, {A: 0.5}, {BLANK: 0.9}, {A: 0.7}, {DA: 0.6})
    words = greedy.words(greedy.step(rows, greedy.start()))
    assert [word[:3] for word in words] == [("домаа", 0, 4), ("да", 5, 5)]
    assert [word[3] for word in words] == pytest.approx([(0.9 + 0.5 + 0.7) / 3, 0.6], abs=1e-3)


def test_greedily_it_does_not_matter_where_a_stream_is_cut() -> None:
    greedy = Greedy(PIECES)
    rows = frames({BLANK: 0.9}, {DOM: 0.9}, {DOM: 0.8}, {A: 0.5}, {DA: 0.6})
    whole = greedy.step(rows, greedy.start())
    for cut in range(len(rows) + 1):
        assert greedy.step(rows[cut:], greedy.step(rows[:cut], greedy.start())) == whole


def test_what_is_said_so_far_can_be_asked_without_ending_it() -> None:
    decoder = IncrementalDecoder(Decoders(Decoding(beam=8), Tokenizer()), ())
    state = decoder.step(frames({DOM: 0.9}), decoder.start())
    assert texts(decoder.words(state)) == ["дом"]
    assert texts(decoder.words(state)) == ["дом"]
    later = decoder.step(frames({A: 0.9}, {BLANK: 0.9}), state)
    ((text, first, last, sure),) = decoder.words(later)
    assert (text, first, last) == ("дома", 0, 1)
    assert sure == pytest.approx(0.9, abs=1e-3)
    assert texts(decoder.words(state)) == ["дом"]


def test_a_word_that_no_dictionary_has_gives_way_unless_the_operator_names_it(
    tmp_path: Path,
) -> None:
    phrases = tmp_path / "phrases.txt"
    decoders = Decoders(Decoding(beam=8, unknown_word=4.0), Tokenizer(), phrases)
    rows = frames({KVZH: 0.6, DA: 0.3}, {BLANK: 0.9})

    def heard() -> list[str]:
        decoder = IncrementalDecoder(decoders, ())
        return texts(decoder.words(decoder.step(rows, decoder.start())))

    assert heard() == ["да"]
    phrases.write_text("квж\n", "utf-8")
    assert heard() == ["квж"]  # read because it is there now
    phrases.write_text("дома\n", "utf-8")
    os.utime(phrases, ns=(1, 1))
    assert heard() == ["да"]  # and again because it changed
    phrases.unlink()
    assert heard() == ["да"]


def test_an_expected_phrase_is_heard_sooner(tmp_path: Path) -> None:
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("дома\n", "utf-8")
    rows = frames({DOM: 0.9}, {A: 0.4, BLANK: 0.5}, {BLANK: 0.9})
    words = []
    for bonus in (0.0, 1.0):
        decoders = Decoders(Decoding(beam=8, phrase_bonus=bonus), Tokenizer(), phrases)
        decoder = IncrementalDecoder(decoders, ())
        words.append(texts(decoder.words(decoder.step(rows, decoder.start()))))
    assert words == [["дом"], ["дома"]]


def test_a_confidence_is_the_mean_probability_or_what_was_fitted() -> None:
    word = Spelled("да", 0, 1, mean=-0.5, least=-1.0, agreed=0.8)
    assert confidence(word, ()) == pytest.approx(math.exp(-0.5))
    score = -1.0 + 0.5 * -0.5 + 0.25 * -1.0 + 2.0 * 0.8
    assert confidence(word, (-1.0, 0.5, 0.25, 2.0)) == pytest.approx(1 / (1 + math.exp(-score)))
    with pytest.raises(ValueError, match="zip"):
        confidence(word, (1.0, 2.0))


def test_words_end_with_the_sound() -> None:
    spelled = [Spelled("да", 0, 4, 0.0, 0.0, 1.0), Spelled("дом", 20, 30, 0.0, 0.0, 1.0)]
    words = timed(spelled, 0.04, (), 1.0)
    assert [(word.start_s, word.end_s) for word in words] == [(0.0, 0.2), (0.8, 1.0)]
    assert [word.confidence for word in words] == [1.0, 1.0]
