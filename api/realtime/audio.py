"""Sound on a Realtime wire: its three formats, and how much of it has been played.

Formats are those of OpenAI's reference: `audio/pcm` is little-endian 16-bit at 24 kHz, and
`audio/pcmu` and `audio/pcma` are G.711 at 8 kHz, one byte a sample.
"""

import base64
import binascii
from collections.abc import Callable, Iterator

from dialog.audio.pcm import from_pcm16, pcm16
from dialog.audio.resampling import Resampler
from dialog.audio.wire_format import ALAW, MULAW, WireFormat
from dialog.content import Samples, Speech
from dialog.errors import BadInput

PIECE_S = 0.2


def _whole_samples(data: bytes) -> Samples:
    if len(data) % 2:
        raise BadInput("audio/pcm is 16-bit: an odd number of bytes came", code="invalid_audio")
    return from_pcm16(data)


FORMATS = {
    "audio/pcm": WireFormat(24_000, _whole_samples, pcm16),
    "audio/pcmu": MULAW,
    "audio/pcma": ALAW,
}


def samples_of(text: str, form: WireFormat) -> Samples:
    """Base64 of a format's bytes to samples; raises BadInput."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("`audio` is not valid base64", code="invalid_audio") from None
    return form.decode(data)


class Outlet:
    """One response's speech on its way out: in the wire's format, counted, timed.

    Clients get speech faster than it plays and play it at once, so what has been heard follows
    from the clock, until a client tells better (`conversation.item.truncate`).
    """

    def __init__(self, form: WireFormat, clock: Callable[[], float]) -> None:
        self._form = form
        self._clock = clock
        self._resampler: Resampler | None = None
        self._ends_s = 0.0
        self._heard: int | None = None
        self.rate_hz = form.rate_hz
        self.given = 0
        self.sent = 0

    def push(self, speech: Speech) -> Iterator[str]:
        """Base64 pieces of one phrase."""
        if self._resampler is None:
            self.rate_hz = speech.rate_hz
            self._resampler = Resampler(speech.rate_hz, self._form.rate_hz)
        self.given += len(speech.samples)
        start_s = max(self._ends_s, self._clock())
        self._ends_s = start_s + len(speech.samples) / speech.rate_hz
        yield from self._pieces(self._resampler.push(speech.samples))

    def flush(self) -> Iterator[str]:
        """What the resampler still holds."""
        if self._resampler is not None:
            yield from self._pieces(self._resampler.flush())
            self._resampler = None

    @property
    def length_ms(self) -> int:
        """How long all that was sent plays."""
        return round(self.sent * 1000 / self._form.rate_hz)

    def played(self) -> int:
        """Samples, as they were given, that have been heard by now if nothing stalled."""
        if self._heard is not None:
            return self._heard
        left_s = max(0.0, self._ends_s - self._clock())
        return max(0, self.given - round(left_s * self.rate_hz))

    def samples_at(self, ms: int) -> int:
        """Samples, as they were given, that `ms` of the sent sound are."""
        return min(self.given, round(ms * self.rate_hz / 1000))

    @property
    def stopped(self) -> bool:
        """Whether the rest was thrown away."""
        return self._heard is not None

    def stop(self, heard: int | None = None) -> None:
        """The rest is thrown away; `heard` samples, or what the clock says, were played."""
        self._heard = self.played() if heard is None else heard

    def _pieces(self, samples: Samples) -> Iterator[str]:
        size = round(self._form.rate_hz * PIECE_S)
        self.sent += len(samples)
        for start in range(0, len(samples), size):
            yield base64.b64encode(self._form.encode(samples[start : start + size])).decode()
