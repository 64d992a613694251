"""Audio of any rate and length as whole frames for the detector.

Knows samples and rates; knows nothing of speech.
"""

import numpy as np

from asr.vad import FRAME, RATE_HZ
from dialog.audio.decoding import MAX_RATE_HZ, MIN_RATE_HZ
from dialog.audio.resampling import Resampler
from dialog.clock import now_s
from dialog.content import Samples
from dialog.messages import CallerAudio


class Frames:
    """`push` chunks as they come. `arrived_s` is when the last good one did."""

    def __init__(self) -> None:
        self.arrived_s = 0.0
        self._resampler: Resampler | None = None
        self._rate_hz = 0
        self._rest = np.zeros(0, np.float32)

    def push(self, chunk: CallerAudio) -> list[Samples]:
        """The frames that are whole now. Raises ValueError for what is no audio."""
        samples = np.asarray(chunk.samples)
        if not MIN_RATE_HZ <= chunk.rate_hz <= MAX_RATE_HZ:
            raise ValueError(f"audio at {chunk.rate_hz} Hz cannot be used")
        if samples.ndim != 1 or samples.dtype.kind != "f":
            raise ValueError("audio must be one row of float samples")
        if not np.isfinite(samples).all():
            raise ValueError("audio holds values that are no numbers")
        if self._resampler is None or chunk.rate_hz != self._rate_hz:
            self._resampler, self._rate_hz = Resampler(chunk.rate_hz, RATE_HZ), chunk.rate_hz
        self.arrived_s = now_s()
        loud = np.clip(samples.astype(np.float32), -1.0, 1.0)
        self._rest = np.concatenate((self._rest, self._resampler.push(loud)))
        count = len(self._rest) // FRAME
        whole, self._rest = self._rest[: count * FRAME], self._rest[count * FRAME :].copy()
        return list(whole.reshape(count, FRAME))
