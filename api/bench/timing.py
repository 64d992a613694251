"""What `bench` and `load` measure alike: where a recording is loud, and how waits are summed up."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dialog.audio.decoding import decode
from dialog.audio.loudness import loud_part
from dialog.content import Samples, Speech

RATE_HZ = 16_000
LOUD = 0.03
"""Of the recording's peak: below that is the room, the breath, the codec."""


def recording(path: Path) -> Samples:
    """A whole recording at 16 kHz; raises BadInput."""
    return np.concatenate(list(decode(path, RATE_HZ)))


def loud_span(samples: Samples) -> tuple[float, float]:
    """Where in a recording its first and last loud 10 ms are, in seconds; of pure silence, and of
    less than 10 ms, its beginning and its end."""
    start, end = loud_part(samples, LOUD * peak(samples), RATE_HZ // 100)
    return (start / RATE_HZ, end / RATE_HZ) if end else (0.0, len(samples) / RATE_HZ)


def onset_s(speech: Speech) -> float:
    """Where the first loud sample of a phrase is, in seconds; of silence, its beginning."""
    start, _ = loud_part(speech.samples, LOUD * peak(speech.samples))
    return start / speech.rate_hz


def peak(samples: Samples) -> float:
    """The largest magnitude, of which full scale is 1; 0 of nothing."""
    return float(np.abs(samples).max(initial=0.0))


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """The median, the 95th and 99th percentile and the largest, in whole milliseconds."""
    if not values:
        return None
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return {"p50": round(p50), "p95": round(p95), "p99": round(p99), "max": round(max(values))}
