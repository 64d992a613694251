"""Recordings made on the spot: any container and codec, through PyAV's encoders."""

import io
from typing import Any, cast

import av
import numpy as np

from dialog.content import Samples


def tone(rate_hz: int, seconds: float, hz: float = 440.0, peak: float = 0.3) -> Samples:
    """A sine wave."""
    times = np.arange(round(rate_hz * seconds)) / rate_hz
    return (peak * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def encoded(samples: Samples, rate_hz: int, container: str, codec: str, channels: int = 1) -> bytes:
    """`samples` as a file; with two channels the second one is silent."""
    file = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    with av.open(file, "w", format=container) as output:
        stream = cast(Any, output.add_stream(codec, rate=rate_hz))
        stream.layout = layout
        planes = np.zeros((channels, len(samples)), np.float32)
        planes[0] = samples
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(
            format=stream.format.name,
            layout=layout,
            rate=rate_hz,
            frame_size=stream.codec_context.frame_size or None,
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            output.mux(stream.encode(piece))
    return file.getvalue()


def video_without_sound() -> bytes:
    """A short silent film, in Matroska."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = cast(Any, output.add_stream("mpeg4", rate=10))
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return file.getvalue()
