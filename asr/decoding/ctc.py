"""Beam search as a catalogue entry has it: its language model, the dictionary, the operator's
phrases; words with times and confidences. Knows nothing of sound or of NeMo.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from asr.decoding.beam_search import (
    WORD_START,
    BeamDecoder,
    BeamState,
    LogProbs,
    Spelled,
    Weights,
)
from asr.decoding.ngram import Ngram
from asr.decoding.phrase_boosting import Phrases, read_phrases
from dialog.content import Word, Words
from models.catalogue import Decoding
from russian.grammar.morphology import is_word


class Decoders:
    """The decoder of a catalogue entry, made anew when the file of `phrases` has changed.

    `tokenizer` is the model's: `vocab` lists its units, `text_to_ids` divides a phrase.
    """

    def __init__(self, decoding: Decoding, tokenizer: Any, phrases: Path | None = None) -> None:
        self._decoding, self._tokenizer, self._phrases = decoding, tokenizer, phrases
        self._pieces = [str(piece) for piece in tokenizer.vocab]
        self._model = Ngram(decoding.ngram_path) if decoding.ngram_path else None
        if decoding.unknown_word:
            is_word("да")  # the dictionary is read at its first word
        self._read: int | None = None
        self._decoder = self._made(None)

    def current(self) -> BeamDecoder:
        """With the phrases of now; a state of the one before may be gone on with."""
        changed = _changed(self._phrases)
        if changed != self._read:
            self._read, self._decoder = changed, self._made(self._phrases)
        return self._decoder

    def _made(self, path: Path | None) -> BeamDecoder:
        decoding = self._decoding
        starts = [piece.startswith(WORD_START) for piece in self._pieces]
        phrases = read_phrases(path, self._tokenizer.text_to_ids) if path else []
        weights = Weights(decoding.alpha, decoding.beta, decoding.unknown_word, decoding.beam)
        boosted = Phrases(phrases, starts, decoding.phrase_bonus)
        names = {
            word
            for phrase in phrases
            for word, _, _ in joined([self._pieces[unit] for unit in phrase])
        }
        return BeamDecoder(
            self._pieces, self._model, boosted, weights, lambda w: w in names or is_word(w)
        )


def _changed(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path is not None and path.is_file() else None


def confidence(word: Spelled, calibration: Sequence[float]) -> float:
    """The probability that a word is right: logistic regression, fitted on held-out speech
    (`recipes.asr.calibrate`), of what the search knows. Without one, the mean
    probability of its units."""
    if not calibration:
        return math.exp(word.mean)
    told = (1.0, word.mean, word.least, word.agreed)
    return 1 / (1 + math.exp(-sum(w * f for w, f in zip(calibration, told, strict=True))))


def timed(
    words: Sequence[Spelled], frame_s: float, calibration: Sequence[float], duration_s: float
) -> Words:
    """Words in seconds, inside the `duration_s` of what was heard."""
    return tuple(
        Word(
            word.text,
            round(min(word.first * frame_s, duration_s), 3),
            round(min((word.last + 1) * frame_s, duration_s), 3),
            round(confidence(word, calibration), 4),
        )
        for word in words
    )


class IncrementalDecoder:
    """The decoder as `asr.nemo_streaming` steps it: words with their frames and confidences, as if
    nothing more were said."""

    def __init__(self, decoders: Decoders, calibration: Sequence[float]) -> None:
        self._decoders, self._calibration = decoders, calibration

    def start(self) -> BeamState:
        return self._decoders.current().start()

    def step(self, log_probs: LogProbs, state: BeamState) -> BeamState:
        return self._decoders.current().step(log_probs, state)

    def words(self, state: BeamState) -> list[tuple[str, int, int, float]]:
        decoder = self._decoders.current()
        return [
            (word.text, word.first, word.last, confidence(word, self._calibration))
            for word in decoder.words(decoder.finish(state))
        ]


def joined(pieces: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """SentencePiece units as words: the text, and its first and last unit."""
    text, first = "", 0
    for index, piece in enumerate(pieces):
        if piece.startswith(WORD_START):
            if text:
                yield text, first, index - 1
            text, first = "", index
        text += piece.removeprefix(WORD_START)
    if text:
        yield text, first, len(pieces) - 1
