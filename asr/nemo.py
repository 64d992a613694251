"""NeMo's recognisers behind the `Recogniser` protocol.

Knows CTC, RNNT, TDT, hybrid and prompt-conditioned models; knows nothing about where the
speech in a recording is. A hybrid model is decoded by its transducer, which is the more
accurate of its two decoders.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asr.decoding.greedy import Greedy
from asr.nemo_ctc import CtcRecogniser
from asr.nemo_streaming import CacheAware, is_cache_aware
from dialog.content import Samples, Transcript, Word, Words
from dialog.errors import Unavailable
from models.catalogue import Decoding, ModelEntry
from models.loading import hushed, restore

LANGUAGE = "ru-RU"
LANG_TAG = re.compile(r"\s*<[a-z]{2,3}(-[A-Za-z]{2,4})?>")
# NeMo pads what is shorter than a second on both sides, which shifts its word times.
MIN_SECONDS = 1.0
SHORTEST_WORD_S = 0.02


def load(
    entry: ModelEntry, device: str, phrases: Path | None = None
) -> "NemoRecogniser | CtcRecogniser":
    """Restore the entry's model on a device (see `models.loading.pick_device`) and set its
    decoding; a beam search expects the `phrases` of a file, if there is one.

    Raises `Unavailable`, with one line, for a device that is not there, for a model that cannot be
    loaded, and for a language model that is missing.
    """
    model = restore("asr", entry, device)
    decoding = entry.decoding
    if decoding.ngram_path is not None and not decoding.ngram_path.is_file():
        raise Unavailable(f"model {entry.id} needs its language model: no {decoding.ngram_path}")
    if decoding.beam:
        return CtcRecogniser(model, decoding, phrases)
    with hushed():
        configure_decoding(model, decoding)
    return NemoRecogniser(model, entry.target_lang or LANGUAGE)


class NemoRecogniser:
    """Any NeMo `ASRModel` that was configured by `configure_decoding`."""

    def __init__(self, model: Any, language: str = LANGUAGE) -> None:
        self.model = model
        self.rate_hz = int(model.cfg.preprocessor.get("sample_rate", 16000))
        self._language = language

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        """See `asr.recogniser.Recogniser`."""
        if not audio:
            return []
        import torch

        padded = [self._padded(samples) for samples in audio]
        with torch.inference_mode():
            hypotheses = self.model.transcribe(padded, override_config=self._options(len(padded)))
        return [
            _transcript(hypothesis, len(samples) / self.rate_hz)
            for hypothesis, samples in zip(_best(hypotheses), audio, strict=True)
        ]

    def streaming(self) -> CacheAware | None:
        """See `asr.recogniser.Recogniser`: decoded by the best unit of each frame."""
        if not is_cache_aware(self.model):
            return None
        return CacheAware(self.model, Greedy(self.model.tokenizer.vocab))

    def _options(self, batch_size: int) -> Any:
        """Given as `override_config` and not as arguments: `timestamps=True` as an argument
        makes some classes rebuild their decoder on every call."""
        options = self.model.get_transcribe_config()
        options.batch_size = batch_size
        options.num_workers = 0
        options.return_hypotheses = True
        options.timestamps = True
        options.verbose = False
        if hasattr(options, "target_lang"):
            options.target_lang = self._language
        return options

    def _padded(self, samples: Samples) -> Samples:
        missing = int(MIN_SECONDS * self.rate_hz) - len(samples)
        return np.pad(samples, (0, missing)) if missing > 0 else samples


def configure_decoding(model: Any, decoding: Decoding) -> None:
    """Greedy decoding with word times and confidences, and the language model of `decoding`.

    The confidence of a word is the mean over its tokens of the probability of the best one,
    scaled so that a guess among all of them is 0.
    """
    from omegaconf import OmegaConf, open_dict

    hybrid = "aux_ctc" in model.cfg
    config = OmegaConf.create(OmegaConf.to_container(model.cfg.decoding, resolve=True))
    with open_dict(config):
        config.strategy = "greedy_batch"
        config.compute_timestamps = True
        config.preserve_alignments = False
        config.confidence_cfg = {
            "preserve_frame_confidence": True,
            "preserve_token_confidence": True,
            "preserve_word_confidence": True,
            "exclude_blank": True,
            "aggregation": "mean",
            "method_cfg": {"name": "max_prob", "alpha": 1.0},
        }
        config.greedy = {**config.get("greedy", {}), **_fused_language_model(decoding)}
    if hybrid:
        model.change_decoding_strategy(config, decoder_type="rnnt", verbose=False)
    else:
        model.change_decoding_strategy(config, verbose=False)


def _fused_language_model(decoding: Decoding) -> dict[str, Any]:
    """Where a token n-gram model enters: it re-ranks the tokens that the acoustics offer."""
    if decoding.ngram_path is None:
        return {}
    return {"ngram_lm_model": str(decoding.ngram_path), "ngram_lm_alpha": decoding.alpha}


def _best(hypotheses: Any) -> list[Any]:
    if isinstance(hypotheses, tuple):  # (best, all), in older transducer classes
        hypotheses = hypotheses[0]
    return [item[0] if isinstance(item, list) else item for item in hypotheses]


def _transcript(hypothesis: Any, duration_s: float) -> Transcript:
    text = LANG_TAG.sub("", hypothesis.text).strip()
    return Transcript(text, _words(hypothesis, duration_s), duration_s)


def _confidences(hypothesis: Any, count: int) -> list[float]:
    """One for each word. NeMo divides tokens into words twice and differently around unknown
    characters; where the two disagree, all words get the mean of the tokens."""
    words = [float(value) for value in hypothesis.word_confidence or []]
    if len(words) == count:
        return words
    tokens = [float(value) for value in hypothesis.token_confidence or []]
    return [sum(tokens) / len(tokens) if tokens else 0.0] * count


def _words(hypothesis: Any, duration_s: float) -> Words:
    """Words in order, inside the audio: what a model hears in the padding ends with it."""
    words: list[Word] = []
    offsets = hypothesis.timestamp.get("word", []) if hypothesis.timestamp else []
    confidences = _confidences(hypothesis, len(offsets))
    earliest_s = 0.0
    for offset, confidence in zip(offsets, confidences, strict=True):
        text = LANG_TAG.sub("", offset["word"]).strip().lower()
        start_s = min(max(float(offset["start"]), earliest_s), duration_s)
        end_s = min(max(float(offset["end"]), start_s + SHORTEST_WORD_S), duration_s)
        earliest_s = start_s
        if text:
            words.append(Word(text, round(start_s, 3), round(end_s, 3), confidence))
    return tuple(words)
