"""Phrases that a decoder should expect: names of tariffs, streets, services.

A phrase earns a bonus for each of its units while it is being heard, and gives all of it back
when what is heard turns out to be something else. Knows nothing of acoustics.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

MOST_PHRASES = 20_000


@dataclass(slots=True)
class Node:
    """A place in the tree of phrases; `whole` where one ends."""

    next: dict[int, "Node"] = field(default_factory=dict)
    whole: bool = False


class PhraseState(NamedTuple):
    """How far into a phrase a hypothesis is, and the bonus it has to give back otherwise."""

    node: Node
    lent: float


class Phrases:
    """`bonus` is in nats for a unit; `starts[u]` says whether unit u begins a word."""

    def __init__(
        self, phrases: Iterable[Sequence[int]], starts: Sequence[bool], bonus: float
    ) -> None:
        self._root, self._starts, self._bonus = Node(), starts, bonus
        for units in phrases:
            node = self._root
            for unit in units:
                node = node.next.setdefault(unit, Node())
            node.whole = node is not self._root
        self.start = PhraseState(self._root, 0.0)

    def __bool__(self) -> bool:
        return bool(self._root.next)

    def step(self, heard: PhraseState, unit: int) -> tuple[float, PhraseState]:
        """What is earned by (or taken back at) one more unit, and how far the phrase is now."""
        node, lent = heard
        if node.whole and self._starts[unit]:
            lent = 0.0  # the whole phrase and not the beginning of a longer word: earned
        following = node.next.get(unit)
        if following is not None:
            return self._bonus, PhraseState(following, lent + self._bonus)
        following = self._root.next.get(unit)
        if following is not None:
            return self._bonus - lent, PhraseState(following, self._bonus)
        return -lent, self.start

    def end(self, heard: PhraseState) -> float:
        """What must be given back if nothing more is said."""
        return 0.0 if heard.node.whole else -heard.lent


def read_phrases(path: Path, units_of: Callable[[str], Sequence[int]]) -> list[Sequence[int]]:
    """The phrases of a file, one a line, as units; none where there is no file."""
    if not path.is_file():
        return []
    lines = path.read_text("utf-8").splitlines()[:MOST_PHRASES]
    return [units_of(text) for line in lines if (text := line.strip().lower())]
