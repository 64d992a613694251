"""Two speakers' sound on one time line, in the order in which pieces of it become known.

    put(left, at) ~~~~~~   ~~~~~        what is older than `settled` is taken,
    put(right, at)      ~~~~            and silence stands where nothing was put

Knows samples; knows no clock and no file.
"""

import numpy as np

from dialog.content import Samples


class Track:
    """One channel: samples by their place from the beginning, as far as they wait to be taken."""

    def __init__(self) -> None:
        self._taken = 0
        self._waiting = np.zeros(0, np.float32)
        self.end = 0

    def put(self, at: int, samples: Samples) -> None:
        """Write from sample `at` on; what has been taken already stays as it was."""
        skipped = max(0, self._taken - at)
        samples, at = samples[skipped:], at + skipped
        if not len(samples):
            return
        first = at - self._taken
        missing = first + len(samples) - len(self._waiting)
        if missing > 0:
            self._waiting = np.concatenate((self._waiting, np.zeros(missing, np.float32)))
        self._waiting[first : first + len(samples)] = samples
        self.end = max(self.end, at + len(samples))

    def follow(self, now: int, samples: Samples, slack: int) -> None:
        """Write what has just ended at `now`: right behind what came before, unless that ended
        more than `slack` samples earlier."""
        at = now - len(samples)
        self.put(self.end if abs(at - self.end) <= slack else at, samples)

    def take(self, upto: int) -> Samples:
        """The samples from the last take up to `upto`, silence included."""
        count = max(0, upto - self._taken)
        piece = np.zeros(count, np.float32)
        known = self._waiting[:count]
        piece[: len(known)] = known
        self._waiting = self._waiting[count:].copy()
        self._taken += count
        self.end = max(self.end, self._taken)
        return piece
