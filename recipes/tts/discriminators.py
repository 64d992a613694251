"""Light discriminators for the vocoder: what tells made sound from real, a quarter as wide as
HiFi-GAN's so that a CPU can afford them. They are needed while training only.

By period as in HiFi-GAN (Kong et al. 2020, section 2.3), by spectrogram as in UnivNet (Jang et al.
2021, section 2.3). The losses are those of least squares and of feature matching.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad
from torch.nn.utils.parametrizations import weight_norm

_PERIODS = (2, 3, 5, 7, 11)
_PERIOD_CHANNELS = (8, 32, 96, 192)
_RESOLUTIONS = ((1024, 120), (2048, 240), (512, 50))  # window and hop, samples
_SPECTRUM_CHANNELS = 16
_SLOPE = 0.1

FeatureMaps = list[Tensor]


class ByPeriod(nn.Module):
    """Every `period`-th sample side by side: what is periodic stands in rows."""

    def __init__(self, period: int) -> None:
        super().__init__()
        self.period = period
        widths = (1, *_PERIOD_CHANNELS)
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0))) for a, b in pairwise(widths)
        )
        self.last = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), 1, (1, 0)))

    def forward(self, sound: Tensor) -> FeatureMaps:
        """(B, samples) to the layers' outputs, the verdict last."""
        sound = pad(sound, (0, -sound.shape[1] % self.period))
        hidden = sound.reshape(len(sound), 1, -1, self.period)
        return _through(hidden, self.layers, self.last)


class BySpectrum(nn.Module):
    """A magnitude spectrogram as a picture."""

    def __init__(self, window: int, hop: int) -> None:
        super().__init__()
        self.size, self.hop = window, hop
        self.window = nn.Buffer(torch.hann_window(window))
        wide = _SPECTRUM_CHANNELS
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(1 if i == 0 else wide, wide, (7, 3), (stride, 2), (3, 1)))
            for i, stride in enumerate((4, 2, 2))
        )
        self.last = weight_norm(nn.Conv2d(wide, 1, (3, 3), 1, (1, 1)))

    def forward(self, sound: Tensor) -> FeatureMaps:
        """(B, samples) to the layers' outputs, the verdict last."""
        bins = torch.stft(sound, self.size, self.hop, self.size, self.window, return_complex=True)
        magnitude = (bins.real**2 + bins.imag**2).clamp_min(1e-8).sqrt()
        return _through(magnitude[:, None], self.layers, self.last)


class Discriminators(nn.Module):
    """All of them."""

    def __init__(self) -> None:
        super().__init__()
        spectra = [BySpectrum(window, hop) for window, hop in _RESOLUTIONS]
        self.all = nn.ModuleList([*(ByPeriod(p) for p in _PERIODS), *spectra])

    def forward(self, sound: Tensor) -> list[FeatureMaps]:
        return [one(sound) for one in self.all]

    def own_loss(self, made: Tensor, real: Tensor) -> Tensor:
        """What the discriminators minimise; `made` is detached by the caller."""
        loss = torch.zeros(())
        for ours, theirs in zip(self(made), self(real), strict=True):
            loss = loss + (ours[-1] ** 2).mean() + ((theirs[-1] - 1) ** 2).mean()
        return loss / len(self.all)

    def generator_loss(self, made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """How far the made sound is found out, and the mean distance of inner features."""
        with torch.no_grad():
            wanted = self(real)
        verdict = matching = torch.zeros(())
        for ours, theirs in zip(self(made), wanted, strict=True):
            verdict = verdict + ((ours[-1] - 1) ** 2).mean()
            for mine, its in zip(ours[:-1], theirs[:-1], strict=True):
                matching = matching + (mine - its).abs().mean() / its.abs().mean().clamp_min(1e-3)
        return verdict / len(self.all), matching / len(self.all)


def _through(hidden: Tensor, layers: nn.ModuleList, last: nn.Module) -> FeatureMaps:
    features = []
    for layer in layers:
        hidden = leaky_relu(layer(hidden), _SLOPE)
        features.append(hidden)
    return [*features, last(hidden)]
