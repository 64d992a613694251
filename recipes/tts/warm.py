"""Going on from a pair that was trained before: its weights into new models.

Speakers are known by name: one that the pair had keeps its embedding; a new one begins near the
first. A pair made for a single speaker had no embedding at all, which is an embedding of zeros.
"""

from pathlib import Path

import torch
from nemo.collections.tts.models import FastPitchModel, HifiGanModel

from recipes.tts.export import FASTPITCH, HIFIGAN, restore_fastpitch, restore_hifigan

_SPEAKERS = "fastpitch.speaker_emb.weight"
_NEW_SPREAD = 0.1


def warm_fastpitch(model: FastPitchModel, folder: Path) -> None:
    """Give `model` the weights in `folder`, speaker by speaker."""
    donor = restore_fastpitch(folder / FASTPITCH)
    weights, had = donor.state_dict(), list(donor.cfg.get("voice_names") or ())
    for name in ("fastpitch.pitch_mean", "fastpitch.pitch_std"):
        weights[name] = model.state_dict()[name]
    ours = model.state_dict().get(_SPEAKERS)
    if ours is None:
        # What every layer was given beside its input is lost, and soon learnt anew.
        weights.pop(_SPEAKERS, None)
        model.load_state_dict(weights)
        return
    known = weights.get(_SPEAKERS, torch.zeros(1, ours.shape[1]))
    rows = known[:1] + _NEW_SPREAD * torch.randn_like(ours)
    for index, name in enumerate(model.cfg.voice_names):
        if name in had or (not had and index == 0):
            rows[index] = known[had.index(name) if had else 0]
    model.load_state_dict({**weights, _SPEAKERS: rows})


def warm_hifigan(model: HifiGanModel, folder: Path) -> None:
    """Give `model` the generator in `folder`."""
    model.generator.load_state_dict(restore_hifigan(folder / HIFIGAN).generator.state_dict())
