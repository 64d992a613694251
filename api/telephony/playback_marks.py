"""Marks that a far end with a queue of its own gives back once it has played what came before.

Knows which of them an interruption has made worthless; knows no protocol.
"""

from dialog.messages import Played


class Marks:
    """One for each line."""

    def __init__(self) -> None:
        self._sent = self._cleared = 0

    def sent(self, played: Played) -> str:
        """A mark's name, which holds what is to be reported when it comes back."""
        self._sent = played.turn
        return f"{played.turn}.{played.samples}"

    def clear(self) -> None:
        """The queue was emptied: marks that were in it come back unplayed."""
        self._cleared = self._sent

    def back(self, turn: int, samples: int) -> Played | None:
        """The report of a mark that came back; None for one that an interruption has cleared."""
        return Played(turn, samples) if turn > self._cleared else None

    def named(self, name: str) -> Played | None:
        """The same by the mark's name; None also for a name that is not ours."""
        turn, _, samples = name.partition(".")
        if not (turn.isdecimal() and samples.isdecimal()):
            return None
        return self.back(int(turn), int(samples))
