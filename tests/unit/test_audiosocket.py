"""AudioSocket: its codec, and lines held over real loopback connections with a scripted call."""

import asyncio
import ipaddress
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.telephony import audiosocket_frames
from api.telephony.audiosocket import LOOPBACK, may_connect
from api.telephony.audiosocket_frames import (
    Frame,
    FrameDecoder,
    Mislabelled,
    encode,
    samples_of,
    sound,
)
from dialog.errors import Unavailable
from dialog.messages import CallerAudio, HungUp, Inbound, Interrupted, KeyPressed, Outbound, Played
from tests.telephone import IDENTITY, QUIET, Script, door, words

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

FRAMES = st.builds(Frame, st.integers(0, 255), st.binary(max_size=700))


@given(st.lists(FRAMES, max_size=8), st.data())
def test_frames_survive_any_cut(sent: list[Frame], data: st.DataObject) -> None:
    wire = b"".join(encode(frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    decoder = FrameDecoder()
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert [frame for piece in pieces for frame in decoder.push(piece)] == sent


@given(st.binary(max_size=3_000))
def test_any_bytes_are_frames_and_never_an_error(junk: bytes) -> None:
    decoder = FrameDecoder()
    got = decoder.push(junk)
    read = sum(3 + len(frame.payload) for frame in got)
    assert read <= len(junk)
    for frame in got:
        samples_of(frame)


def test_the_bytes_are_those_of_the_protocol() -> None:
    assert encode(Frame(audiosocket_frames.HANGUP)) == b"\x00\x00\x00"
    assert encode(Frame(audiosocket_frames.IDENTITY, IDENTITY.bytes))[:3] == b"\x01\x00\x10"
    loud = sound(np.array([0.5, -1.0], np.float32), 16_000)
    assert encode(loud) == b"\x12\x00\x04" + struct.pack("<hh", 16384, -32767)
    assert sound(np.zeros(1, np.float32), 24_000).kind == 0x13


def test_an_empty_or_too_long_frame_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="end the call"):
        sound(np.zeros(0, np.float32), 8_000)
    with pytest.raises(ValueError, match="at most"):
        encode(Frame(0x10, bytes(70_000)))


@pytest.mark.parametrize(
    ("length", "every_s", "kind", "is_mulaw"),
    [(160, 0.02, 0x10, True), (320, 0.02, 0x10, False), (160, 0.01, 0x10, False),
     (160, 0.02, 0x12, False), (320, 0.04, 0x10, False)],
)  # fmt: skip
def test_mulaw_that_is_called_pcm_is_found(
    length: int, every_s: float, kind: int, is_mulaw: bool
) -> None:
    mislabelled = Mislabelled()
    frame = Frame(kind, bytes(length))
    found = [mislabelled.push(frame, at * every_s) for at in range(200)]
    assert any(found) is is_mulaw
    assert not any(found[: round(0.9 / every_s)])


async def test_each_response_is_reported_to_its_end_though_another_follows() -> None:
    script = Script([*words(0.14, 1), *words(0.14, 2)])
    async with door(script) as opened, opened.line() as line:
        line.introduce()
        await line.heard(16)
        line.say(encode(Frame(audiosocket_frames.HANGUP)))
        await line.rest()
    assert [told for told in script.told if told in (Played(1, 1120), Played(2, 1120))] == [
        Played(1, 1120), Played(2, 1120)
    ]  # fmt: skip


async def test_a_call_from_its_identity_to_its_hang_up() -> None:
    script = Script(words(0.1))
    async with door(script) as opened, opened.line() as line:
        line.introduce()
        line.say(
            QUIET, encode(Frame(audiosocket_frames.DIGIT, b"5")), encode(Frame(0x7F, b"?")), QUIET
        )
        got = await line.heard(8)
        line.say(encode(Frame(audiosocket_frames.HANGUP)))
        got += await line.rest()
    assert {(frame.kind, len(frame.payload)) for frame in got[:-1]} == {(0x10, 320)}
    assert got[-1] == Frame(audiosocket_frames.HANGUP)
    kinds = [type(told) for told in script.told if not isinstance(told, Played)]
    assert kinds == [CallerAudio, KeyPressed, CallerAudio, HungUp]
    assert KeyPressed("5") in script.told
    assert Played(1, 800) in script.told
    assert script.running == 0


@pytest.mark.parametrize(("kind", "size"), [(0x10, 320), (0x12, 640), (0x13, 960)])
async def test_a_caller_is_answered_at_the_rate_that_came(kind: int, size: int) -> None:
    script = Script(words(0.1))
    async with door(script) as opened, opened.line() as line:
        line.introduce()
        line.say(encode(Frame(kind, bytes(size))))
        assert {(f.kind, len(f.payload)) for f in await line.heard(3)} == {(kind, size)}
        line.close()
    first = next(told for told in script.told if isinstance(told, CallerAudio))
    assert (first.rate_hz, len(first.samples)) == (audiosocket_frames.RATES_HZ[kind], size // 2)


async def test_our_hang_up_waits_for_the_last_word() -> None:
    async with door(Script(words(0.3), ends=True)) as opened, opened.line() as line:
        line.introduce()
        line.say(QUIET)
        got = await line.rest()
    loud = [f for f in got if f.payload and np.abs(samples_of(f)).max() > 0.3]
    assert len(loud) == 15
    assert got[-1] == Frame(audiosocket_frames.HANGUP)
    assert all(frame.payload for frame in got[:-1])


async def test_an_interruption_reaches_the_wire_at_once() -> None:
    says: list[Outbound] = [*words(5.0), Interrupted(1)]
    async with door(Script(says)) as opened, opened.line() as line:
        line.introduce()
        line.say(QUIET)
        got = await line.heard(10)
        line.close()
    assert all(np.abs(samples_of(frame)).max() < 0.01 for frame in got)


async def test_no_free_line_is_told_by_the_busy_tone() -> None:
    async def busy(inbound: AsyncIterator[Inbound]) -> AsyncGenerator[Outbound]:
        raise Unavailable("all lines are busy")
        yield Interrupted(0)

    async with door(busy) as opened, opened.line() as line:
        line.introduce()
        line.say(QUIET)
        heard = np.concatenate([samples_of(frame) for frame in await line.heard(16)])
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum.argmax() * 8_000 / len(heard) == pytest.approx(425, abs=10)


async def test_a_stranger_and_a_surplus_caller_are_turned_away() -> None:
    nobody = [ipaddress.ip_network("192.0.2.0/24")]
    async with door(Script(), peers=nobody) as opened, opened.line() as line:
        line.introduce()
        with suppress(ConnectionResetError):
            assert await line.rest() == []
    script = Script()
    async with door(script, limit=1) as opened, opened.line() as first:
        first.introduce()
        first.say(QUIET)
        await first.heard(1)
        async with opened.line() as second:
            with suppress(ConnectionResetError):
                assert await second.rest() == []
        assert script.running == 1


def test_who_may_connect() -> None:
    office = (*LOOPBACK, ipaddress.ip_network("10.1.0.0/16"))
    assert may_connect("127.0.0.1", office)
    assert may_connect("::ffff:10.1.2.3", office)
    assert not may_connect("10.2.0.1", office)
    assert not may_connect("nonsense", office)


async def test_leaving_ends_every_call() -> None:
    script = Script(words(60.0))
    before = len(asyncio.all_tasks())
    async with door(script) as opened, opened.line() as line:
        line.introduce()
        line.say(QUIET)
        await line.heard(2)
        assert script.running == 1
        await opened.server.__aexit__(None, None, None)
        assert (await line.rest())[-1] == Frame(audiosocket_frames.HANGUP)
    assert script.running == 0
    assert len(asyncio.all_tasks()) == before
