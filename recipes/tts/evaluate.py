"""How far a pair is from the speech it imitates, on the sentences held out of its training.

python -m recipes.tts.evaluate --home DIR --pair FOLDER [--recogniser asr-ru-small]

Three renderings are compared for each speaker: the speech itself, that speech through the vocoder
alone, and the whole synthesis from text. A recogniser's word error rate on each separates what the
recogniser cannot do from what the voice cannot say. `report` measures the product's own pair.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from librosa.sequence import dtw
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from numpy.typing import NDArray
from scipy.fft import dct

from asr.recogniser import Recogniser, load_recogniser
from asr.wer import edits, plain_words
from dialog.audio.resampling import resample
from recipes.tts.config import RATE_HZ
from recipes.tts.dataset import AlignedUtterance, SpeechCorpus, load_speech
from recipes.tts.export import restore
from tts.nemo import NemoSynthesiser

SampleSet = NDArray[np.float32]
_CEPSTRA = 13
_TO_DECIBEL = 10 / np.log(10) * np.sqrt(2)


def vocode(vocoder: HifiGanModel, utterance: AlignedUtterance) -> SampleSet:
    """The sound of the utterance's own mels."""
    with torch.inference_mode():
        mel = torch.from_numpy(utterance.mel.astype(np.float32))[None]
        samples: SampleSet = vocoder.convert_spectrogram_to_audio(spec=mel)[0].numpy()
    return samples


def cepstral_distance(voice: FastPitchModel, ours: SampleSet, theirs: SampleSet) -> float:
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


def error_rate(recogniser: Recogniser, sounds: list[SampleSet], texts: list[str]) -> float:
    """Word error rate in per cent of sounds at 22.05 kHz that say `texts`, which may be in the
    voice alphabet; ё counts as е."""
    wrong = words = 0
    for sound, text in zip(sounds, texts, strict=True):
        (heard,) = recogniser.transcribe([resample(sound, RATE_HZ, recogniser.rate_hz)])
        said = _words(text)
        wrong += edits(said, _words(" ".join(word.text for word in heard.words)))
        words += len(said)
    return round(100 * wrong / words, 1)


def _words(text: str) -> list[str]:
    return plain_words(text.replace("+", ""))


def evaluate(
    speech: SpeechCorpus, folder: Path, recogniser: Recogniser | None
) -> dict[str, dict[str, float]]:
    """By speaker, everything measured on the held-out sentences of `speech`."""
    voice, vocoder = restore(folder)
    synthesiser = NemoSynthesiser(voice, vocoder)
    found: dict[str, dict[str, float]] = {}
    for index, speaker in enumerate(speech.speakers):
        own = [u for u in speech.utterances if u.held_out and u.speaker == index]
        real: list[SampleSet] = [u.samples.astype(np.float32) / np.float32(32768) for u in own]

        def say(utterance: AlignedUtterance, name: str = speaker.name) -> SampleSet:
            return synthesiser.synthesise(utterance.text, name, 1.0)

        row: dict[str, float] = {"sentences": len(own)}
        renderings: dict[str, Callable[[AlignedUtterance], SampleSet]] = {
            "vocoded": lambda utterance: vocode(vocoder, utterance),
            "synthesis": say,
        }
        sounds = {"speech": real}
        for name, render in renderings.items():
            sounds[name] = [render(u) for u in own]
            far = [cepstral_distance(voice, s, r) for s, r in zip(sounds[name], real, strict=True)]
            row[f"{name}_cepstral_distance_db"] = round(float(np.mean(far)), 2)
        if recogniser is not None:
            for name, heard in sounds.items():
                row[f"{name}_wer_percent"] = error_rate(recogniser, heard, [u.text for u in own])
        found[speaker.name] = row
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="holds speech.pkl")
    parser.add_argument("--pair", type=Path, required=True, help="folder of the two checkpoints")
    parser.add_argument("--recogniser", help="catalogue id or .nemo file")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    torch.set_num_threads(args.threads)
    recogniser = load_recogniser(args.recogniser, "cpu") if args.recogniser else None
    speech = load_speech(args.home / "speech.pkl")
    print(json.dumps(evaluate(speech, args.pair, recogniser), indent=1))


if __name__ == "__main__":
    main()
