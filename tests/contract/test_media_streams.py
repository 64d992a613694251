"""Media streams of cloud carriers, over scripted sockets: what is heard, said, marked, refused."""

import asyncio
import base64
import json
from typing import Any

import numpy as np
import pytest

from api.telephony import telnyx, twilio
from api.telephony.bridge import Disconnected, Transport, connect_call
from api.telephony.media_stream import OVERTAKING, MediaStream
from api.telephony.vonage import VonageSocket
from dialog.messages import CallerAudio, HungUp, Interrupted, KeyPressed, Outbound, Played
from tests.telephone import FarEnd, Script, words

pytestmark = pytest.mark.contract

TWILIO_START = {
    "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
    "start": {"accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound"],
              "customParameters": {},
              "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}},
}  # fmt: skip
TELNYX_START = {
    "event": "start", "sequence_number": "1", "stream_id": "32DE0DEA",
    "start": {"user_id": "3e6f995f", "call_control_id": "v2:T02llQxIyaRkhfRKxgAP8nY5", "from": "+7",
              "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1}},
}  # fmt: skip
VONAGE_START = {"event": "websocket:connected", "content-type": "audio/l16;rate=16000"}


class Far(FarEnd):
    """The carrier's end: gives marks back as soon as it gets them."""

    def __init__(self, *says: object) -> None:
        super().__init__(
            *(one if isinstance(one, str | bytes) else json.dumps(one) for one in says)
        )
        self.got: list[dict[str, Any]] = []
        self.sound: list[bytes] = []

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.sound.append(message)
            return
        event = json.loads(message)
        self.got.append(event)
        if event.get("event") == "media":
            self.sound.append(base64.b64decode(event["media"]["payload"]))
        elif event.get("event") == "mark":
            self.inbox.put_nowait(message)
        elif event.get("action") == "notify":
            told = {"event": "websocket:notify", "payload": event["payload"]}
            self.inbox.put_nowait(json.dumps(told))

    def names(self) -> list[str]:
        return [one.get("event") or one["action"] for one in self.got]


def media(samples: int, **more: object) -> dict[str, Any]:
    payload = base64.b64encode(b"\xff" * samples).decode()
    return {"event": "media", "media": {"payload": payload, **more}}


async def accept(far: Far) -> Transport:
    """Whose stream it is stands in its first message, `connected` apart."""
    first = await far.inbox.get()
    far.inbox = _again(first, far.inbox)
    said = str(first)
    if "websocket:" in said:
        return await VonageSocket.accept(far)
    return await MediaStream.accept(far, telnyx.DIALECT if "stream_id" in said else twilio.DIALECT)


def _again(first: str | bytes | None, rest: Any) -> Any:
    inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
    inbox.put_nowait(first)
    while not rest.empty():
        inbox.put_nowait(rest.get_nowait())
    return inbox


STARTS = pytest.mark.parametrize("start", [TWILIO_START, TELNYX_START, VONAGE_START])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("start", "sound", "digit", "stop"),
    [
        (TWILIO_START, media(160, track="inbound", chunk="1"),
         {"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "5"}}, {"event": "stop"}),
        (TELNYX_START, media(160, track="inbound", chunk="2", timestamp="5"),
         {"event": "dtmf", "stream_id": "32DE0DEA", "dtmf": {"digit": "5"}}, {"event": "stop"}),
        (VONAGE_START, bytes(640), {"event": "websocket:dtmf", "digit": "5"}, None),
    ],
)  # fmt: skip
async def test_sound_keys_garbage_and_the_end(
    start: object, sound: object, digit: object, stop: object
) -> None:
    bad = [{"event": "media", "media": {"payload": "?"}}, {"event": "media"}, {"event": "mark"},
           {"event": "websocket:notify", "payload": 5}, {"event": "error"}, "{", b""]  # fmt: skip
    far = Far(start, sound, digit, *bad)
    far.inbox.put_nowait(None if stop is None else json.dumps(stop))
    script = Script()
    await connect_call(await accept(far), script)
    assert [type(told) for told in script.told] == [CallerAudio, KeyPressed, HungUp]
    assert far.closed


@pytest.mark.anyio
@STARTS
async def test_speech_goes_out_in_frames_of_20_ms(start: object) -> None:
    far = Far(start)
    wire = await accept(far)
    await connect_call(wire, Script(words(0.1), ends=True))
    size = 640 if wire.rate_hz == 16_000 else 160
    assert [len(one) for one in far.sound] == [size] * 5
    named = {one.get("streamSid") for one in far.got}
    assert named == ({"MZ1"} if start is TWILIO_START else {None})


@pytest.mark.anyio
@STARTS
async def test_marks_given_back_by_an_interruption_count_no_more(start: object) -> None:
    far = Far(start)
    wire = await accept(far)
    await wire.send(np.zeros(160, np.float32))
    await wire.mark(Played(1, 160))
    await wire.clear()
    await wire.mark(Played(2, 80))
    await wire.hang_up()
    assert [told async for told in wire.heard()] == [Played(2, 80)]
    assert [name for name in far.names() if name != "media"][1] == "clear"


@pytest.mark.anyio
@STARTS
async def test_the_call_s_interruption_reaches_the_carrier(start: object) -> None:
    far = Far(start)
    says: list[Outbound] = [*words(1.0), Interrupted(1)]
    await connect_call(await accept(far), Script(says, ends=True))
    assert "clear" in far.names()


@pytest.mark.anyio
async def test_frames_that_overtook_others_are_heard_in_order() -> None:
    chunks = [1, 3, 2, 4, *range(6, 6 + OVERTAKING + 1), 5]
    stop = {"event": "stop"}
    far = Far(TELNYX_START, *(media(chunk, chunk=str(chunk)) for chunk in chunks), stop)
    wire = await accept(far)
    lengths = [len(told.samples) async for told in wire.heard() if isinstance(told, CallerAudio)]
    # The fifth came when it had been given up.
    assert lengths == [1, 2, 3, 4, 6, 7, 8, 9, 10]


def changed(start: dict[str, Any], **form: object) -> dict[str, Any]:
    name = "mediaFormat" if "streamSid" in start else "media_format"
    return {**start, "start": {**start["start"], name: {**start["start"][name], **form}}}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "first",
    [
        {}, "junk", {"event": "media"}, {**TWILIO_START, "start": {}},
        changed(TWILIO_START, sampleRate=16000), changed(TELNYX_START, sample_rate=16000),
        changed(TELNYX_START, encoding="OPUS"), {**TELNYX_START, "start": 5},
        {"event": "websocket:connected"},
        {"event": "websocket:connected", "content-type": "audio/l16;rate=44100"},
        {"event": "websocket:connected", "content-type": "audio/opus"},
    ],
)  # fmt: skip
async def test_what_is_no_stream_is_refused_in_words(first: object) -> None:
    with pytest.raises(Disconnected, match="stream"):
        await accept(Far(first))
