"""How far made sound is from real sound, as spectra: the vocoder's main loss."""

from dataclasses import dataclass

import torch
from librosa.filters import mel as mel_filters
from torch import Tensor

from recipes.tts.config import HOP, MELS, RATE_HZ

_RESOLUTIONS = ((256, 48), (512, 80), (1024, 160))  # window and hop, samples
_MEL_WEIGHT = 2.0


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
