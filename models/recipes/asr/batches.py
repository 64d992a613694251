"""Batches of synthetic speech: which utterances come next, and what is done to their sound.

The curriculum starts with short, clean speech. Noise, gain and a telephone line come later and
little by little: all at once threw a converging run back. Knows nothing of the network.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.recipes.asr.speech_data import RATE_HZ, SpeechFolder, Utterance

_POOL = 480
_GRID = RATE_HZ // 5


@dataclass(frozen=True, slots=True)
class Batch:
    audio: Tensor  # (B, samples) float32, zero-padded
    lengths: Tensor  # (B,) samples
    texts: list[str]
    seconds: float


def mu_law(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """An 8 kHz mu-law telephone line, still at 16 kHz: band limit and 8-bit companding."""
    spectrum = np.fft.rfft(audio)
    spectrum[int(len(spectrum) * 3700 / (RATE_HZ / 2)) :] = 0
    narrow = np.fft.irfft(spectrum, len(audio))
    folded = np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256)
    coarse = np.round(folded * 127) / 127
    wide = np.sign(coarse) * (256 ** np.abs(coarse) - 1) / 255
    return np.asarray(wide, dtype=np.float32)


def coloured_noise(samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of unit power between white and brown."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    spectrum *= (1 + np.arange(len(spectrum))) ** -rng.uniform(0, 0.9)
    noise = np.fft.irfft(spectrum, samples)
    return np.asarray(noise / (noise.std() + 1e-9), dtype=np.float32)


def disturb(
    audio: NDArray[np.float32], level: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Silence around, gain, noise and a telephone line, each more likely as `level` nears 1."""
    before, after = rng.integers(0, int(RATE_HZ * 0.3), 2)
    audio = np.pad(audio, (int(before), int(after)))
    if rng.random() < level:
        audio = audio * np.float32(10 ** rng.uniform(-1.0, 0.15))
    if rng.random() < 0.5 * level:
        quieter_db = rng.uniform(30 - 20 * level, 40)
        power = audio.std() * 10 ** (-quieter_db / 20)
        audio = audio + power * coloured_noise(len(audio), rng)
    if rng.random() < 0.9 * level:
        audio = mu_law(audio)
    return np.clip(audio, -1, 1)


def _grouped(pool: list[Utterance], seconds: float) -> Iterator[list[Utterance]]:
    """`pool` by length, in groups of `seconds` of padded audio."""
    group: list[Utterance] = []
    for utterance in sorted(pool, key=lambda u: u.samples):
        if group and (len(group) + 1) * (utterance.duration_s + 0.2) > seconds:
            yield group
            group = []
        group.append(utterance)
    if len(group) > 3:
        yield group


class Curriculum:
    """Endless batches from a growing folder: the least used utterances first."""

    def __init__(self, folder: SpeechFolder, batch_s: float, seed: int) -> None:
        self._folder, self._batch_s = folder, batch_s
        self._rng = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self.used: dict[tuple[str, int], int] = {}
        self.longest_s = 2.5
        self.level = 0.0
        self._queue: list[list[Utterance]] = []

    def _fill(self) -> None:
        self._folder.refresh()
        fit = [u for u in self._folder.utterances if u.duration_s <= self.longest_s]
        fit.sort(key=lambda u: (self.used.get((u.shard, u.offset), 0), self._rng.random()))
        pool = fit[:_POOL]
        for u in pool:
            self.used[(u.shard, u.offset)] = self.used.get((u.shard, u.offset), 0) + 1
        self._queue = list(_grouped(pool, self._batch_s))
        self._rng.shuffle(self._queue)

    def next(self) -> Batch:
        while not self._queue:
            self._fill()
        group = self._queue.pop()
        audio = [disturb(self._folder.samples(u), self.level, self._noise) for u in group]
        return collate(audio, [u.text for u in group])


def collate(audio: list[NDArray[np.float32]], texts: list[str]) -> Batch:
    longest = -(-max(len(a) for a in audio) // _GRID) * _GRID
    padded = torch.zeros(len(audio), longest)
    for row, samples in zip(padded, audio, strict=True):
        row[: len(samples)] = torch.from_numpy(samples)
    lengths = torch.tensor([len(a) for a in audio])
    return Batch(padded, lengths, texts, float(lengths.sum()) / RATE_HZ)
