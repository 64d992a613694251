"""The voice's training data: sentences spoken by RHVoice, as mels, pitch, tokens and word times.

Knows how a marked sentence is handed to RHVoice and what both models are trained on. Everything is
computed once and kept in one file of `home`; a few hundred megabytes for two hours of speech.
"""

import logging
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import parselmouth
import torch
from nemo.collections.tts.models import FastPitchModel
from numpy.typing import NDArray

from models.recipes.speech.rhvoice import RHVoice, TimedWord
from models.recipes.tts.config import HOP, RATE_HZ, fastpitch_config
from russian.stress import VOWELS
from russian.voice import LETTERS, read_aloud

LOG = logging.getLogger("tts.dataset")
VOICE = "anna"
PACE = 0.9  # the voice's own speed is fast for a telephone
SENTENCES = Path(__file__).with_name("sentences.txt")
# One sentence in fifty is held out.
HELD_OUT_EVERY = 50
_PITCH_HZ = (90.0, 450.0)
# RHVoice reports a word when the 100 ms block that holds its start is handed over.
_BLOCK_MIDDLE_S = 0.05
_PAD = 600


@dataclass(slots=True)
class Utterance:
    """One sentence: `mel` (80, frames), `pitch_hz` (frames,) with 0 where unvoiced, `samples`
    int16 at 22.05 kHz, `anchors` of (token, frame), and after alignment `durations` (tokens,)."""

    number: int
    text: str
    tokens: list[int]
    mel: NDArray[np.float16]
    pitch_hz: NDArray[np.float32]
    samples: NDArray[np.int16]
    anchors: list[tuple[int, float]]
    durations: NDArray[np.int64] | None = None

    @property
    def frames(self) -> int:
        return int(self.mel.shape[1])

    @property
    def held_out(self) -> bool:
        return self.number % HELD_OUT_EVERY == 0

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


@dataclass(slots=True)
class Speech:
    """All utterances with the mean and deviation of their pitch in Hz."""

    utterances: list[Utterance]
    pitch_mean_hz: float
    pitch_std_hz: float


def for_rhvoice(text: str) -> str:
    """The voice's text as RHVoice wants it: U+0301 after the stressed vowel. Its own reading of
    `+` splits the word in two, and ё is stressed anyway."""
    for vowel in VOWELS:
        text = text.replace(f"+{vowel}", vowel if vowel == "ё" else f"{vowel}\u0301")
    return text.replace("…", "...")


def load_speech(path: Path) -> Speech:
    with path.open("rb") as file:
        speech: Speech = pickle.load(file)  # our own file, written by `save_speech`
    return speech


def save_speech(speech: Speech, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        pickle.dump(speech, file)
    temporary.replace(path)


def make_speech(chroot: Path, limit: int | None = None) -> Speech:
    """Speak every sentence of `sentences.txt` (the first `limit`) and measure it."""
    lines = SENTENCES.read_text("utf-8").splitlines()[:limit]
    model = FastPitchModel(fastpitch_config(0.0, 1.0)).eval()
    utterances = []
    with RHVoice(chroot) as engine:
        for number, line in enumerate(lines):
            text = _ending(read_aloud(line), number)
            samples, words = engine.speak_timed(for_rhvoice(text), VOICE, RATE_HZ, PACE)
            if len(samples) > RATE_HZ * 0.15:
                utterances.append(_utterance(model, number, text, samples, words))
    pitch = np.concatenate([u.pitch_hz[u.pitch_hz > 0] for u in utterances])
    seconds = sum(len(u.samples) for u in utterances) / RATE_HZ
    LOG.info("%d utterances, %.2f h", len(utterances), seconds / 3600)
    return Speech(utterances, float(pitch.mean()), float(pitch.std()))


def _ending(text: str, number: int) -> str:
    """Most sentences end in punctuation; some do not, since a phrase may be cut anywhere."""
    ending = {1: "", 2: ","}.get(number % 20, ".")
    if text[-1] == "." or text[-1] not in ",!?…":
        return text.rstrip(".") + ending
    return text


def _utterance(
    model: FastPitchModel,
    number: int,
    text: str,
    samples: NDArray[np.int16],
    words: list[TimedWord],
) -> Utterance:
    samples = np.pad(samples, (0, -len(samples) % HOP))
    with torch.no_grad():
        sound = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
        mel, _ = model.preprocessor(input_signal=sound, length=torch.tensor([len(samples)]))
    frames = mel.shape[2]
    tokens = model.vocab.encode(text)
    return Utterance(
        number=number,
        text=text,
        tokens=tokens,
        mel=mel[0].numpy().astype(np.float16),
        pitch_hz=pitch_of(samples, frames),
        samples=samples,
        anchors=_anchors(text, words, len(tokens), frames),
    )


def pitch_of(samples: NDArray[np.int16], frames: int) -> NDArray[np.float32]:
    """Praat's autocorrelation pitch in Hz at the middle of every mel frame, 0 where unvoiced."""
    sound = parselmouth.Sound(np.pad(samples, _PAD).astype(np.float64) / 32768, RATE_HZ)
    step_s = HOP / RATE_HZ
    low, high = _PITCH_HZ
    track = sound.to_pitch_ac(time_step=step_s, pitch_floor=low, pitch_ceiling=high)
    times = track.xs() - _PAD / RATE_HZ
    values = track.selected_array["frequency"]
    nearest = np.searchsorted(times, np.arange(frames) * step_s)
    return np.asarray(values[np.minimum(nearest, len(values) - 1)], dtype=np.float32)


def _anchors(
    text: str, words: list[TimedWord], tokens: int, frames: int
) -> list[tuple[int, float]]:
    """Where words begin, as (token, frame), strictly rising; the ends of the sentence included.

    RHVoice's positions are bytes of its own text, so letters are counted, which both texts share.
    """
    spoken = for_rhvoice(text).encode()
    letters = [index for index, sign in enumerate(text) if sign in LETTERS]
    found = [(0, 0.0)]
    for word in words:
        before = sum(c in LETTERS for c in spoken[: word.byte].decode(errors="ignore"))
        if before >= len(letters):
            continue
        token = letters[before] + 1 - (text[letters[before] - 1 : letters[before]] == "+")
        frame = (word.start_s + _BLOCK_MIDDLE_S) * RATE_HZ / HOP
        if token > found[-1][0] and found[-1][1] < frame < frames:
            found.append((token, frame))
    return [*found, (tokens, float(frames))]
