"""A NeMo CTC model decoded by `asr.decoding.beam_search`: words with times and confidences.

Greedy search, for CTC models without a language model beside them, is in `asr.nemo`.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr.decoding.beam_search import WORD_START, BeamDecoder, BeamState, Spelled, Weights
from asr.decoding.ngram import Ngram
from asr.decoding.phrase_boosting import Phrases, read_phrases
from dialog.messages import Samples, Transcript, Word
from models.catalogue import ModelEntry
from russian.grammar.morphology import is_word

SHORTEST_S = 0.25
Matrix = NDArray[np.float32]


class Decoders:
    """The decoder of a catalogue entry, made anew when its file of phrases has changed.

    `tokenizer` is the model's: `vocab` lists its units, `text_to_ids` divides a phrase.
    """

    def __init__(self, entry: ModelEntry, tokenizer: Any) -> None:
        self._entry, self._tokenizer = entry, tokenizer
        self._pieces = [str(piece) for piece in tokenizer.vocab]
        self._model = Ngram(entry.ngram_path) if entry.ngram_path else None
        if entry.unknown_word:
            is_word("да")  # the dictionary is read at its first word
        self._read: int | None = None
        self._decoder = self._made(None)

    def current(self) -> BeamDecoder:
        """With the phrases of now; a state of the one before may be gone on with."""
        changed = _changed(self._entry.phrases)
        if changed != self._read:
            self._read, self._decoder = changed, self._made(self._entry.phrases)
        return self._decoder

    def _made(self, path: Path | None) -> BeamDecoder:
        entry, starts = self._entry, [piece.startswith(WORD_START) for piece in self._pieces]
        phrases = read_phrases(path, self._tokenizer.text_to_ids) if path else []
        weights = Weights(entry.ngram_alpha, entry.ngram_beta, entry.unknown_word, entry.ngram_beam)
        boosted = Phrases(phrases, starts, entry.phrase_bonus)
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
) -> tuple[Word, ...]:
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

    def step(self, log_probs: Matrix, state: BeamState) -> BeamState:
        return self._decoders.current().step(log_probs, state)

    def words(self, state: BeamState) -> list[tuple[str, int, int, float]]:
        decoder = self._decoders.current()
        return [
            (word.text, word.first, word.last, confidence(word, self._calibration))
            for word in decoder.words(decoder.finish(state))
        ]


class CtcRecogniser:
    """A CTC model with the decoder of its catalogue entry."""

    def __init__(self, model: Any, entry: ModelEntry) -> None:
        self.model = model
        self.rate_hz = int(model.cfg.preprocessor.get("sample_rate", 16000))
        featurizer = model.preprocessor.featurizer
        featurizer.pad_to, featurizer.dither = 0, 0.0
        self.decoders = Decoders(entry, model.tokenizer)
        self._calibration = entry.confidence
        self.growing = IncrementalDecoder(self.decoders, entry.confidence)
        self.frame_s = (
            float(model.cfg.preprocessor.window_stride) * model.encoder.subsampling_factor
        )

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        """See `asr.recogniser.Recogniser`."""
        if not audio:
            return []
        import torch

        lengths = torch.tensor([len(samples) for samples in audio])
        batch = torch.zeros(len(audio), max(int(lengths.max()), int(self.rate_hz * SHORTEST_S)))
        for row, samples in zip(batch, audio, strict=True):
            row[: len(samples)] = torch.from_numpy(samples)
        with torch.inference_mode():
            device = self.model.device
            scores, frames, _ = self.model(
                input_signal=batch.to(device), input_signal_length=lengths.to(device)
            )
        rows = scores.float().cpu().numpy()
        return [
            self._transcript(row[:count], len(samples) / self.rate_hz)
            for row, count, samples in zip(rows, frames.tolist(), audio, strict=True)
        ]

    def _transcript(self, log_probs: Matrix, duration_s: float) -> Transcript:
        decoder = self.decoders.current()
        state = decoder.finish(decoder.step(log_probs, decoder.start()))
        words = timed(decoder.words(state), self.frame_s, self._calibration, duration_s)
        return Transcript(" ".join(word.text for word in words), words, duration_s)


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
