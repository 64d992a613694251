"""HiFi-GAN's generator, trained on a CPU without its discriminators. Resumable.

Spectral losses alone leave a slight buzz but give speech within an hour; NeMo's discriminators
(70 M parameters) would take some 8 s a step here. Knows segments and losses.
"""

import logging
import random
import time
from dataclasses import dataclass
from itertools import accumulate
from math import cos, pi
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from librosa.filters import mel as mel_filters
from nemo.collections.tts.models import HifiGanModel
from numpy.typing import NDArray
from torch import Tensor

from models.recipes.tts.config import HOP, MELS, RATE_HZ, hifigan_config
from models.recipes.tts.dataset import Utterance

LOG = logging.getLogger("tts.vocoder")
_RATE = 1e-3
_WARMUP = 100
_BATCH = 8
_SEGMENT = 32  # frames: 0.37 s
_SAVE_S = 420
_RESOLUTIONS = ((256, 48), (512, 80), (1024, 160))  # window and hop, samples
_MEL_WEIGHT = 2.0


class Nothing(torch.nn.Module):
    """Stands for a discriminator; takes and keeps nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()


def build() -> HifiGanModel:
    """The model with an empty module for each discriminator."""
    with patch.multiple(
        "nemo.collections.tts.models.hifigan",
        MultiPeriodDiscriminator=Nothing,
        MultiScaleDiscriminator=Nothing,
    ):
        return HifiGanModel(hifigan_config())


@dataclass(frozen=True, slots=True)
class Spectral:
    """Multi-resolution STFT loss (Parallel WaveGAN, section 2.2) plus a log-mel distance."""

    windows: dict[int, Tensor]
    filters: Tensor

    @classmethod
    def new(cls) -> "Spectral":
        sizes = {size for size, _ in _RESOLUTIONS}
        filters = mel_filters(sr=RATE_HZ, n_fft=1024, n_mels=MELS, fmin=0, fmax=RATE_HZ / 2)
        return cls({s: torch.hann_window(s) for s in sizes}, torch.from_numpy(filters))

    def magnitude(self, sound: Tensor, size: int, hop: int) -> Tensor:
        """(B, samples) to (B, bins, frames)."""
        bins = torch.stft(sound, size, hop, size, self.windows[size], return_complex=True)
        # Under the root: the gradient of a modulus at zero is not a number.
        return (bins.real**2 + bins.imag**2).clamp_min(1e-8).sqrt()

    def log_mel(self, sound: Tensor) -> Tensor:
        return (self.filters @ self.magnitude(sound, 1024, HOP)).clamp_min(1e-5).log()

    def __call__(self, made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """The loss to minimise and, within it, the mean distance of log mels."""
        loss = torch.zeros(())
        for size, hop in _RESOLUTIONS:
            ours, theirs = self.magnitude(made, size, hop), self.magnitude(real, size, hop)
            norm = torch.linalg.norm(theirs, dim=(1, 2)).clamp_min(0.1)
            loss = loss + (torch.linalg.norm(theirs - ours, dim=(1, 2)) / norm).mean()
            logs = ours.clamp_min(1e-4).log() - theirs.clamp_min(1e-4).log()
            loss = loss + logs.abs().mean()
        mel = (self.log_mel(made) - self.log_mel(real)).abs().mean()
        return loss / len(_RESOLUTIONS) + _MEL_WEIGHT * mel, mel


class Segments:
    """Random stretches of mel and sound; an utterance is drawn as often as it is long."""

    def __init__(self, utterances: list[Utterance], mels: dict[int, NDArray[np.float16]]) -> None:
        self._utterances = [u for u in utterances if u.frames > _SEGMENT and not u.held_out]
        self._weights = list(accumulate(u.frames for u in self._utterances))
        self._mels = mels

    def draw(self) -> tuple[Tensor, Tensor]:
        """Mels (B, 80, 32) and sound (B, 32 x 256)."""
        mels, sounds = [], []
        for utterance in random.choices(self._utterances, cum_weights=self._weights, k=_BATCH):
            first = random.randrange(utterance.frames - _SEGMENT)
            mel = self._mels.get(utterance.number, utterance.mel)
            mels.append(mel[:, first : first + _SEGMENT])
            sounds.append(utterance.samples[first * HOP : (first + _SEGMENT) * HOP])
        sound = torch.from_numpy(np.stack(sounds).astype(np.float32) / 32768)
        return torch.from_numpy(np.stack(mels).astype(np.float32)), sound


def train(
    model: HifiGanModel,
    utterances: list[Utterance],
    mels: dict[int, NDArray[np.float16]],
    *,
    state: Path,
    until: int,
    steps: int,
) -> None:
    """Train the generator in place until step `until` of a schedule of `steps`, going on from
    `state` where that file exists.

    `mels` replaces the true mels of the utterances it names, by number: FastPitch's own, so that
    the vocoder learns to undo their smoothness.
    """
    generator, spectral = model.generator, Spectral.new()
    optimiser = torch.optim.AdamW(generator.parameters(), lr=_RATE, betas=(0.8, 0.99))
    done = 0
    if state.exists():
        content = torch.load(state, weights_only=True)
        generator.load_state_dict(content["generator"])
        optimiser.load_state_dict(content["optimiser"])
        done = int(content["step"])
    segments, recent, saved = Segments(utterances, mels), list[float](), time.monotonic()
    while done < until:
        done += 1
        for group in optimiser.param_groups:
            half_cosine = 0.5 * (1 + cos(pi * done / steps))
            group["lr"] = _RATE * min(1, done / _WARMUP) * (0.05 + 0.95 * half_cosine)
        mel, sound = segments.draw()
        loss, distance = spectral(generator(x=mel)[:, 0], sound)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(generator.parameters(), 10.0)
        optimiser.step()
        recent.append(float(distance.detach()))
        if done % 100 == 0:
            LOG.info("step %d mel distance %.4f", done, np.mean(recent))
            recent.clear()
        if time.monotonic() - saved > _SAVE_S or done == until:
            content = {"generator": generator.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**content, "step": done}, state.with_suffix(".tmp"))
            state.with_suffix(".tmp").replace(state)
            saved = time.monotonic()
