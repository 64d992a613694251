"""Speech that was made before: prompts, greetings and introductions come again and again.

Knows readings and samples; bounded by the seconds it keeps.
"""

from cachetools import LRUCache

from dialog.content import Samples

Key = tuple[str, str, float]
"""The reading, the voice, the speed."""

MOST_S = 300.0
LONGEST_S = 12.0


class PhraseCache:
    """Forgets what was not asked for longest. Used from one event loop only."""

    def __init__(self, most_s: float = MOST_S) -> None:
        self._longest_s = min(LONGEST_S, most_s)
        self._kept: LRUCache[Key, tuple[Samples, int]] = LRUCache(most_s, getsizeof=_seconds)

    def get(self, key: Key) -> tuple[Samples, int] | None:
        """Samples and their rate, or None."""
        return self._kept.get(key)

    def put(self, key: Key, samples: Samples, rate_hz: int) -> None:
        """Keep a phrase; a long one is hardly said twice."""
        phrase = samples, rate_hz
        if _seconds(phrase) <= self._longest_s and key not in self._kept:
            self._kept[key] = phrase


def _seconds(phrase: tuple[Samples, int]) -> float:
    samples, rate_hz = phrase
    return len(samples) / rate_hz
