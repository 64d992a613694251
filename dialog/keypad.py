"""A telephone's keys, and the numbers that are keyed on it: one ends with `#`, or with a pause."""

from collections.abc import Callable

from dialog.clock import now_s
from dialog.messages import KeyPressed

KEYS = frozenset("0123456789*#ABCD")
# How long after its last key a number is complete.
KEYS_S = 2.5
MOST_KEYS = 40


def pressed(name: object) -> list[KeyPressed]:
    """The key that a far end names; none where it is no key."""
    key = str(name).upper()
    return [KeyPressed(key)] if key in KEYS else []


class KeyedNumber:
    """The keys of one number, in their order; of very many, the last ones."""

    def __init__(self, clock: Callable[[], float] = now_s) -> None:
        self._clock = clock
        self._last_s = float("-inf")
        self.keys = ""

    def press(self, key: str) -> None:
        """One key more."""
        self.keys = (self.keys + key)[-MOST_KEYS:]
        self._last_s = self._clock()

    @property
    def paused(self) -> bool:
        """Whether the number is over for want of another key; so it is before the first."""
        return self._clock() - self._last_s >= KEYS_S

    def take(self) -> str:
        """The keys so far; the next one begins a new number."""
        keys, self.keys, self._last_s = self.keys, "", float("-inf")
        return keys
