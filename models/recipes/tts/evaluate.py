"""How good a shipped pair is: intelligibility, distance from RHVoice, speed, size.

python -m models.recipes.tts.evaluate --home DIR --pair FOLDER [--recogniser FILE.nemo]

Three renderings of the held-out sentences are compared: RHVoice's own, that sound through the
vocoder alone, and the whole synthesis from text. A recogniser's word error rate on each separates
what the recogniser cannot do from what the voice cannot say.
"""

import argparse
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soxr
import torch
from librosa.sequence import dtw
from nemo.collections.asr.models import ASRModel
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from numpy.typing import NDArray
from scipy.fft import dct

from asr.wer import edits
from models.recipes.tts.config import RATE_HZ
from models.recipes.tts.dataset import Speech, Utterance, load_speech
from models.recipes.tts.export import FASTPITCH, HIFIGAN, restore

Samples = NDArray[np.float32]
_HEARD_RATE_HZ = 16000
_CEPSTRA = 13
_TO_DECIBEL = 10 / np.log(10) * np.sqrt(2)
_NO_WORD = re.compile(r"[^а-я ]")


def synthesise(voice: FastPitchModel, vocoder: HifiGanModel, text: str) -> Samples:
    with torch.inference_mode():
        tokens = voice.parse(text, normalize=False)
        mel = voice.generate_spectrogram(tokens=tokens)
        sound = vocoder.convert_spectrogram_to_audio(spec=mel)
    samples: Samples = sound[0].numpy()
    return samples


def vocode(vocoder: HifiGanModel, utterance: Utterance) -> Samples:
    with torch.inference_mode():
        mel = torch.from_numpy(utterance.mel.astype(np.float32))[None]
        samples: Samples = vocoder.convert_spectrogram_to_audio(spec=mel)[0].numpy()
    return samples


def cepstral_distance(voice: FastPitchModel, ours: Samples, theirs: Samples) -> float:
    """Mel-cepstral distance in dB over 13 coefficients without the energy, after time warping
    (Kubichek 1993: 10 sqrt 2 / ln 10 times the distance of natural-log cepstra)."""
    cepstra = []
    for samples in (ours, theirs):
        with torch.no_grad():
            sound = torch.from_numpy(samples)[None]
            mel, _ = voice.preprocessor(input_signal=sound, length=torch.tensor([len(samples)]))
        cepstra.append(dct(mel[0].numpy(), axis=0, norm="ortho")[1 : _CEPSTRA + 1])
    _, path = dtw(*cepstra)
    difference = cepstra[0][:, path[:, 0]] - cepstra[1][:, path[:, 1]]
    # SPTK's coefficients are those of a plain cosine series: sqrt(2 / 80) of the orthonormal.
    scaled = difference * np.sqrt(2 / cepstra[0].shape[0])
    return float(_TO_DECIBEL * np.sqrt((scaled**2).sum(0)).mean())


def word_error_rate(
    recogniser: ASRModel, sounds: list[Samples], utterances: list[Utterance]
) -> float:
    """In per cent; ё counts as е."""
    heard = recogniser.transcribe(
        [soxr.resample(s, RATE_HZ, _HEARD_RATE_HZ) for s in sounds], batch_size=8, verbose=False
    )
    wrong = words = 0
    for utterance, found in zip(utterances, heard, strict=True):
        said = _words(utterance.text)
        wrong += edits(said, _words(found.text))
        words += len(said)
    return round(100 * wrong / words, 1)


def _words(text: str) -> list[str]:
    plain = text.lower().replace("ё", "е").replace("+", "").replace("-", " ")
    return _NO_WORD.sub("", plain).split()


def real_time_factor(render: Callable[[str], Samples], texts: list[str]) -> float:
    """Processor seconds per second of speech, after one unmeasured sentence. Not the clock's: it
    would measure what else the machine does. On one thread both are the same."""
    render(texts[0])
    started = time.process_time()
    seconds = sum(len(render(text)) for text in texts) / RATE_HZ
    return round((time.process_time() - started) / seconds, 3)


def evaluate(speech: Speech, folder: Path, recogniser: Path | None) -> dict[str, float]:
    """Everything measured on the held-out sentences of `speech`."""
    voice, vocoder = restore(folder)
    utterances = [u for u in speech.utterances if u.held_out]
    real: list[Samples] = [u.samples.astype(np.float32) / np.float32(32768) for u in utterances]
    vocoded = [vocode(vocoder, u) for u in utterances]
    spoken = [synthesise(voice, vocoder, u.text) for u in utterances]
    found: dict[str, float] = {"sentences": len(utterances)}
    for name, sounds in (("vocoded", vocoded), ("synthesis", spoken)):
        far = [cepstral_distance(voice, s, r) for s, r in zip(sounds, real, strict=True)]
        found[f"{name}_cepstral_distance_db"] = round(float(np.mean(far)), 2)
    if recogniser is not None:
        hears = ASRModel.restore_from(str(recogniser), map_location="cpu").eval()
        for name, sounds in (("rhvoice", real), ("vocoded", vocoded), ("synthesis", spoken)):
            found[f"{name}_wer_percent"] = word_error_rate(hears, sounds, utterances)
    texts = [u.text for u in utterances][:20]
    found["real_time_factor"] = real_time_factor(
        lambda text: synthesise(voice, vocoder, text), texts
    )
    for name in (FASTPITCH, HIFIGAN):
        found[f"{name}_bytes"] = (folder / name).stat().st_size
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="holds speech.pkl")
    parser.add_argument("--pair", type=Path, required=True, help="folder of the two checkpoints")
    parser.add_argument("--recogniser", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    speech = load_speech(args.home / "speech.pkl")
    torch.set_num_threads(args.threads)
    print(json.dumps(evaluate(speech, args.pair, args.recogniser), indent=1))


if __name__ == "__main__":
    main()
