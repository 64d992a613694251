"""An n-gram language model over a recogniser's units, for a decoder to consult at every frame.

A trie in flat arrays, a few bytes for each n-gram: level n holds the n-grams sorted by context
and unit. Knows nothing of acoustics or of words; `recipes.asr.language_model` trains it.

A state is the node of the longest known end of what was said so far. `row(state)` gives the
log-probability of every unit after it and the state that each leads to, by Katz's back-off:
log p(u | h) is stored, or it is backoff(h) + log p(u | h without its first unit).
"""

from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cachetools import LRUCache, cachedmethod
from numpy.typing import NDArray

STEP = 0.06  # nats between two of the 256 stored values: 15.3 at most
CACHED_ROWS = 30_000  # about 1 KB each

Ints = NDArray[np.int32]


class Row(NamedTuple):
    """What may follow a state: `scores` (units,) natural log, and `states` (units,)."""

    scores: list[float]
    states: list[int]


class Ngram:
    """`units` real units; the end of a sentence is one more, the start is a state."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as stored:
            self.units = int(stored["units"])
            levels = int(stored["order"])
            read = [[stored[f"{name}{n}"] for name in "ukpb"] for n in range(levels)]
        sizes = [len(level[0]) for level in read]
        self._first_of_level = np.cumsum([1, *sizes])  # node 0 is the empty history
        unit, children, self._logp, self._backoff = (
            np.concatenate([[0], *(level[part] for level in read)]) for part in range(4)
        )
        self._unit = unit.astype(np.int32)
        self._logp = self._logp.astype(np.float32) * -np.float32(STEP)
        self._backoff = (self._backoff.astype(np.float32) - 128) * np.float32(STEP)
        children[0] = sizes[0]
        self._children = np.concatenate(([0], np.cumsum(children.astype(np.int64)))) + 1
        self._suffix = self._suffixes(np.repeat(np.arange(len(children)), children))
        self._rows: LRUCache[int, Row] = LRUCache(CACHED_ROWS)
        self._arrays: LRUCache[int, tuple[NDArray[np.float32], Ints]] = LRUCache(CACHED_ROWS)
        self.start = self.after(0, self.units + 1)

    def _suffixes(self, parents: NDArray[np.int64]) -> Ints:
        """The node of each n-gram without its first unit, level by level."""
        kinds = self.units + 2
        parent = np.concatenate(([0], parents))
        keys = parent * kinds + self._unit
        suffix = np.zeros(len(parent), np.int32)
        for here, after in zip(self._first_of_level[1:-1], self._first_of_level[2:], strict=True):
            wanted = suffix[parent[here:after]].astype(np.int64) * kinds + self._unit[here:after]
            suffix[here:after] = 1 + np.searchsorted(keys[1:here], wanted)
        return suffix

    @cachedmethod(attrgetter("_arrays"))
    def _array(self, state: int) -> tuple[NDArray[np.float32], Ints]:
        first, last = self._children[state], self._children[state + 1]
        if state == 0:
            scores = np.full(self.units + 2, -20.0, np.float32)
            states = np.zeros(self.units + 2, np.int32)
        else:
            below, states_below = self._array(int(self._suffix[state]))
            scores, states = below + self._backoff[state], states_below.copy()
        scores[self._unit[first:last]] = self._logp[first:last]
        states[self._unit[first:last]] = self._useful(np.arange(first, last, dtype=np.int32))
        return scores, states

    def _useful(self, nodes: Ints) -> Ints:
        """Nodes nothing was seen after say no more than their shorter selves."""
        for _ in range(len(self._first_of_level)):
            barren = (self._children[nodes] == self._children[nodes + 1]) & (nodes > 0)
            if not barren.any():
                break
            nodes = np.where(barren, self._suffix[nodes], nodes)
        return nodes

    def row(self, state: int) -> Row:
        """The scores and states after `state`, as lists, which Python indexes fastest."""
        try:  # a decoder's innermost loop: ten times as fast here as `cachedmethod`
            return self._rows[state]
        except KeyError:
            scores, states = self._array(state)
            row = self._rows[state] = Row(scores.tolist(), states.tolist())
            return row

    def after(self, state: int, unit: int) -> int:
        return self.row(state).states[unit]

    def end(self, state: int) -> float:
        """The log-probability that a sentence ends here."""
        return self.row(state).scores[self.units]

    def score(self, units: list[int]) -> float:
        """The log-probability of a whole sentence, its end included."""
        state, total = self.start, 0.0
        for unit in units:
            scores, states = self.row(state)
            total, state = total + scores[unit], states[unit]
        return total + self.end(state)
