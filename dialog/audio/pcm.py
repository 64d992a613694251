"""Samples as 16-bit PCM, and WAV around it."""

import struct
import tempfile
from pathlib import Path

import numpy as np

from dialog.content import Samples

UNKNOWN_LENGTH = 0xFFFFFFFF


def pcm16(samples: Samples) -> bytes:
    """Little-endian signed 16-bit PCM; what exceeds full scale is clipped."""
    return (np.clip(samples, -1.0, 1.0) * 32767.0).round().astype("<i2").tobytes()


def from_pcm16(data: bytes) -> Samples:
    """Little-endian signed 16-bit PCM to samples; half a sample at the end is dropped."""
    return np.frombuffer(data, "<i2", len(data) // 2).astype(np.float32) / np.float32(32768)


def wav_header(rate_hz: int, data_bytes: int | None = None) -> bytes:
    """The 44 bytes before mono PCM16; without a length, those of a stream still running."""
    size = UNKNOWN_LENGTH if data_bytes is None else data_bytes
    riff = UNKNOWN_LENGTH if data_bytes is None else 36 + data_bytes
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def wav_bytes(samples: Samples, rate_hz: int) -> bytes:
    """A complete mono PCM16 WAV file."""
    data = pcm16(samples)
    return wav_header(rate_hz, len(data)) + data


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write a WAV at once: `path` holds the old file or the whole new one, never a half."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(wav_bytes(samples, rate_hz))
            file.close()
            part.chmod(0o644)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
