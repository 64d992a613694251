"""A NeMo CTC model decoded by beam search together with an n-gram language model.

Knows NeMo's batched beam search, which gives neither word times nor confidences: both are
read here from the frame in which each unit was chosen. Greedy search, which gives them by
itself, is in `asr.nemo`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog.messages import Samples, Transcript, Word
from models.catalogue import ModelEntry

WORD_START = "▁"
Matrix = NDArray[np.float32]


def configure_beam(model: Any, entry: ModelEntry) -> None:
    """Beam search with the entry's language model, its weight and its bonus for length."""
    from nemo.collections.asr.parts.submodules.ctc_decoding import CTCBPEDecodingConfig
    from omegaconf import OmegaConf

    beam = {
        "beam_size": entry.ngram_beam,
        "ngram_lm_model": str(entry.ngram_path),
        "ngram_lm_alpha": entry.ngram_alpha,
        "beam_beta": entry.ngram_beta,
        "return_best_hypothesis": True,
    }
    decoding = OmegaConf.structured(CTCBPEDecodingConfig())
    model.change_decoding_strategy(
        OmegaConf.merge(decoding, {"strategy": "beam_batch", "beam": beam}), verbose=False
    )


class CtcBeamRecogniser:
    """A CTC model that was configured by `configure_beam`."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.rate_hz = int(model.cfg.preprocessor.get("sample_rate", 16000))
        features = model.preprocessor.featurizer
        features.pad_to, features.dither = 0, 0.0
        self._frame_s = (
            float(model.cfg.preprocessor.window_stride) * model.encoder.subsampling_factor
        )

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        """See `asr.engine.Recogniser`."""
        if not audio:
            return []
        import torch

        lengths = torch.tensor([len(samples) for samples in audio])
        batch = torch.zeros(len(audio), max(int(lengths.max()), self.rate_hz // 4))
        for row, samples in zip(batch, audio, strict=True):
            row[: len(samples)] = torch.from_numpy(samples)
        with torch.inference_mode():
            device = self.model.device
            scores, frames, _ = self.model(
                input_signal=batch.to(device), input_signal_length=lengths.to(device)
            )
            found = self.model.decoding.ctc_decoder_predictions_tensor(
                scores, decoder_lengths=frames, return_hypotheses=True
            )
        rows = scores.float().exp().cpu().numpy()
        return [
            self._transcript(hypothesis, row, len(samples) / self.rate_hz)
            for hypothesis, row, samples in zip(found, rows, audio, strict=True)
        ]

    def _transcript(self, hypothesis: Any, probabilities: Matrix, duration_s: float) -> Transcript:
        units = [int(unit) for unit in hypothesis.y_sequence]
        frames = [int(frame) for frame in hypothesis.timestamp]
        pieces = self.model.tokenizer.ids_to_tokens(units)
        sure = [float(probabilities[f, u]) for f, u in zip(frames, units, strict=True)]
        words = tuple(
            Word(
                text.lower(),
                round(min(frames[first] * self._frame_s, duration_s), 3),
                round(min((frames[last] + 1) * self._frame_s, duration_s), 3),
                sum(sure[first : last + 1]) / (last + 1 - first),
            )
            for text, first, last in joined(pieces)
        )
        return Transcript(hypothesis.text.strip(), words, duration_s)


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
