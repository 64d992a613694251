"""Sound on the wire: formats, lengths, and what has been played."""

import base64
from typing import Any

import numpy as np
import pytest

from api.realtime.audio import FORMATS, Outlet, samples_of
from dialog.audio.g711 import alaw_decode, alaw_encode
from dialog.content import Speech
from dialog.errors import BadInput
from tests.contract.realtime import Client, Clock

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 24_000])
def test_speech_keeps_its_length_and_shape_in_every_format(name: str, rate_hz: int) -> None:
    form = FORMATS[name]
    times = np.arange(rate_hz) / rate_hz
    tone = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    outlet = Outlet(form, Clock())
    pieces = [p for part in np.array_split(tone, 7) for p in outlet.push(Speech(part, rate_hz))]
    heard = np.concatenate([samples_of(p, form) for p in [*pieces, *outlet.flush()]])
    assert len(heard) == pytest.approx(form.rate_hz, abs=2)
    ideal = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(heard)) / form.rate_hz)
    middle = slice(form.rate_hz // 10, -form.rate_hz // 10)
    assert np.abs(heard - ideal)[middle].max() < 0.03
    assert outlet.length_ms == pytest.approx(1000, abs=1)


def test_alaw_agrees_with_the_standards_table() -> None:
    codes = bytes(range(256))
    # ITU-T G.711, table 1a: the ends and the middle of the scale.
    levels = np.round(alaw_decode(codes) * 32768).astype(int)
    assert {code: levels[code] for code in (0xD5, 0x55, 0xAA, 0x2A)} == {
        0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256,
    }  # fmt: skip
    assert alaw_encode(alaw_decode(codes)) == codes


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(BadInput, match="odd"):
        samples_of(base64.b64encode(b"abc").decode(), FORMATS["audio/pcm"])
    assert isinstance(samples_of("", FORMATS["audio/pcm"]), np.ndarray)


def test_audio_is_passed_on_and_not_kept() -> None:
    client = Client()
    sound = base64.b64encode(bytes(960)).decode()
    for _ in range(500):
        client.send("input_audio_buffer.append", audio=sound)
    state: dict[str, Any] = vars(client.session)
    assert len(client.session.items) == 0
    assert not state["_committed"] and not state["_unanswered"]
