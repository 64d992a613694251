"""The best unit of each frame, repetitions joined (Graves et al. 2006).

For CTC models without a language model beside them. Knows nothing of sound or of NeMo.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr.decoding.beam_search import LogProbs
from asr.decoding.ctc import joined


@dataclass(frozen=True, slots=True)
class GreedyPath:
    """What was chosen so far: units with their frames and probabilities."""

    frames: int = 0
    last: int = -1
    units: tuple[tuple[int, int, float], ...] = ()


class Greedy:
    """`pieces` are the SentencePiece units in order; the blank comes after them."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._pieces = [str(piece) for piece in pieces]

    def start(self) -> GreedyPath:
        """Nothing chosen."""
        return GreedyPath()

    def step(self, log_probs: LogProbs, state: GreedyPath) -> GreedyPath:
        """`state` after further frames."""
        units, last = list(state.units), state.last
        for frame, row in enumerate(log_probs, state.frames):
            best = int(row.argmax())
            if best not in (last, len(self._pieces)):
                units.append((best, frame, float(np.exp(row[best]))))
            last = best
        return GreedyPath(state.frames + len(log_probs), last, tuple(units))

    def words(self, state: GreedyPath) -> list[tuple[str, int, int, float]]:
        """Words in lower case with their first and last frame and the mean probability of their
        units."""
        found = []
        for text, first, last in joined([self._pieces[unit] for unit, _, _ in state.units]):
            chosen = state.units[first : last + 1]
            sure = sum(probability for _, _, probability in chosen) / len(chosen)
            found.append((text.lower(), chosen[0][1], chosen[-1][1], sure))
        return found
