"""Sound on a wire: 16-bit PCM both ways, and a format's rate with its two ways."""

import numpy as np
import pytest

from dialog.audio.pcm import from_pcm16, pcm16
from dialog.audio.wire_format import ALAW, MULAW, WireFormat, linear
from tests.recordings import tone

pytestmark = pytest.mark.unit


def test_pcm_is_little_endian_and_signed() -> None:
    samples = from_pcm16(b"\x00\x00\xff\x7f\x00\x80\x00\x40")
    assert samples.dtype == np.float32
    assert samples.tolist() == [0.0, 32767 / 32768, -1.0, 0.5]


def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert from_pcm16(b"\x00\x40\x01").tolist() == [0.5]
    assert from_pcm16(b"\x01").tolist() == from_pcm16(b"").tolist() == []


def test_what_was_pcm_comes_back_within_half_a_step() -> None:
    samples = tone(8_000, 0.1, peak=0.9)
    # A step more: full scale is 32767 on the way out, and 32768 on the way in.
    assert np.abs(from_pcm16(pcm16(samples)) - samples).max() < 1.5 / 32768


@pytest.mark.parametrize(
    ("form", "rate_hz", "sample_bytes"),
    [(MULAW, 8_000, 1), (ALAW, 8_000, 1), (linear(24_000), 24_000, 2)],
)
def test_a_format_goes_both_ways(form: WireFormat, rate_hz: int, sample_bytes: int) -> None:
    samples = tone(rate_hz, 0.02, peak=0.5)
    data = form.encode(samples)
    assert form.rate_hz == rate_hz
    assert len(data) == len(samples) * sample_bytes
    assert np.abs(form.decode(data) - samples).max() < 0.02
