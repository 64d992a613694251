"""How sound crosses a wire: its rate, and the way from samples to bytes and back."""

from collections.abc import Callable
from dataclasses import dataclass

from dialog.audio.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from dialog.audio.pcm import from_pcm16, pcm16
from dialog.content import Samples


@dataclass(frozen=True)
class WireFormat:
    """One encoding of mono sound. `decode` takes whole bytes of any number; `encode` clips what
    exceeds full scale."""

    rate_hz: int
    decode: Callable[[bytes], Samples]
    encode: Callable[[Samples], bytes]


def linear(rate_hz: int) -> WireFormat:
    """Little-endian signed 16-bit PCM."""
    return WireFormat(rate_hz, from_pcm16, pcm16)


MULAW = WireFormat(8_000, mulaw_decode, mulaw_encode)
ALAW = WireFormat(8_000, alaw_decode, alaw_encode)
