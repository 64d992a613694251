"""The n-gram model that a recipe counts: what follows what, how likely, and as it is stored."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.ngram import STEP, Ngram
from recipes.asr.language_model import count, probabilities, prune, store

pytestmark = pytest.mark.unit

UNITS = 4
END, START = UNITS, UNITS + 1


def sentence(*units: int) -> bytes:
    return bytes([START, *units, END])


TEXT = [sentence(0, 1), sentence(0, 1), sentence(0, 2), sentence(3)]


def weighed(text: Iterable[bytes], weight: float = 1.0) -> list[tuple[bytes, float]]:
    return [(units, weight) for units in text]


def test_counts_are_of_every_length_and_add_up_their_weights() -> None:
    ones, twos, threes = count([*weighed(TEXT), *weighed([sentence(0, 1)], 0.25)], 3)
    assert ones[bytes([0])] == 3.25
    assert twos[bytes([0, 1])] == 2.25
    assert threes[bytes([START, 0, 1])] == 2.25
    assert threes[bytes([0, 2, END])] == 1
    assert bytes([END, START]) not in twos


def test_rare_n_grams_go_and_with_them_those_that_held_them() -> None:
    counts = count(weighed(TEXT), 3)
    prune(counts, [0, 1, 0])
    assert set(counts[1]) == {bytes([START, 0]), bytes([0, 1]), bytes([1, END])}
    assert set(counts[2]) == {bytes([START, 0, 1]), bytes([0, 1, END])}


def test_what_may_follow_anything_adds_up_to_one() -> None:
    levels, backoff = probabilities(count(weighed(TEXT), 3), UNITS)

    def likely(unit: int, context: bytes) -> float:
        gram = context + bytes([unit])
        if gram in levels[len(gram) - 1]:
            return levels[len(gram) - 1][gram]
        return backoff.get(context, 1.0) * likely(unit, context[1:])

    for context in (b"", bytes([0]), bytes([START]), bytes([START, 0]), bytes([3]), bytes([1, 0])):
        total = sum(likely(unit, context) for unit in range(UNITS + 1))
        assert total == pytest.approx(1, abs=1e-5), context


def test_what_was_seen_more_is_likelier_and_nothing_is_impossible() -> None:
    levels, _ = probabilities(count(weighed(TEXT), 2), UNITS)
    assert levels[1][bytes([0, 1])] > levels[1][bytes([0, 2])]
    assert levels[0][bytes([0])] > levels[0][bytes([3])] > 0
    assert len(levels[0]) == UNITS + 2, "every unit, the end and the start"


def test_the_stored_model_says_what_was_counted_to_half_a_step(tmp_path: Path) -> None:
    levels, backoff = probabilities(count(weighed(TEXT), 3), UNITS)
    store(levels, backoff, UNITS, tmp_path / "lm.npz")
    model = Ngram(tmp_path / "lm.npz")
    after_start = model.row(model.start)
    assert after_start.scores[0] == pytest.approx(
        math.log(levels[1][bytes([START, 0])]), abs=STEP / 2 + 1e-4
    )
    after_both = model.row(after_start.states[0])
    wanted = math.log(levels[2][bytes([START, 0, 1])])
    assert after_both.scores[1] == pytest.approx(wanted, abs=STEP / 2 + 1e-4)


def test_a_stored_model_is_numbers_and_never_a_program(tmp_path: Path) -> None:
    levels, backoff = probabilities(count(weighed(TEXT), 2), UNITS)
    store(levels, backoff, UNITS, tmp_path / "lm.npz")
    with np.load(tmp_path / "lm.npz", allow_pickle=False) as arrays:
        kinds = {name: arrays[name].dtype.kind for name in arrays.files}
    assert set(kinds.values()) <= {"u", "i"}
    assert set(kinds) == {"units", "order", *(f"{part}{n}" for part in "ukpb" for n in range(2))}


def test_a_likely_sentence_surprises_less_than_the_same_words_turned_round(tmp_path: Path) -> None:
    levels, backoff = probabilities(count(weighed(TEXT), 3), UNITS)
    store(levels, backoff, UNITS, tmp_path / "lm.npz")
    model = Ngram(tmp_path / "lm.npz")
    assert model.score([0, 1]) > model.score([0, 2]) > model.score([2, 0])
