"""Batches of synthetic speech: which utterances come next, and what is done to their sound.

The curriculum starts with short, clean speech. Noise, rooms and telephone lines come later and
little by little: all at once threw a converging run back. Knows nothing of the network.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.signal import fftconvolve
from torch import Tensor

from dialog.audio import codecs
from dialog.audio.line import coloured_noise, packet_loss
from recipes.asr.speech_data import RATE_HZ, RECORDINGS, LabelledUtterance, SpeechFolder

_POOL = 480
_GRID = RATE_HZ // 5


@dataclass(frozen=True, slots=True)
class SpeechBatch:
    audio: Tensor  # (B, samples) float32, zero-padded
    lengths: Tensor  # (B,) samples
    texts: list[str]
    seconds: float


def _as_loud_as(audio: NDArray[np.float32], changed: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(changed * audio.std() / (changed.std() + 1e-9), dtype=np.float32)


def reverberation(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """A room: the sound itself, and a noise that dies away within 0.1 to 0.6 s behind it."""
    fades_s, near = rng.uniform(0.1, 0.6), rng.uniform(0.3, 1.5)
    time_s = np.arange(int(RATE_HZ * fades_s)) / RATE_HZ
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / fades_s)
    tail[: RATE_HZ // 500] = 0
    tail *= near / (np.sqrt((tail**2).sum()) + 1e-9)
    tail[0] = 1
    return _as_loud_as(audio, fftconvolve(audio, tail.astype(np.float32))[: len(audio)])


def random_line(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Some telephone or internet line; mu-law stands in for GSM where libgsm is not installed."""
    kind = rng.random()
    if kind < 0.4:
        return codecs.mu_law(audio)
    if kind < 0.65:
        return codecs.a_law(audio)
    if kind < 0.85:
        return codecs.gsm(audio) if codecs.has_gsm() else codecs.mu_law(audio)
    return codecs.opus(audio, int(rng.integers(8, 17)) * 1000)


def another_throat(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Played slower or faster: pitch and formants move together, as from a larger or smaller head.

    RHVoice's own pitch leaves the formants where they are, so five voices stay five throats.
    """
    larger = soxr.resample(audio, RATE_HZ * rng.uniform(0.85, 1.18), RATE_HZ, quality="LQ")
    return np.asarray(larger, dtype=np.float32)


def another_timbre(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Another mouth and microphone: eight bands, evenly apart by ear, louder or softer by 4 dB
    (standard deviation)."""
    fast = next_fast_len(len(audio), real=True)
    hertz = rfftfreq(fast, 1 / RATE_HZ)
    centres = np.geomspace(100, RATE_HZ / 2, 8)
    gain_db = np.interp(np.log(hertz + 1), np.log(centres), rng.normal(0, 4, len(centres)))
    gain = (10 ** (gain_db / 20)).astype(np.float32)
    return _as_loud_as(audio, irfft(rfft(audio, fast) * gain, fast)[: len(audio)])


def disturb(
    audio: NDArray[np.float32], level: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Another throat and timbre, silence around, a room, noise, a line and gain.

    Each is more likely, and stronger, as `level` nears 1.
    """
    if rng.random() < 0.8 * level:
        audio = another_throat(audio, rng)
    if rng.random() < 0.7 * level:
        audio = another_timbre(audio, rng)
    before, after = rng.integers(0, int(RATE_HZ * 0.4), 2)
    audio = np.pad(audio, (int(before), int(after)))
    if rng.random() < 0.3 * level:
        audio = reverberation(audio, rng)
    if rng.random() < 0.6 * level:
        quieter_db = rng.uniform(28 - 26 * level, 40)
        audio = audio + audio.std() * 10 ** (-quieter_db / 20) * coloured_noise(len(audio), rng)
    if rng.random() < 0.7 * level:
        audio = random_line(np.asarray(audio, dtype=np.float32), rng)
    if rng.random() < 0.15 * level:
        audio = packet_loss(audio, rng, rng.uniform(0.01, 0.05), conceal=rng.random() < 0.5)
    if rng.random() < 0.3 + level:
        audio = audio * np.float32(10 ** rng.uniform(-1.2, 0.2))
    return np.asarray(np.clip(audio, -1, 1), dtype=np.float32)


def _grouped(pool: list[LabelledUtterance], seconds: float) -> Iterator[list[LabelledUtterance]]:
    """`pool` by length, in groups of `seconds` of padded audio; a last one of three is not worth a
    step, unless it is all there is."""
    group: list[LabelledUtterance] = []
    whole = len(pool)
    for utterance in sorted(pool, key=lambda u: u.samples):
        if group and (len(group) + 1) * (utterance.duration_s + 0.2) > seconds:
            yield group
            group = []
        group.append(utterance)
    if len(group) > 3 or len(group) == whole:
        yield group


class Curriculum:
    """Endless batches from a growing folder: the least used utterances first. A user's own
    recordings come `favour` times as often as the others."""

    def __init__(
        self, folder: SpeechFolder, batch_s: float, seed: int, favour: float = 1.0
    ) -> None:
        self._folder, self._batch_s, self._favour = folder, batch_s, favour
        self._rng = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self.used: dict[tuple[str, int], float] = {}
        self.longest_s = 2.5
        self.level = 0.0
        self._queue: list[list[LabelledUtterance]] = []

    def _fill(self) -> None:
        self._folder.refresh()
        fit = [u for u in self._folder.utterances if u.duration_s <= self.longest_s]
        fit.sort(key=lambda u: (self.used.get((u.shard, u.offset), 0), self._rng.random()))
        pool = fit[:_POOL]
        for u in pool:
            turn = 1 / self._favour if u.kind == RECORDINGS else 1
            self.used[(u.shard, u.offset)] = self.used.get((u.shard, u.offset), 0) + turn
        self._queue = list(_grouped(pool, self._batch_s))
        self._rng.shuffle(self._queue)

    def next(self) -> SpeechBatch:
        while not self._queue:
            self._fill()
        group = self._queue.pop()
        audio = [disturb(self._folder.samples(u), self.level, self._noise) for u in group]
        return collate(audio, [u.text for u in group])


def collate(audio: list[NDArray[np.float32]], texts: list[str]) -> SpeechBatch:
    longest = -(-max(len(a) for a in audio) // _GRID) * _GRID
    padded = torch.zeros(len(audio), longest)
    for row, samples in zip(padded, audio, strict=True):
        row[: len(samples)] = torch.from_numpy(samples)
    lengths = torch.tensor([len(a) for a in audio])
    return SpeechBatch(padded, lengths, texts, float(lengths.sum()) / RATE_HZ)
