"""HiFi-GAN's generator, trained on a CPU: spectral losses first, then light discriminators too.

NeMo's own discriminators (70 M parameters) would take some 8 s a step here; `discriminators` are
a hundred times lighter and hear half of each batch. Resumable. Knows segments and the order.
"""

import logging
import random
import time
from itertools import accumulate
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nemo.collections.tts.models import HifiGanModel
from numpy.typing import NDArray
from torch import Tensor

from models.loading import without_discriminators
from recipes.curves import Curve
from recipes.tts.config import HOP, hifigan_config
from recipes.tts.dataset import AlignedUtterance
from recipes.tts.discriminators import Discriminators
from recipes.tts.spectral import Spectral

LOG = logging.getLogger("tts.vocoder")
_RATE = 1e-3
_WARM_RATE = 5e-4
_WARMUP = 100
_BATCH = 8
_JUDGED = _BATCH // 2
_SEGMENT = 32  # frames: 0.37 s
_SAVE_S = 420
_SPECTRAL_WEIGHT = 10.0
_MATCHING_WEIGHT = 2.0
_HELD_OUT_FRAMES = 160


def build() -> HifiGanModel:
    """The model with an empty module for each discriminator."""
    with without_discriminators():
        return HifiGanModel(hifigan_config())


class Segments:
    """Random stretches of mel and sound; an utterance is drawn as often as it is long."""

    def __init__(
        self, utterances: list[AlignedUtterance], mels: dict[int, NDArray[np.float16]]
    ) -> None:
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


class Training:
    """The generator, its judges and both optimisers; `advance` is one step."""

    def __init__(self, model: HifiGanModel, state: Path) -> None:
        self.generator, self.judges = model.generator, Discriminators()
        self.spectral, self.state, self.step = Spectral.new(), state, 0
        self.optimiser = torch.optim.AdamW(self.generator.parameters(), betas=(0.8, 0.99))
        self.judges_optimiser = torch.optim.AdamW(self.judges.parameters(), betas=(0.8, 0.99))
        if state.exists():
            content = torch.load(state, weights_only=True)
            for name, part in self._parts().items():
                part.load_state_dict(content[name])
            self.step = int(content["step"])

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "judges": self.judges,
            "optimiser": self.optimiser,
            "judges_optimiser": self.judges_optimiser,
        }

    def save(self) -> None:
        content = {name: part.state_dict() for name, part in self._parts().items()}
        temporary = self.state.with_suffix(".tmp")
        torch.save({**content, "step": self.step}, temporary)
        temporary.replace(self.state)

    def advance(self, mel: Tensor, sound: Tensor, rate: float, *, judged: bool) -> dict[str, float]:
        """One step of the generator and, if `judged`, of the discriminators; what it measured."""
        self.step += 1
        for optimiser in (self.optimiser, self.judges_optimiser):
            for group in optimiser.param_groups:
                group["lr"] = rate
        made = self.generator(x=mel)[:, 0]
        found = self._teach_judges(made.detach(), sound) if judged else {}
        loss, distance = self.spectral(made, sound)
        if judged:
            verdict, matching = self.judges.generator_loss(made[:_JUDGED], sound[:_JUDGED])
            loss = _SPECTRAL_WEIGHT * loss + _MATCHING_WEIGHT * matching + verdict
            found |= {"verdict": float(verdict.detach()), "matching": float(matching.detach())}
        _descend(self.optimiser, loss)
        return {"mel_distance": float(distance.detach()), **found}

    def _teach_judges(self, made: Tensor, sound: Tensor) -> dict[str, float]:
        loss = self.judges.own_loss(made[:_JUDGED], sound[:_JUDGED])
        _descend(self.judges_optimiser, loss)
        return {"judges": float(loss.detach())}


def train(
    model: HifiGanModel,
    utterances: list[AlignedUtterance],
    mels: dict[int, NDArray[np.float16]],
    state: Path,
    *,
    steps: int,
    spectral_steps: int,
    warm: bool,
) -> None:
    """Train the generator in place to `steps`, the first `spectral_steps` without discriminators,
    going on from `state` where that file exists. `warm`: the weights were trained before.

    `mels` replaces the true mels of the utterances it names, by number: FastPitch's own, so that
    the vocoder learns to undo their smoothness.
    """
    training = Training(model, state)
    segments, recent = Segments(utterances, mels), list[dict[str, float]]()
    curve, saved = Curve(state, training.step), time.monotonic()
    while training.step < steps:
        rate = rate_at(training.step + 1, steps, _WARM_RATE if warm else _RATE)
        judged = training.step >= spectral_steps
        recent.append(training.advance(*segments.draw(), rate, judged=judged))
        done = training.step
        if done % 50 == 0:
            means = {n: float(np.mean([r[n] for r in recent if n in r])) for n in recent[-1]}
            curve.add(done, rate=rate, **means)
            described = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
            LOG.info("HiFi-GAN step %d of %d: %s", done, steps, described)
            recent.clear()
        if time.monotonic() - saved > _SAVE_S or done == steps:
            training.save()
            distance = held_out(training, utterances, mels)
            curve.add(done, held_out_mel_distance=distance)
            curve.plot()
            LOG.info("HiFi-GAN step %d, held out: mel distance %.4f", done, distance)
            saved = time.monotonic()


@torch.no_grad()
def held_out(
    training: Training, utterances: list[AlignedUtterance], mels: dict[int, NDArray[np.float16]]
) -> float:
    """The mean distance of log mels over the beginnings of the held-out sentences."""
    found = []
    for utterance in (u for u in utterances if u.held_out):
        mel = mels.get(utterance.number, utterance.mel)[:, :_HELD_OUT_FRAMES]
        sound = utterance.samples[: mel.shape[1] * HOP].astype(np.float32) / 32768
        made = training.generator(x=torch.from_numpy(mel.astype(np.float32))[None])[:, 0]
        found.append(float(training.spectral(made, torch.from_numpy(sound)[None])[1]))
    return float(np.mean(found))


def rate_at(step: int, steps: int, peak: float) -> float:
    """A linear warm-up, then a half cosine down to 5 %."""
    half_cosine = 0.5 * (1 + cos(pi * step / steps))
    return peak * min(1, step / _WARMUP) * (0.05 + 0.95 * half_cosine)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    for group in optimiser.param_groups:
        torch.nn.utils.clip_grad_norm_(group["params"], 10.0)
    optimiser.step()
