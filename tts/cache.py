"""Speech that was made before: prompts, greetings and introductions come again and again.

Knows readings and samples; bounded by the seconds it keeps.
"""

from collections import OrderedDict

from dialog.messages import Samples

Key = tuple[str, str, float]
"""The reading, the voice, the speed."""

MOST_S = 300.0
LONGEST_S = 12.0


class PhraseCache:
    """Forgets what was not asked for longest. Used from one event loop only."""

    def __init__(self, most_s: float = MOST_S) -> None:
        self._most_s = most_s
        self._kept: OrderedDict[Key, tuple[Samples, int]] = OrderedDict()
        self._seconds = 0.0

    def get(self, key: Key) -> tuple[Samples, int] | None:
        """Samples and their rate, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Key, samples: Samples, rate_hz: int) -> None:
        """Keep a phrase; a long one is hardly said twice."""
        seconds = len(samples) / rate_hz
        if seconds > LONGEST_S or key in self._kept:
            return
        self._kept[key] = samples, rate_hz
        self._seconds += seconds
        while self._seconds > self._most_s:
            _, (dropped, rate) = self._kept.popitem(last=False)
            self._seconds -= len(dropped) / rate
