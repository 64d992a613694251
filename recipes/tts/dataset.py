"""What both models are trained on: sentences as sound, mels, pitch and tokens.

Knows how a recording is measured; where it comes from is `spoken`'s or `recordings`' business.
Everything is computed once and kept in one file of `home`: 200 MB for an hour of speech.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import parselmouth
import torch
from nemo.collections.tts.models import FastPitchModel
from numpy.typing import NDArray

from recipes.tts.config import HOP, RATE_HZ

_WIDEST_HZ = (60.0, 500.0)
_PAD = 800

Anchors = list[tuple[int, float]]
"""Where words begin, as (token, frame), strictly rising, from the first to the end."""


@dataclass(slots=True)
class AlignedUtterance:
    """One sentence: `mel` (80, frames), `pitch_hz` (frames,) with 0 where unvoiced, `samples`
    int16 at 22.05 kHz, and after alignment `durations` (tokens,). `speaker` counts from 0."""

    number: int
    speaker: int
    held_out: bool
    text: str
    tokens: list[int]
    mel: NDArray[np.float16]
    pitch_hz: NDArray[np.float32]
    samples: NDArray[np.int16]
    anchors: Anchors
    durations: NDArray[np.int64] | None = None

    @property
    def frames(self) -> int:
        return int(self.mel.shape[1])

    def token_pitch_hz(self) -> NDArray[np.float32]:
        """The mean pitch of each token's voiced frames, 0 where it has none; (tokens,)."""
        if self.durations is None:
            raise ValueError("the utterance is not aligned yet")
        voiced = np.concatenate([[0], np.cumsum(self.pitch_hz > 0)])
        summed = np.concatenate([[0.0], np.cumsum(self.pitch_hz, dtype=np.float64)])
        ends = np.cumsum(self.durations)
        starts = ends - self.durations
        count = voiced[ends] - voiced[starts]
        total = summed[ends] - summed[starts]
        return np.where(count > 0, total / np.maximum(count, 1), 0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class SpeakerStats:
    """The name callers of the product choose, and the speaker's pitch in Hz: FastPitch works in
    deviations from it."""

    name: str
    pitch_mean_hz: float
    pitch_std_hz: float


@dataclass(slots=True)
class SpeechCorpus:
    """`AlignedUtterance.speaker` counts in `speakers`."""

    speakers: list[SpeakerStats]
    utterances: list[AlignedUtterance]

    @property
    def aligned(self) -> bool:
        return all(u.durations is not None for u in self.utterances)

    @property
    def hours(self) -> float:
        return sum(len(u.samples) for u in self.utterances) / RATE_HZ / 3600


def load_speech(path: Path) -> SpeechCorpus:
    with path.open("rb") as file:
        speech: SpeechCorpus = pickle.load(file)  # our own file, written by `save_speech`
    return speech


def save_speech(speech: SpeechCorpus, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        pickle.dump(speech, file)
    temporary.replace(path)


def joined(parts: list[SpeechCorpus]) -> SpeechCorpus:
    """Several speakers' speech as one; utterances are numbered anew."""
    whole = SpeechCorpus([], [])
    for part in parts:
        for utterance in part.utterances:
            utterance.speaker += len(whole.speakers)
            utterance.number = len(whole.utterances)
            whole.utterances.append(utterance)
        whole.speakers += part.speakers
    return whole


class Measure:
    """Sound and text to utterances of one speaker. `model` gives the tokenizer and the mels."""

    def __init__(self, model: FastPitchModel, name: str) -> None:
        self._model = model
        self._name = name
        self.utterances: list[AlignedUtterance] = []

    def add(
        self, text: str, samples: NDArray[np.int16], anchors: Anchors, *, held_out: bool
    ) -> None:
        """Take a sentence in the voice alphabet; `samples` at 22.05 kHz. `anchors` may be empty."""
        samples = np.pad(samples, (0, -len(samples) % HOP))
        with torch.no_grad():
            sound = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
            mel, _ = self._model.preprocessor(
                input_signal=sound, length=torch.tensor([len(samples)])
            )
        tokens, frames = self._model.vocab.encode(text), mel.shape[2]
        inner = [(t, f) for t, f in anchors if 0 < t < len(tokens) and 0 < f < frames]
        self.utterances.append(
            AlignedUtterance(
                number=len(self.utterances),
                speaker=0,
                held_out=held_out,
                text=text,
                tokens=tokens,
                mel=mel[0].numpy().astype(np.float16),
                pitch_hz=np.zeros(0, np.float32),
                samples=samples,
                anchors=[(0, 0.0), *inner, (len(tokens), float(frames))],
            )
        )

    def speech(self) -> SpeechCorpus:
        """All that was added, with its pitch, measured within the speaker's own range."""
        some = self.utterances[:: max(1, len(self.utterances) // 30)]
        wide = [pitch_of(u.samples, u.frames, *_WIDEST_HZ) for u in some]
        voiced = np.concatenate([track[track > 0] for track in wide])
        low, high = speaker_range(voiced)
        for utterance in self.utterances:
            utterance.pitch_hz = pitch_of(utterance.samples, utterance.frames, low, high)
        pitch = np.concatenate([u.pitch_hz[u.pitch_hz > 0] for u in self.utterances])
        speaker = SpeakerStats(self._name, float(pitch.mean()), float(pitch.std()))
        return SpeechCorpus([speaker], self.utterances)


def speaker_range(voiced_hz: NDArray[np.float32]) -> tuple[float, float]:
    """The floor and ceiling of a speaker's pitch, from a first rough track: 0.75 of the lower
    quartile, 1.9 of the upper (De Looze and Hirst 2008, with room for questions)."""
    if not len(voiced_hz):
        return _WIDEST_HZ
    lower, upper = np.percentile(voiced_hz, [25, 75])
    return float(0.75 * lower), float(1.9 * upper)


def pitch_of(
    samples: NDArray[np.int16], frames: int, low_hz: float, high_hz: float
) -> NDArray[np.float32]:
    """Praat's autocorrelation pitch in Hz at the middle of every mel frame, 0 where unvoiced."""
    pad = max(_PAD, round(2 * RATE_HZ / low_hz))
    sound = parselmouth.Sound(np.pad(samples, pad).astype(np.float64) / 32768, RATE_HZ)
    step_s = HOP / RATE_HZ
    track = sound.to_pitch_ac(time_step=step_s, pitch_floor=low_hz, pitch_ceiling=high_hz)
    times = track.xs() - pad / RATE_HZ
    values = track.selected_array["frequency"]
    nearest = np.searchsorted(times, np.arange(frames) * step_s)
    return np.asarray(values[np.minimum(nearest, len(values) - 1)], dtype=np.float32)
