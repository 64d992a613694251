"""Very many short times in little memory: how late a clock is, how uneven frames are."""

import numpy as np

STEP_S = 0.0001
STEPS = 20_000


class Spread:
    """A histogram of seconds, 0.1 ms fine up to 2 s; what is longer counts as that."""

    def __init__(self) -> None:
        self._counts = np.zeros(STEPS, np.int64)
        self.worst_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one time, 0 or more."""
        self._counts[min(STEPS - 1, int(max(seconds, 0.0) / STEP_S))] += 1
        self.worst_s = max(self.worst_s, seconds)

    def figures_ms(self) -> dict[str, float] | None:
        """The median, the 99th percentile and the largest in milliseconds; None for nothing."""
        total = int(self._counts.sum())
        if not total:
            return None
        below = np.cumsum(self._counts)
        at = {name: int(np.searchsorted(below, share * total)) for name, share in _SHARES}
        found = {name: round((step + 0.5) * STEP_S * 1000, 2) for name, step in at.items()}
        return {**found, "max": round(self.worst_s * 1000, 2)}


_SHARES = (("p50", 0.5), ("p99", 0.99))
