"""AudioSocket's frames, as Asterisk's `include/asterisk/res_audiosocket.h` defines them.

    kind, 1 byte | length of the payload, 2 bytes, big endian | payload

Sound is 16-bit PCM, little endian, mono; its rate is told by the kind. Knows bytes; knows no
socket.
"""

import struct
from dataclasses import dataclass

from dialog.audio.pcm import from_pcm16, pcm16
from dialog.content import Samples

HANGUP, IDENTITY, DIGIT, ERROR = 0x00, 0x01, 0x03, 0xFF
RATES_HZ = {
    0x10: 8_000, 0x11: 12_000, 0x12: 16_000, 0x13: 24_000, 0x14: 32_000, 0x15: 44_100,
    0x16: 48_000, 0x17: 96_000, 0x18: 192_000,
}  # fmt: skip
KINDS = {rate_hz: kind for kind, rate_hz in RATES_HZ.items()}
MAX_PAYLOAD = 0xFFFF
MISLABELLED_S = 1.0
_HEADER = struct.Struct("!BH")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `payload` is at most 65,535 bytes."""

    kind: int
    payload: bytes = b""

    @property
    def rate_hz(self) -> int | None:
        """The rate of its sound; None where it holds none."""
        return RATES_HZ.get(self.kind)


class FrameDecoder:
    """Bytes in pieces of any length to whole frames. Holds one unfinished frame at most."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def push(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Every kind is let through, known or not."""
        self._rest += data
        frames = []
        start = 0
        while len(self._rest) - start >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._rest, start)
            end = start + _HEADER.size + length
            if len(self._rest) < end:
                break
            frames.append(Frame(kind, bytes(self._rest[start + _HEADER.size : end])))
            start = end
        del self._rest[:start]
        return frames


class Mislabelled:
    """Finds mu-law in frames that say PCM: what Asterisk sends where a channel was dialled without
    `c(slin)`. Then 20 ms are 160 bytes, and only half the bytes of 8 kHz come in a second."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._bytes = 0
        self._possible = True

    def push(self, frame: Frame, at_s: float) -> bool:
        """Whether it is certain by now; `at_s` is when the frame came."""
        self._possible = self._possible and frame.kind == 0x10 and len(frame.payload) == 160
        if not self._possible:
            return False
        if self._since_s is None:
            self._since_s = at_s
            return False
        self._bytes += len(frame.payload)
        passed_s = at_s - self._since_s
        return passed_s >= MISLABELLED_S and self._bytes < 12_000 * passed_s


def encode(frame: Frame) -> bytes:
    """A frame's bytes; raises ValueError where the payload is too long."""
    if len(frame.payload) > MAX_PAYLOAD:
        raise ValueError(f"a frame holds at most {MAX_PAYLOAD} bytes")
    return _HEADER.pack(frame.kind, len(frame.payload)) + frame.payload


def sound(samples: Samples, rate_hz: int) -> Frame:
    """Samples as a frame. Raises ValueError for none: Asterisk ends a call at an empty frame."""
    if not len(samples):
        raise ValueError("an empty frame would end the call")
    return Frame(KINDS[rate_hz], pcm16(samples))


def samples_of(frame: Frame) -> Samples:
    """A sound frame's samples; half a sample at its end is dropped."""
    return from_pcm16(frame.payload)
