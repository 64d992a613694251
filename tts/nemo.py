"""NeMo's FastPitch and HiFi-GAN behind the `Synthesiser` protocol.

Knows spectrograms and vocoders; knows nothing about sentences or written text. A voice is
only as good as the agreement between what it was trained on and what it is given, so one
that was trained on another version of the voice alphabet is refused.
"""

from typing import Any

import numpy as np

from dialog.content import Samples
from dialog.errors import Unavailable
from models.catalogue import ModelEntry, resolve
from models.loading import restore
from russian.voice import VOICE_TEXT_VERSION, voice_text


def load(entry: ModelEntry, device: str) -> "NemoSynthesiser":
    """Restore a voice and the vocoder that its entry names on a device (see
    `models.loading.pick_device`).

    Raises `Unavailable`, with one line, for a device that is not there, for an entry without a
    vocoder, for a voice of another version of the alphabet, and for what cannot be loaded.
    """
    if not entry.vocoder:
        raise Unavailable(f"voice {entry.id} names no vocoder in the catalogue")
    voice = restore("fastpitch", entry, device)
    check_alphabet(voice, entry.id)
    voice_text("за́мок")  # loads the stress model now and not within the first answer
    return NemoSynthesiser(voice, restore("hifigan", resolve(entry.vocoder), device))


def check_alphabet(voice: Any, name: str) -> None:
    """Raise `Unavailable` unless the voice was trained on this version of `voice_text`."""
    version = voice.cfg.get("voice_text_version")
    if version != VOICE_TEXT_VERSION:
        raise Unavailable(
            f"voice {name} reads voice text version {version}, this is {VOICE_TEXT_VERSION}"
        )


class NemoSynthesiser:
    """A FastPitch model with its vocoder, both in evaluation mode on one device."""

    def __init__(self, voice: Any, vocoder: Any) -> None:
        self.voice = voice
        self.vocoder = vocoder
        self.rate_hz = int(vocoder.cfg.preprocessor.sample_rate)
        self.voices = _voices(voice.cfg)
        self._several = int(voice.cfg.get("n_speakers") or 1) > 1

    def synthesise(self, text: str, voice: str, speed: float) -> Samples:
        """See `tts.synthesiser.Synthesiser`: (n,) float32 in [-1, 1] at `rate_hz`. FastPitch's pace
        divides the durations it predicts. Raises `ValueError` for a voice that is not one of
        `voices`."""
        import torch

        speaker = self.voices.index(voice) if self._several else None
        with torch.inference_mode():
            tokens = self.voice.parse(text, normalize=False)
            mel = self.voice.generate_spectrogram(tokens=tokens, speaker=speaker, pace=speed)
            sound = self.vocoder.convert_spectrogram_to_audio(spec=mel)
        samples: Samples = sound[0].float().cpu().numpy()
        return np.clip(samples, -1.0, 1.0)


def _voices(config: Any) -> tuple[str, ...]:
    """The names in `voice_names`; a checkpoint of one speaker may do without."""
    names = config.get("voice_names")
    if names:
        return tuple(str(name) for name in names)
    count = int(config.get("n_speakers") or 1)
    return ("default",) if count == 1 else tuple(f"speaker{index}" for index in range(count))
