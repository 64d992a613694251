"""G.711, a telephone's two codes of one byte a sample: mu-law and A-law (ITU-T G.711, 1988)."""

import numpy as np

from dialog.content import Samples


def mulaw_decode(data: bytes) -> Samples:
    """G.711 mu-law bytes, (n,), to as many samples in [-1, 1] (ITU-T G.711, table 2a)."""
    return _mulaw_table()[np.frombuffer(data, np.uint8)]


def mulaw_encode(samples: Samples) -> bytes:
    """Samples, (n,) float32, to n G.711 mu-law bytes: sign, three bits of exponent, four of
    mantissa, inverted. What exceeds full scale, [-1, 1], is clipped; the rate stays."""
    linear = (np.clip(samples, -1.0, 1.0) * 32767.0).round().astype(np.int32)
    sign = np.where(linear < 0, 0x80, 0)
    # 33 << 2 is the bias in 16-bit units; 32635 is the largest magnitude that stays in range.
    magnitude = np.minimum(np.abs(linear), 32635) + 132
    exponent = np.frexp(magnitude.astype(np.float64))[1] - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    codes = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return bytes(codes.astype(np.uint8))


def _mulaw_table() -> Samples:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((codes & 0x0F) << 3) + 132) << ((codes >> 4) & 7)) - 132
    return (np.where(codes & 0x80, -magnitude, magnitude) / 32768.0).astype(np.float32)


def alaw_decode(data: bytes) -> Samples:
    """G.711 A-law bytes, (n,), to as many samples in [-1, 1] (ITU-T G.711, table 1a)."""
    return _alaw_table()[np.frombuffer(data, np.uint8)]


def alaw_encode(samples: Samples) -> bytes:
    """Samples, (n,) float32, to n G.711 A-law bytes: sign, three bits of exponent, four of
    mantissa; even bits inverted. What exceeds full scale, [-1, 1], is clipped; the rate stays."""
    linear = (np.clip(samples, -1.0, 1.0) * 32767.0).round().astype(np.int32) >> 3
    sign = np.where(linear >= 0, 0x80, 0)
    magnitude = np.where(linear >= 0, linear, -linear - 1)
    exponent = np.maximum(np.frexp(magnitude.astype(np.float64))[1] - 5, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 0x0F
    return bytes(((sign | (exponent << 4) | mantissa) ^ 0x55).astype(np.uint8))


def _alaw_table() -> Samples:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = (codes >> 4) & 7
    magnitude = ((codes & 0x0F) << 4) + np.where(exponent, 0x108, 8)
    magnitude <<= np.maximum(exponent - 1, 0)
    return (np.where(codes & 0x80, magnitude, -magnitude) / 32768.0).astype(np.float32)
