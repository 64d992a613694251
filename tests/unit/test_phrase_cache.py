"""Speech kept for the next time: bounded by seconds, the longest unused goes first."""

import numpy as np
import pytest

from dialog.content import Samples
from tts.cache import LONGEST_S, Key, PhraseCache

pytestmark = pytest.mark.unit

RATE_HZ = 100


def key(text: str) -> Key:
    return text, "anna", 1.0


def seconds(length_s: float, value: float = 0.0) -> Samples:
    return np.full(round(length_s * RATE_HZ), value, np.float32)


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    cache = PhraseCache(most_s=3.0)
    for text in ("раз", "два", "три"):
        cache.put(key(text), seconds(1.0), RATE_HZ)
    assert cache.get(key("раз")) is not None
    cache.put(key("четыре"), seconds(1.0), RATE_HZ)
    kept = [text for text in ("раз", "два", "три", "четыре") if cache.get(key(text))]
    assert kept == ["раз", "три", "четыре"]


def test_a_long_phrase_is_not_kept_and_pushes_nothing_out() -> None:
    cache = PhraseCache()
    cache.put(key("раз"), seconds(1.0), RATE_HZ)
    cache.put(key("долго"), seconds(LONGEST_S + 0.1), RATE_HZ)
    assert cache.get(key("долго")) is None
    small = PhraseCache(most_s=0.5)
    small.put(key("раз"), seconds(1.0), RATE_HZ)
    assert small.get(key("раз")) is None
    assert cache.get(key("раз")) is not None


def test_a_phrase_said_again_stays_as_it_was() -> None:
    cache = PhraseCache()
    cache.put(key("раз"), seconds(1.0, value=0.25), RATE_HZ)
    cache.put(key("раз"), seconds(1.0, value=0.75), RATE_HZ)
    found = cache.get(key("раз"))
    assert found is not None
    assert (found[0][0], found[1]) == (0.25, RATE_HZ)
