"""Where samples are loud, by one sample and by many."""

import numpy as np
import pytest

from api.bench.timing import onset_s
from dialog.audio.loudness import loud_part
from dialog.content import Samples, Speech

pytestmark = pytest.mark.unit


def pulse(before: int, loud: int, after: int) -> Samples:
    samples = np.zeros(before + loud + after, np.float32)
    samples[before : before + loud] = -0.5
    return samples


def test_it_is_from_the_first_loud_sample_to_behind_the_last() -> None:
    assert loud_part(pulse(7, 5, 3), 0.1) == (7, 12)
    two = np.concatenate((pulse(7, 5, 3), pulse(0, 1, 2)))
    assert loud_part(two, 0.1) == (7, 16)


def test_what_is_just_as_loud_as_the_threshold_is_not() -> None:
    assert loud_part(pulse(7, 5, 3), 0.5) == (0, 0)


def test_nothing_loud_is_an_empty_part() -> None:
    assert loud_part(pulse(9, 0, 0), 0.0) == (0, 0)
    assert loud_part(np.zeros(0, np.float32), 0.0) == (0, 0)


def test_hops_are_judged_by_their_power_and_whole() -> None:
    assert loud_part(pulse(10, 20, 10), 0.1, hop=10) == (10, 30)
    assert loud_part(pulse(15, 10, 15), 0.34, hop=10) == (10, 30)  # half of it loud: 0.354
    assert loud_part(pulse(15, 10, 15), 0.36, hop=10) == (0, 0)
    assert loud_part(pulse(10, 25, 0), 0.1, hop=10) == (10, 30)  # half a hop is left over
    assert loud_part(pulse(0, 9, 0), 0.1, hop=10) == (0, 0)


def test_the_onset_of_a_phrase_is_told_from_its_own_peak() -> None:
    soft = np.concatenate((pulse(800, 0, 0), 0.01 * pulse(0, 80, 0)))
    assert onset_s(Speech(soft, 8_000)) == pytest.approx(0.1)
    assert onset_s(Speech(np.zeros(80, np.float32), 8_000)) == 0.0
