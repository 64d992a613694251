"""FastPitch's training: from letters with known durations and pitch to mels. Resumable.

Knows batches, losses and the learning rate. The alignment is made before, in `alignment`.
"""

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from nemo.collections.tts.models import FastPitchModel
from torch import Tensor

from recipes.curves import Curve
from recipes.tts.config import MELS
from recipes.tts.dataset import AlignedUtterance, SpeechCorpus

LOG = logging.getLogger("tts.acoustic")
_RATE = 1e-3
_WARMUP = 200
_SAVE_S = 420
_PROSODY = 0.1


@dataclass(frozen=True, slots=True)
class SpectrogramBatch:
    """Shapes: speaker (B,); text, durations, pitch, text_mask (B, tokens); mel (B, 80, T);
    mel_mask (B, 1, T)."""

    speaker: Tensor
    text: Tensor
    text_mask: Tensor
    durations: Tensor
    pitch: Tensor
    mel: Tensor
    mel_mask: Tensor


@dataclass(frozen=True, slots=True)
class Losses:
    """Mean absolute and squared errors of log mels, of log durations and of scaled pitch."""

    mel_l1: Tensor
    mel_l2: Tensor
    duration: Tensor
    pitch: Tensor

    def total(self) -> Tensor:
        return self.mel_l1 + 0.5 * self.mel_l2 + _PROSODY * (self.duration + self.pitch)

    def values(self) -> list[float]:
        """As numbers, in the order of `NAMES`."""
        return [float(x.detach()) for x in (self.mel_l1, self.mel_l2, self.duration, self.pitch)]


NAMES = tuple(field.name for field in fields(Losses))


def collate(utterances: list[AlignedUtterance], speech: SpeechCorpus, pad: int) -> SpectrogramBatch:
    """Pitch is in deviations from the speaker's mean, 0 where a token has none."""
    rows, most = len(utterances), max(len(u.tokens) for u in utterances)
    longest = max(u.frames for u in utterances)
    text, durations = torch.full((rows, most), pad), torch.zeros(rows, most, dtype=torch.long)
    pitch, text_mask = torch.zeros(rows, most), torch.zeros(rows, most)
    mel, mel_mask = torch.zeros(rows, MELS, longest), torch.zeros(rows, 1, longest)
    for row, utterance in enumerate(utterances):
        tokens, frames, hz = len(utterance.tokens), utterance.frames, utterance.token_pitch_hz()
        who = speech.speakers[utterance.speaker]
        scaled = np.where(hz > 0, (hz - who.pitch_mean_hz) / who.pitch_std_hz, 0.0)
        text[row, :tokens] = torch.tensor(utterance.tokens)
        text_mask[row, :tokens] = 1
        durations[row, :tokens] = torch.from_numpy(np.asarray(utterance.durations))
        pitch[row, :tokens] = torch.from_numpy(scaled.astype(np.float32))
        mel[row, :, :frames] = torch.from_numpy(utterance.mel.astype(np.float32))
        mel_mask[row, :, :frames] = 1
    speaker = torch.tensor([u.speaker for u in utterances])
    return SpectrogramBatch(speaker, text, text_mask, durations, pitch, mel, mel_mask)


def losses(model: FastPitchModel, batch: SpectrogramBatch) -> Losses:
    spectrogram, _, _, log_durations, pitch, *_ = model.fastpitch(
        text=batch.text, durs=batch.durations, pitch=batch.pitch, speaker=batch.speaker
    )
    error = (spectrogram - batch.mel) * batch.mel_mask
    cells, tokens = batch.mel_mask.sum() * MELS, batch.text_mask.sum()
    wanted = torch.log(batch.durations.float() + 1)
    return Losses(
        mel_l1=error.abs().sum() / cells,
        mel_l2=(error**2).sum() / cells,
        duration=((log_durations - wanted) ** 2 * batch.text_mask).sum() / tokens,
        pitch=((pitch - batch.pitch) ** 2 * batch.text_mask).sum() / tokens,
    )


def train(
    model: FastPitchModel, speech: SpeechCorpus, state: Path, *, steps: int, batch_frames: int
) -> None:
    """Train `model` in place to `steps`, going on from `state` where that file exists."""
    weights = [p for n, p in model.fastpitch.named_parameters() if not n.startswith("aligner")]
    optimiser = torch.optim.AdamW(weights, lr=_RATE, betas=(0.9, 0.98), weight_decay=1e-2)
    done = _resume(model, optimiser, state)
    curve, pad, saved = Curve(state, done), model.vocab.pad, time.monotonic()
    heard = [u for u in speech.utterances if not u.held_out]
    batches = _batches(heard or speech.utterances, batch_frames)
    recent: list[list[float]] = []
    while done < steps:
        model.train()
        done += 1
        for group in optimiser.param_groups:
            group["lr"] = rate_at(done, steps)
        found = losses(model, collate(next(batches), speech, pad))
        optimiser.zero_grad()
        torch.autograd.backward(found.total())
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        recent.append(found.values())
        if done % 50 == 0:
            means = dict(zip(NAMES, np.mean(recent, 0), strict=True))
            curve.add(done, rate=rate_at(done, steps), **means)
            LOG.info("FastPitch step %d of %d: %s", done, steps, _line(means))
            recent.clear()
        if time.monotonic() - saved > _SAVE_S or done == steps:
            _save(model, optimiser, state, done)
            found_held = held_out(model, speech)
            curve.add(done, **{f"held_out_{name}": value for name, value in found_held.items()})
            curve.plot()
            LOG.info("FastPitch step %d, held out: %s", done, _line(found_held))
            saved = time.monotonic()
    model.eval()


@torch.no_grad()
def held_out(model: FastPitchModel, speech: SpeechCorpus) -> dict[str, float]:
    """`Losses` of the held-out sentences, given their true durations and pitch."""
    model.eval()
    kept = [u for u in speech.utterances if u.held_out]
    found = [losses(model, collate([u], speech, model.vocab.pad)).values() for u in kept]
    return dict(zip(NAMES, np.mean(found, 0), strict=True))


def _line(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items())


def rate_at(step: int, steps: int) -> float:
    """A linear warm-up, then a half cosine down to 3 %."""
    return _RATE * min(1, step / _WARMUP) * (0.03 + 0.97 * 0.5 * (1 + cos(pi * step / steps)))


def _batches(utterances: list[AlignedUtterance], frames: int) -> Iterator[list[AlignedUtterance]]:
    """Endless batches of utterances of about one length, about `frames` frames together."""
    while True:
        found: list[list[AlignedUtterance]] = [[]]
        for utterance in sorted(utterances, key=lambda u: u.frames + random.uniform(-15, 15)):
            if found[-1] and (len(found[-1]) + 1) * utterance.frames > frames:
                found.append([])
            found[-1].append(utterance)
        random.shuffle(found)
        yield from found


def _resume(model: FastPitchModel, optimiser: torch.optim.Optimizer, state: Path) -> int:
    if not state.exists():
        return 0
    saved = torch.load(state, weights_only=True)
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    return int(saved["step"])


def _save(model: FastPitchModel, optimiser: torch.optim.Optimizer, state: Path, step: int) -> None:
    temporary = state.with_suffix(".tmp")
    content = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
    torch.save(content, temporary)
    temporary.replace(state)
