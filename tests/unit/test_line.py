"""The line simulator: lengths, codecs, how much is lost and how it is replaced, and its grammar."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog.audio.codecs import CODECS, RATE_HZ, has_gsm
from dialog.audio.line import LINES, Packets, TelephoneLine, level, losses, packet_loss, parse
from dialog.content import Samples
from dialog.errors import BadInput
from tests.recordings import tone

pytestmark = pytest.mark.unit

AVAILABLE = [name for name in CODECS if name != "gsm" or has_gsm()]


def speech(seconds: float = 0.5) -> Samples:
    return tone(RATE_HZ, seconds, 400.0) + tone(RATE_HZ, seconds, 950.0, 0.1)


def likeness(one: Samples, other: Samples) -> float:
    """The largest correlation within 20 ms: a codec delays."""
    found = np.correlate(one, np.pad(other, 320), "valid")
    return float(np.abs(found).max() / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("codec", AVAILABLE)
def test_a_codec_keeps_the_length_and_most_of_the_sound(codec: str) -> None:
    before = speech()
    after = CODECS[codec](before)
    assert after.dtype == np.float32
    assert len(after) == len(before)
    assert likeness(after, before) > 0.9
    assert codec == "none" or not np.array_equal(before, after)


@settings(max_examples=20, deadline=None)
@given(samples=st.integers(0, 3_000), codec=st.sampled_from(["none", "ulaw", "alaw"]))
def test_any_length_survives_any_line(samples: int, codec: str) -> None:
    before = speech()[:samples]
    line = TelephoneLine(codec, noise_db=10.0)
    assert len(line.carry(before, np.random.default_rng(0))) == samples
    lost = packet_loss(before, np.random.default_rng(0), 0.5, conceal=True)
    assert len(lost) == samples


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.2, 0.5, 0.9, 1.0])
def test_as_many_packets_are_lost_as_was_said(share: float) -> None:
    lost = list(islice(losses(share, np.random.default_rng(1)), 20_000))
    assert np.mean(lost) == pytest.approx(share, abs=0.012)


def test_losses_come_in_bursts() -> None:
    lost = np.array(list(islice(losses(0.05, np.random.default_rng(2)), 20_000)))
    assert lost[1:][lost[:-1]].mean() == pytest.approx(0.3, abs=0.04)


def test_a_seed_gives_the_same_line_and_another_seed_another() -> None:
    line = parse("mobile,loss=30,jitter=40")

    def journey(seed: int) -> list[tuple[float, float]]:
        packets = Packets(line, np.random.default_rng(seed))
        frames = speech(2.0).reshape(-1, 320)
        return [(late, float(p.sum())) for late, p in map(packets.carry, frames) if p is not None]

    assert journey(1) == journey(1) != journey(2)
    once, again = (line.carry(speech(), np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(once, again)


def test_jitter_is_late_by_as_much_on_average() -> None:
    packets = Packets(TelephoneLine(jitter_s=0.03), np.random.default_rng(4))
    late = [packets.carry(np.ones(160, np.float32))[0] for _ in range(5_000)]
    assert min(late) >= 0
    assert np.mean(late) == pytest.approx(0.03, rel=0.1)


def test_a_lost_packet_is_a_fading_copy_or_nothing() -> None:
    frame = np.ones(160, np.float32)
    fading = Packets(TelephoneLine(loss=0.5), np.random.default_rng(5))
    peaks = {round(float(got.max()), 3) for _, got in _carried(fading, frame, 400)}
    assert {1.0, 0.6, 0.36} <= peaks
    gone = Packets(TelephoneLine(loss=0.5, conceal=False), np.random.default_rng(5))
    assert 100 < len(list(_carried(gone, frame, 400))) < 300
    everything = Packets(TelephoneLine(loss=1.0), np.random.default_rng(5))
    assert all(not got.any() for _, got in _carried(everything, frame, 50))


def _carried(packets: Packets, frame: Samples, count: int) -> list[tuple[float, Samples]]:
    came = (packets.carry(frame) for _ in range(count))
    return [(late, got) for late, got in came if got is not None]


@pytest.mark.parametrize("ratio_db", [0.0, 5.0, 20.0])
def test_noise_is_as_far_below_speech_as_was_said(ratio_db: float) -> None:
    said = np.concatenate([speech(1.0), np.zeros(RATE_HZ, np.float32)])  # pauses do not count
    heard = TelephoneLine(noise_db=ratio_db).carry(said, np.random.default_rng(6))
    noise = float(np.sqrt(np.square(heard - said).mean()))
    assert 20 * np.log10(level(said) / noise) == pytest.approx(ratio_db, abs=0.1)
    bed = TelephoneLine(noise_db=ratio_db).bed(said, RATE_HZ, np.random.default_rng(7))
    assert float(bed.std()) == pytest.approx(noise, rel=0.05)


def test_silence_stays_silent_on_a_noisy_line() -> None:
    quiet = np.zeros(RATE_HZ, np.float32)
    assert np.abs(TelephoneLine(noise_db=0.0).carry(quiet, np.random.default_rng(8))).max() < 0.001


def test_lines_by_name_and_what_differs() -> None:
    assert parse("phone") == LINES["phone"]
    assert parse("mobile,loss=20, noise=5") == TelephoneLine("amr", 0.2, 0.02, 5.0)
    assert parse("codec=ulaw,conceal=no,jitter=40") == TelephoneLine("ulaw", 0, 0.04, conceal=False)
    assert (parse("phone").rate_hz, parse("internet").rate_hz) == (8_000, 16_000)


@pytest.mark.parametrize(
    "text",
    ["", "tin can", "phone,mobile", "codec=mp3", "loss=101", "loss=-1", "loss=nan", "jitter=x",
     "noise=", "conceal=maybe", "phone,echo=3"],
)  # fmt: skip
def test_a_wrong_line_is_said_in_words(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text)
