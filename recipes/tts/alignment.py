"""How long each letter lasts: NeMo's aligner, trained alone before FastPitch.

Aligning first and once makes every later step a plain FastPitch step with known durations, several
times cheaper on a CPU than learning both together. RHVoice's word times shape the prior, so that
the alignment is sharp after some hundred steps.
"""

import logging
import random

import numpy as np
import torch
from nemo.collections.tts.losses.aligner_loss import BinLoss, ForwardSumLoss
from nemo.collections.tts.models import FastPitchModel
from nemo.collections.tts.parts.utils.helpers import binarize_attention_parallel
from numpy.typing import NDArray
from torch import Tensor

from recipes.tts.config import MELS
from recipes.tts.dataset import AlignedUtterance

LOG = logging.getLogger("tts.alignment")
_BATCH = 8
_SPREAD_TOKENS = 3.0
_FLOOR = 1e-3
_RATE = 2e-3
_SILENCE = -11.52


def train_aligner(model: FastPitchModel, utterances: list[AlignedUtterance], steps: int) -> None:
    """Train the aligner and the letter embedding of `model` in place."""
    aligner, embedding = model.fastpitch.aligner, model.fastpitch.encoder.word_emb
    aligner.dist_fn = squared_distance
    weights = [*embedding.parameters(), *aligner.parameters()]
    optimiser = torch.optim.Adam(weights, lr=_RATE, betas=(0.9, 0.98))
    forward_sum, binary = ForwardSumLoss(), BinLoss()
    # The longest quarter costs most and teaches nothing new.
    order = sorted(utterances, key=lambda u: u.frames)[: max(_BATCH, len(utterances) * 3 // 4)]
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1, (step + 1) / 30) * (1 if step < 0.6 * steps else 0.3)
        first = random.randrange(max(1, len(order) - _BATCH + 1))
        soft, log_probs, tokens, frames = _attend(model, order[first : first + _BATCH])
        loss = forward_sum(attn_logprob=log_probs, in_lens=tokens, out_lens=frames)
        if step > 0.3 * steps:
            hard = binarize_attention_parallel(soft, tokens, frames)
            loss = loss + binary(hard_attention=hard, soft_attention=soft)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 5.0)
        optimiser.step()
        if step % 100 == 99:
            LOG.info("aligner step %d loss %.3f", step + 1, float(loss.detach()))


@torch.no_grad()
def align(model: FastPitchModel, utterances: list[AlignedUtterance]) -> float:
    """Set `durations` of every utterance; the mean probability of the likeliest letter, which
    is 1 for a perfectly sharp alignment."""
    sharpness = []
    order = sorted(utterances, key=lambda u: u.frames)
    for first in range(0, len(order), _BATCH):
        batch = order[first : first + _BATCH]
        soft, _, tokens, frames = _attend(model, batch)
        hard = binarize_attention_parallel(soft, tokens, frames)
        for row, utterance in enumerate(batch):
            durations = hard[row, 0].sum(0)[: len(utterance.tokens)]
            utterance.durations = durations.long().numpy()
            sharpness.append(float(soft[row, 0, : utterance.frames].amax(-1).mean()))
    return float(np.mean(sharpness))


def squared_distance(keys_enc: Tensor, queries_enc: Tensor) -> Tensor:
    """NeMo's distance of (B, C, text) and (B, C, frames) as one product: the same values,
    (B, 1, frames, text), without its (B, C, frames, text) intermediate; four times faster."""
    queries = queries_enc.transpose(1, 2)
    squares = (queries**2).sum(2)[:, :, None] + (keys_enc**2).sum(1)[:, None]
    return (squares - 2 * queries @ keys_enc)[:, None]


def prior(utterance: AlignedUtterance) -> NDArray[np.float64]:
    """Where each frame's letter is expected, (frames, tokens): a bell around the straight line
    between word beginnings."""
    tokens, frames = zip(*utterance.anchors, strict=True)
    expected = np.interp(np.arange(utterance.frames) + 0.5, frames, tokens) - 0.5
    away = np.arange(len(utterance.tokens))[None] - expected[:, None]
    bell: NDArray[np.float64] = np.exp(-0.5 * (away / _SPREAD_TOKENS) ** 2) + _FLOOR
    return bell


def _attend(
    model: FastPitchModel, batch: list[AlignedUtterance]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    longest, most = max(u.frames for u in batch), max(len(u.tokens) for u in batch)
    mel = torch.full((len(batch), MELS, longest), _SILENCE)
    text = torch.full((len(batch), most), model.vocab.pad)
    priors = torch.zeros(len(batch), longest, most)
    for row, utterance in enumerate(batch):
        frames, tokens = utterance.frames, len(utterance.tokens)
        mel[row, :, :frames] = torch.from_numpy(utterance.mel.astype(np.float32))
        text[row, :tokens] = torch.tensor(utterance.tokens)
        priors[row, :frames, :tokens] = torch.from_numpy(prior(utterance))
    keys = model.fastpitch.encoder.word_emb(text).transpose(1, 2)
    padding = (text == model.vocab.pad)[:, :, None]
    soft, log_probs = model.fastpitch.aligner(mel, keys, padding, priors)
    counts = torch.tensor([len(u.tokens) for u in batch])
    return soft, log_probs, counts, torch.tensor([u.frames for u in batch])
