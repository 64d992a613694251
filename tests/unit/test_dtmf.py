"""Keys' tones within sound: silenced, and nothing else is."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dialog.audio.decoding import decode
from dialog.audio.dtmf import HIGH_HZ, LOW_HZ, KeyGate, is_key
from dialog.audio.g711 import mulaw_decode, mulaw_encode
from dialog.content import Samples
from dialog.messages import CallerAudio

pytestmark = pytest.mark.unit

QUESTIONS = Path(__file__).parents[2] / "samples" / "questions"


def key(seconds: float, rate_hz: int, low: float, high: float, twist_db: float = 0.0) -> Samples:
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    tones = np.sin(2 * np.pi * low * times_s) + 10 ** (twist_db / 20) * np.sin(
        2 * np.pi * high * times_s
    )
    noisy = 0.1 * tones + np.random.default_rng(0).normal(0, 0.004, len(times_s))
    return mulaw_decode(mulaw_encode(noisy.astype(np.float32)))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_every_key_is_found_through_a_telephone(rate_hz: int) -> None:
    for low, high, twist in product(LOW_HZ, HIGH_HZ, (-6.0, 0.0, 4.0)):
        # Telephones may be off by 1.5 %.
        assert is_key(key(0.02, rate_hz, low * 1.015, high * 0.985, twist), rate_hz)


def test_a_tone_within_sound_becomes_silence() -> None:
    speech = np.concatenate(list(decode(QUESTIONS / "q1.wav", 8_000)))[:4_000]
    sound = np.concatenate((speech, key(0.1, 8_000, 770, 1336), speech))
    gate = KeyGate()
    out = np.concatenate([gate.push(CallerAudio(sound[at : at + 240], 8_000)).samples
                          for at in range(0, len(sound), 240)])  # fmt: skip
    assert len(out) == len(sound)
    assert not out[4_080:4_720].any()
    assert (out[:3_900] == sound[:3_900]).all()
    assert (out[5_200:] == sound[5_200:]).all()


@pytest.mark.parametrize("name", ["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8"])
def test_speech_goes_through_untouched(name: str) -> None:
    speech = np.concatenate(list(decode(QUESTIONS / f"{name}.wav", 8_000)))
    gate = KeyGate()
    for at in range(0, len(speech), 160):
        audio = CallerAudio(speech[at : at + 160], 8_000)
        assert gate.push(audio) is audio


@pytest.mark.parametrize("height_hz", [425, 697, 1336, 1004])
def test_a_single_tone_is_no_key(height_hz: int) -> None:
    times_s = np.arange(160) / 8_000
    assert not is_key(np.sin(2 * np.pi * height_hz * times_s).astype(np.float32), 8_000)
    assert not is_key(np.zeros(160, np.float32), 8_000)
