"""A keypad's tones within sound (ITU-T Q.23): found, and replaced by silence.

Exchanges tell keys beside the sound, yet a rest of the tone, or all of it, may come with it: a
recogniser would make words of it. Knows samples; which key it was is told by the exchange.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dialog.content import Samples
from dialog.messages import CallerAudio

LOW_HZ, HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
TONE_FRAME_S = 0.02
# Of all the energy of 20 ms: so much lies in one low and one high tone, which no frame of the
# sample questions reaches. Once a tone has begun, half a frame of it is enough.
SHARE, SHARE_AFTER = 0.85, 0.5
EACH = 0.08
# Telephones may be off by 1.5 %: each tone is looked for below and above its place, too.
OFF = 0.012
QUIETEST_RMS = 0.003


def is_key(frame: Samples, rate_hz: int, share: float = SHARE) -> bool:
    """Whether about 20 ms of sound, (n,) float32, are a key's two tones and hardly anything else:
    `share` of their energy, 1 being all of it. What is softer than `QUIETEST_RMS` is none."""
    energy = float(np.dot(frame, frame))
    if energy < QUIETEST_RMS**2 * len(frame):
        return False
    waves = _waves(len(frame), rate_hz)
    # A steady tone of amplitude A has |X| = A n / 2 and energy A^2 n / 2: its share is 1.
    shares = np.abs(waves @ frame) ** 2 * 2 / (len(frame) * energy)
    low, high = (float(group.max()) for group in np.split(shares, 2))
    return low + high > share and min(low, high) > EACH


class KeyGate:
    """Lets a caller's sound through, without the tones of keys."""

    def __init__(self) -> None:
        self._within = False

    def push(self, audio: CallerAudio) -> CallerAudio:
        """The same sound, in whatever pieces it comes."""
        size = round(audio.rate_hz * TONE_FRAME_S)
        samples = audio.samples
        for start in range(0, len(samples) - size // 2 + 1, size):
            frame = samples[start : start + size]
            before = self._within
            self._within = is_key(frame, audio.rate_hz, SHARE_AFTER if before else SHARE)
            if self._within or before:  # a tone ends within a frame
                samples = samples.copy() if samples is audio.samples else samples
                samples[start : start + size] = 0.0
        return audio if samples is audio.samples else CallerAudio(samples, audio.rate_hz)


@lru_cache(maxsize=16)
def _waves(length: int, rate_hz: int) -> NDArray[np.complex64]:
    times_s = np.arange(length) / rate_hz
    heights_hz = np.outer(LOW_HZ + HIGH_HZ, 1 + OFF * np.array([-1, 0, 1])).reshape(-1, 1)
    return np.exp(-2j * np.pi * heights_hz * times_s).astype(np.complex64)
