"""Checkpoints as they ship: half precision, no discriminators, restorable without any data.

Also the way back, used for evaluation and for going on from a shipped checkpoint.
"""

from pathlib import Path

import torch
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from nemo.core import ModelPT

from models.loading import connector, without_discriminators

FASTPITCH = "tts-ru-fastpitch.nemo"
HIFIGAN = "tts-ru-hifigan.nemo"


def save(model: ModelPT, path: Path) -> None:
    """Write `model` in half precision; it restores as float32. A reader sees whole files only.

    `model` keeps its own precision, but loses its discriminators if it has any.
    """
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    for discriminator in ("mpd", "msd"):
        if hasattr(model, discriminator):
            delattr(model, discriminator)
    temporary = path.with_name(f"{path.stem}-writing.nemo")
    model.half().save_to(str(temporary))
    temporary.replace(path)
    model.float().load_state_dict(kept)


def restore(folder: Path) -> tuple[FastPitchModel, HifiGanModel]:
    """The pair in `folder`, float32, in evaluation mode, on the CPU."""
    vocoder = restore_hifigan(folder / HIFIGAN)
    vocoder.generator.remove_weight_norm()
    return restore_fastpitch(folder / FASTPITCH).eval(), vocoder.eval()


def restore_fastpitch(path: Path) -> FastPitchModel:
    """As it was trained, float32, on the CPU."""
    return FastPitchModel.restore_from(
        str(path), map_location=torch.device("cpu"), save_restore_connector=connector()
    )


def restore_hifigan(path: Path) -> HifiGanModel:
    """As it was trained, with its weight norms, without discriminators."""
    with without_discriminators():
        return HifiGanModel.restore_from(str(path), map_location=torch.device("cpu"))
