"""Word error rates of a recogniser over folders of held-out speech, by voice."""

from collections import defaultdict
from pathlib import Path

import torch
from nemo.collections.asr.models import EncDecCTCModelBPE

from asr.wer import edits
from recipes.asr.batches import collate
from recipes.asr.speech_data import LabelledUtterance, SpeechFolder
from russian.spelling import fold


@torch.no_grad()
def transcribe(model: EncDecCTCModelBPE, folder: SpeechFolder, limit: int) -> list[str]:
    """What the model hears in the first `limit` utterances, with its own decoding settings."""
    model.eval()
    heard: list[str] = []
    chosen = folder.utterances[:limit]
    for start in range(0, len(chosen), 16):
        part = chosen[start : start + 16]
        batch = collate([folder.samples(u) for u in part], [u.text for u in part])
        scores, lengths, _ = model(input_signal=batch.audio, input_signal_length=batch.lengths)
        found = model.decoding.ctc_decoder_predictions_tensor(scores, decoder_lengths=lengths)
        heard += [hypothesis.text for hypothesis in found]
    return heard


def rates(utterances: list[LabelledUtterance], heard: list[str]) -> dict[str, float]:
    """Word error rate in per cent, in all and by voice; ё counts as е."""
    wrong: dict[str, int] = defaultdict(int)
    words: dict[str, int] = defaultdict(int)
    for utterance, text in zip(utterances, heard, strict=True):
        said = fold(utterance.text).split()
        for key in ("all", utterance.voice):
            wrong[key] += edits(said, fold(text).split())
            words[key] += len(said)
    return {key: round(100 * wrong[key] / words[key], 1) for key in words}


def measure(model: EncDecCTCModelBPE, path: Path, limit: int = 10_000) -> dict[str, float]:
    """Rates of the first `limit` utterances of a folder, by the model's own decoding."""
    folder = SpeechFolder(path)
    folder.refresh()
    return rates(folder.utterances[:limit], transcribe(model, folder, limit))
