"""Asterisk's WebSocket channel over a scripted socket, in both manners."""

import asyncio
import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.telephony.bridge import Disconnected, connect_call
from api.telephony.chan_websocket import FORMATS, ChanWebSocket, command, parse
from dialog.messages import CallerAudio, HungUp, Inbound, Interrupted, KeyPressed, Outbound, Played
from tests.telephone import FarEnd, Script, words

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

IDENTITY = "6f0c31b8-6a0e-4f5a-8f2e-0d3a3b1d9a11"
PLAIN = (
    f"MEDIA_START connection_id:{IDENTITY} channel:WebSocket/beseda format:ulaw"
    " optimal_frame_size:160 ptime:20"
)
JSON = json.dumps(
    {"event": "MEDIA_START", "connection_id": IDENTITY, "format": "slin16",
     "optimal_frame_size": 640, "ptime": 20, "channel_variables": {}}
)  # fmt: skip


class Asterisk(FarEnd):
    """Plays a channel's side: answers marks, and leaves when told to hang up."""

    def __init__(self, *says: str | bytes) -> None:
        super().__init__(*says)
        self.got: list[str | bytes] = []

    async def send(self, message: str | bytes) -> None:
        self.got.append(message)
        if isinstance(message, str) and "MARK_MEDIA" in message:
            self.inbox.put_nowait(message.replace("MARK_MEDIA", "MEDIA_MARK_PROCESSED")
                                  .replace("command", "event"))  # fmt: skip

    @property
    def commands(self) -> list[str]:
        return [one for one in self.got if isinstance(one, str)]

    @property
    def sound(self) -> list[bytes]:
        return [one for one in self.got if isinstance(one, bytes)]


async def held(asterisk: Asterisk, says: Sequence[Outbound] = (), leaves: bool = True) -> Script:
    script = Script(says, ends=not leaves)
    wire = await ChanWebSocket.accept(asterisk)
    if leaves:
        asterisk.inbox.put_nowait(None)
    await connect_call(wire, script)
    return script


@pytest.mark.parametrize(
    ("start", "digit", "size", "rate_hz"),
    [
        (PLAIN, "DTMF_END digit:5 channel_id:17.1", 160, 8_000),
        (JSON, '{"event": "DTMF_END", "digit": "5", "channel_id": "17.1"}', 640, 16_000),
    ],
)
async def test_sound_digits_and_the_end_in_either_manner(
    start: str, digit: str, size: int, rate_hz: int
) -> None:
    asterisk = Asterisk(start, bytes(size), digit, "SOMETHING new:1", "{", b"")
    script = await held(asterisk)
    kinds = [type(told) for told in script.told]
    assert kinds == [CallerAudio, KeyPressed, HungUp]
    first = script.told[0]
    assert isinstance(first, CallerAudio)
    assert (first.rate_hz, len(first.samples)) == (rate_hz, rate_hz // 50)
    assert any("HANGUP" in one for one in asterisk.commands)


@pytest.mark.parametrize(("start", "size"), [(PLAIN, 160), (JSON, 640)])
async def test_speech_goes_out_in_whole_frames_and_marks_tell_what_was_played(
    start: str, size: int
) -> None:
    asterisk = Asterisk(start)
    wire = await ChanWebSocket.accept(asterisk)
    told: list[Inbound] = []

    async def listen() -> None:
        async for message in wire.heard():
            told.append(message)

    listening = asyncio.create_task(listen())
    await wire.send(np.zeros(size // (2 if wire.rate_hz > 8_000 else 1), np.float32))
    assert await wire.mark(Played(3, 4_410))
    await wire.mark(Played(3, 8_820))
    await wire.hang_up()
    await listening
    assert [len(one) for one in asterisk.sound] == [size]
    assert told == [Played(3, 4_410), Played(3, 8_820)]


async def test_an_interruption_flushes_and_late_marks_count_no_more() -> None:
    asterisk = Asterisk(PLAIN)
    wire = await ChanWebSocket.accept(asterisk)
    await wire.mark(Played(1, 100))
    await wire.clear()
    await wire.mark(Played(2, 50))
    await wire.hang_up()
    assert [message async for message in wire.heard()] == [Played(2, 50)]
    assert asterisk.commands == ["MARK_MEDIA 1.100", "FLUSH_MEDIA", "MARK_MEDIA 2.50", "HANGUP"]


async def test_a_full_queue_holds_speech_back() -> None:
    asterisk = Asterisk(PLAIN, "MEDIA_XOFF channel_id:1")
    wire = await ChanWebSocket.accept(asterisk)
    hearing = wire.heard()
    pending = asyncio.ensure_future(anext(hearing))
    await asyncio.sleep(0)
    sending = asyncio.create_task(wire.send(np.zeros(160, np.float32)))
    await asyncio.sleep(0)
    assert asterisk.sound == []
    asterisk.inbox.put_nowait("MEDIA_XON channel_id:1")
    await sending
    assert len(asterisk.sound) == 1
    pending.cancel()


async def test_our_hang_up_comes_after_the_last_word() -> None:
    asterisk = Asterisk(PLAIN)
    says: list[Outbound] = words(0.1)
    await held(asterisk, says, leaves=False)
    loud = [one for one in asterisk.sound if np.abs(FORMATS["ulaw"].decode(one)).max() > 0.3]
    assert len(loud) == 5
    assert asterisk.commands[-1] == "HANGUP"


async def test_an_interrupted_answer_is_flushed_by_the_call() -> None:
    asterisk = Asterisk(JSON)
    await held(asterisk, [*words(1.0), Interrupted(1)], leaves=False)
    assert json.loads(asterisk.commands[0]) == {"command": "FLUSH_MEDIA"}


@pytest.mark.parametrize("first", ["", "{}", b"\0\0", "MEDIA_START format:opus", "GET /", "[1]"])
async def test_what_is_no_channel_is_refused(first: str | bytes) -> None:
    with pytest.raises(Disconnected, match="MEDIA_START"):
        await ChanWebSocket.accept(Asterisk(first))


@given(st.text(max_size=200))
def test_any_text_is_an_event_and_never_an_error(text: str) -> None:
    parse(text)
    parse("{" + text)


def test_commands_are_those_of_the_manual() -> None:
    assert command("FLUSH_MEDIA", in_json=False) == "FLUSH_MEDIA"
    assert command("MARK_MEDIA", "a", in_json=False) == "MARK_MEDIA a"
    given_json = json.loads(command("MARK_MEDIA", "a", in_json=True))
    assert given_json == {"command": "MARK_MEDIA", "correlation_id": "a"}
    assert parse("MEDIA_MARK_PROCESSED a").fields["correlation_id"] == "a"
