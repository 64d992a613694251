"""Another sample rate, in a stream or at once."""

import numpy as np
import soxr

from dialog.content import Samples


class Resampler:
    """Streaming rate conversion: `push` blocks, then `flush` for the filter's tail."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1)

    def push(self, samples: Samples) -> Samples:
        """What can be said so far, shape (m,); may be empty."""
        return samples if self._stream is None else self._convert(samples, last=False)

    def flush(self) -> Samples:
        """The last samples; the resampler is spent afterwards."""
        empty = np.zeros(0, np.float32)
        return empty if self._stream is None else self._convert(empty, last=True)

    def _convert(self, samples: Samples, last: bool) -> Samples:
        assert self._stream is not None
        block = np.ascontiguousarray(samples, np.float32)
        return np.asarray(self._stream.resample_chunk(block, last=last), np.float32)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """A whole array at another rate; itself where the rates are equal."""
    if from_hz == to_hz:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), np.float32)
