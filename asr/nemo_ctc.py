"""A NeMo CTC model decoded by our own beam search: words with times and confidences.

Knows the model and how it is called; what its output says is `asr.decoding`'s, and why the search
is our own is docs/decisions/0015-*.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asr.decoding.beam_search import LogProbs
from asr.decoding.ctc import Decoders, IncrementalDecoder, timed
from asr.nemo_streaming import CONTEXT, CacheAware, is_cache_aware
from dialog.content import Samples, Transcript
from models.catalogue import Decoding

SHORTEST_S = 0.25


class CtcRecogniser:
    """A NeMo `EncDecCTCModelBPE` with the decoder of its catalogue entry, which expects the
    `phrases` of a file."""

    def __init__(self, model: Any, decoding: Decoding, phrases: Path | None = None) -> None:
        self.model = model
        self.rate_hz = int(model.cfg.preprocessor.get("sample_rate", 16000))
        featurizer = model.preprocessor.featurizer
        featurizer.pad_to, featurizer.dither = 0, 0.0
        self.decoders = Decoders(decoding, model.tokenizer, phrases)
        self._calibration = decoding.confidence
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

    def streaming(self, context: tuple[int, int] = CONTEXT) -> CacheAware | None:
        """See `asr.recogniser.Recogniser`. `context` is what the encoder sees to the left and to
        the right, in its own frames."""
        if not is_cache_aware(self.model):
            return None
        decoder = IncrementalDecoder(self.decoders, self._calibration)
        return CacheAware(self.model, decoder, context)

    def _transcript(self, log_probs: LogProbs, duration_s: float) -> Transcript:
        decoder = self.decoders.current()
        state = decoder.finish(decoder.step(log_probs, decoder.start()))
        words = timed(decoder.words(state), self.frame_s, self._calibration, duration_s)
        return Transcript(" ".join(word.text for word in words), words, duration_s)
