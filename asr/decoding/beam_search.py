"""CTC prefix beam search with an n-gram model and expected phrases, a chunk of frames at a time.

    state = decoder.start()
    for chunk in chunks:                     # (frames, units + 1) log-probabilities, blank last
        state = decoder.step(chunk, state)
        decoder.words(state)                 # so far
    decoder.words(decoder.finish(state))

A state is never changed, only succeeded: a stream can be asked, stopped or gone on with at any
moment, and frames give the same words however they are cut. Pure Python over few candidates: most
frames are sure to be blank and most units out of the question.

Prefix search after Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition using
Bi-Directional Recurrent DNNs" (2014); the score of a prefix is log p(acoustics), + alpha log
p(units) + beta for each unit, + what
`asr.decoding.phrase_boosting` adds, - `unknown` for each word that is none. Knows nothing of sound
or of NeMo.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asr.decoding.ngram import Ngram
from asr.decoding.phrase_boosting import Phrases, PhraseState

WORD_START = "▁"
_NEVER = -1e9

LogProbs = NDArray[np.float32]
"""Natural logarithms of probabilities: a row for each frame (40 ms of the embedded model), a column
for each unit and the last one for the blank, (frames, units + 1); of one frame, (units + 1,)."""


class Said(NamedTuple):
    """The last unit of a prefix, at the frame where it was clearest, and what came before."""

    unit: int
    frame: int
    sure: float  # its log-probability in that frame
    before: "Said | None"


class Prefix(NamedTuple):
    """A hypothesis: everything that may be said of the frames so far, whatever the blanks."""

    key: int  # a hash of its units, see `_merge`
    said: Said | None
    blank: float  # log-probability of all paths that end in a blank
    unit: float  # and of those that end in the last unit
    fused: float  # what language model, length and phrases add
    model: int  # state of the language model
    heard: PhraseState  # state of the phrases

    @property
    def acoustic(self) -> float:
        return _sum(self.blank, self.unit)

    @property
    def score(self) -> float:
        return _sum(self.blank, self.unit) + self.fused


class BeamState(NamedTuple):
    """The likeliest prefixes, best first, after `frames` frames."""

    prefixes: tuple[Prefix, ...]
    frames: int


class Spelled(NamedTuple):
    """A word: its first and last frame, the mean and the least log-probability of its units, and
    the share of the likeliest prefixes that have it, too."""

    text: str
    first: int
    last: int
    mean: float
    least: float
    agreed: float


@dataclass(frozen=True, slots=True)
class Weights:
    """How to search. `alpha` weighs the language model, `beta` is earned by each unit, `unknown` is
    what a word costs that is none; `width` prefixes are kept, those `below` the best dropped; a
    unit enters only within `unlikely` of certainty, and a frame whose blank is as sure as `idle`
    lets nothing enter."""

    alpha: float = 0.5
    beta: float = 0.5
    unknown: float = 0.0
    width: int = 16
    below: float = 12.0
    unlikely: float = -7.0
    idle: float = -0.002


class BeamDecoder:
    """`pieces` are the SentencePiece units in order; the blank comes after them. `known` tells
    words from what only looks like some."""

    def __init__(
        self,
        pieces: Sequence[str],
        model: Ngram | None = None,
        phrases: Phrases | None = None,
        weights: Weights | None = None,
        known: Callable[[str], bool] | None = None,
    ) -> None:
        self.pieces = list(pieces)
        self._starts = [piece.startswith(WORD_START) for piece in pieces]
        self._blank = len(self.pieces)
        self._model, self._weights = model, weights or Weights()
        self._known = known if self._weights.unknown else None
        self._phrases = phrases or Phrases([], self._starts, 0.0)

    def start(self) -> BeamState:
        model = self._model.start if self._model else 0
        return BeamState((Prefix(0, None, 0.0, _NEVER, 0.0, model, self._phrases.start),), 0)

    def step(self, log_probs: LogProbs, state: BeamState) -> BeamState:
        """`state` after further frames, (frames, units + 1) natural log-probabilities."""
        prefixes, frame = state
        for row in log_probs:
            blank = float(row[self._blank])
            if blank > self._weights.idle:
                prefixes = tuple(_rested(prefix, blank) for prefix in prefixes)
            else:
                prefixes = self._frame(row, blank, prefixes, frame)
            frame += 1
        return BeamState(prefixes, frame)

    def _frame(
        self, row: LogProbs, blank: float, prefixes: tuple[Prefix, ...], frame: int
    ) -> tuple[Prefix, ...]:
        likely = np.flatnonzero(row[: self._blank] > self._weights.unlikely).tolist()
        scores = {unit: float(row[unit]) for unit in likely}
        begins = any(self._starts[unit] for unit in likely)
        found: dict[int, Prefix] = {}
        for prefix in prefixes:
            _merge(found, _stayed(prefix, blank, row, frame))
            last = prefix.said.unit if prefix.said else -1
            cost = self._cost(prefix.said) if begins else 0.0
            for unit, score in scores.items():
                # The same unit again is a new one only after a blank.
                before = prefix.blank if unit == last else prefix.acoustic
                if before > _NEVER / 2:
                    said = Said(unit, frame, score, prefix.said)
                    _merge(found, self._longer(prefix, said, before + score, cost))
        ranked = sorted(found.values(), key=_score, reverse=True)[: self._weights.width]
        least = ranked[0].score - self._weights.below
        return tuple(prefix for prefix in ranked if prefix.score >= least)

    def _longer(self, prefix: Prefix, said: Said, path: float, cost: float) -> Prefix:
        """`cost` is that of the word which ends where `said` begins another."""
        unit, model = said.unit, 0
        added = self._weights.beta - (cost if self._starts[unit] else 0.0)
        if self._model:
            scores, states = self._model.row(prefix.model)
            added, model = added + self._weights.alpha * scores[unit], states[unit]
        bonus, heard = self._phrases.step(prefix.heard, unit)
        return Prefix(
            hash((prefix.key, unit)),
            said,
            _NEVER,
            path,
            prefix.fused + added + bonus,
            model,
            heard,
        )

    def finish(self, state: BeamState) -> BeamState:
        """`state` when nothing more will be said: the sentence must be one that may end."""
        ended = [prefix._replace(fused=prefix.fused + self._ending(prefix)) for prefix in state[0]]
        return BeamState(tuple(sorted(ended, key=_score, reverse=True)), state.frames)

    def _cost(self, said: Said | None) -> float:
        """Of the word that ends with this unit."""
        if self._known is None or said is None:
            return 0.0
        pieces = []
        while said:
            pieces.append(self.pieces[said.unit])
            said = None if self._starts[said.unit] else said.before
        word = "".join(reversed(pieces)).removeprefix(WORD_START)
        return 0.0 if self._known(word) else self._weights.unknown

    def _ending(self, prefix: Prefix) -> float:
        end = self._phrases.end(prefix.heard) - self._cost(prefix.said)
        if self._model and prefix.said:
            end += self._weights.alpha * self._model.end(prefix.model)
        return end

    def words(self, state: BeamState) -> list[Spelled]:
        """The likeliest words so far, in order."""
        best = state.prefixes[0]
        others = [(math.exp(p.score - best.score), self._spelled(p)) for p in state.prefixes]
        total = sum(weight for weight, _ in others)
        words = []
        for word in others[0][1]:
            agreed = sum(w for w, spelled in others if any(_same(word, s) for s in spelled))
            words.append(word._replace(agreed=agreed / total))
        return words

    def _spelled(self, prefix: Prefix) -> list[Spelled]:
        chain, said = [], prefix.said
        while said:
            chain.append(said)
            said = said.before
        words = [self._word(units) for units in self._grouped(chain[::-1])]
        return [word for word in words if word.text]

    def _grouped(self, chain: list[Said]) -> Iterator[list[Said]]:
        word: list[Said] = []
        for said in chain:
            piece = self.pieces[said.unit]
            if piece.startswith(WORD_START) and word:
                yield word
                word = []
            word.append(said)
        if word:
            yield word

    def _word(self, units: list[Said]) -> Spelled:
        text = "".join(self.pieces[said.unit] for said in units).replace(WORD_START, "")
        sure = [said.sure for said in units]
        frames = units[0].frame, units[-1].frame
        return Spelled(text, *frames, sum(sure) / len(sure), min(sure), 1.0)


def _rested(prefix: Prefix, blank: float) -> Prefix:
    """After a frame that is surely blank."""
    return prefix._replace(blank=prefix.acoustic + blank, unit=_NEVER)


def _stayed(prefix: Prefix, blank: float, row: LogProbs, frame: int) -> Prefix:
    """The same units after one more frame: a blank, or the last unit held."""
    held, said = _NEVER, prefix.said
    if said:
        again = float(row[said.unit])
        if prefix.unit > _NEVER / 2:
            held = prefix.unit + again
            if again > said.sure:
                said = said._replace(frame=frame, sure=again)
    return prefix._replace(said=said, blank=prefix.acoustic + blank, unit=held)


def _merge(found: dict[int, Prefix], new: Prefix) -> None:
    """Two ways to the same units are one prefix; the clearer one says when they were said.

    The same units are known by a hash, as comparing them would cost a prefix's length each time.
    Two prefixes of one hash would be taken for one, and the second one's words be lost. Of 61 bits
    and the 54 candidates that a frame has on average (2,125 at most were seen in 35,000 frames),
    that is once in half a million years of speech.
    """
    old = found.get(new.key)
    if old is None:
        found[new.key] = new
        return
    said = new.said if new.acoustic > old.acoustic else old.said
    found[new.key] = old._replace(
        said=said, blank=_sum(old.blank, new.blank), unit=_sum(old.unit, new.unit)
    )


def _score(prefix: Prefix) -> float:
    return prefix.score


def _same(one: Spelled, other: Spelled) -> bool:
    return one.text == other.text and one.first <= other.last and other.first <= one.last


def _sum(a: float, b: float) -> float:
    """log(exp a + exp b)"""
    if a < b:
        a, b = b, a
    return a if b < a - 30 else a + math.log1p(math.exp(b - a))
