"""Twilio: who may call us, what we answer, and a stream held over a scripted socket."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from starlette.websockets import WebSocketDisconnect

from api.telephony.holding import Gone, hold
from api.telephony.twilio import MediaStream, signature
from dialog.messages import CallerAudio, HungUp, Interrupted, KeyPressed, Outbound, Played
from tests.contract.test_http import client_of
from tests.telephone import Script, words

pytestmark = pytest.mark.contract

START = {
    "event": "start",
    "streamSid": "MZ1",
    "start": {"mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}},
}
URL = "https://calls.example.ru"
FORM = {"CallSid": "CA1", "From": "+79990000000"}


class Twilio:
    """Gives marks back as Twilio does: when played, or all of them at `clear`."""

    def __init__(self, *says: object) -> None:
        self.inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.got: list[dict[str, Any]] = []
        self.closed = False
        for one in says:
            self.inbox.put_nowait(one if isinstance(one, str) else json.dumps(one))

    async def receive(self) -> str | bytes:
        got = await self.inbox.get()
        if got is None:
            raise Gone("left")
        return got

    async def send(self, message: str | bytes) -> None:
        event = json.loads(message)
        self.got.append(event)
        if event["event"] == "mark":
            self.inbox.put_nowait(json.dumps(event))

    async def close(self) -> None:
        self.closed = True
        self.inbox.put_nowait(None)


def media(samples: int) -> dict[str, Any]:
    payload = base64.b64encode(b"\xff" * samples).decode()
    return {"event": "media", "streamSid": "MZ1", "media": {"payload": payload}}


def test_the_signature_is_that_of_twilio_s_manual() -> None:
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234",
            "From": "+14158675309", "To": "+18005551212"}  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.anyio
async def test_sound_keys_and_the_end() -> None:
    digit = {"event": "dtmf", "dtmf": {"digit": "5"}}
    bad = [{"event": "media", "media": {"payload": "?"}}, {"event": "media"}, "{", "[]", {}]
    line = Twilio({"event": "connected"}, START, media(160), digit, *bad, {"event": "stop"})
    script = Script()
    await hold(await MediaStream.begun(line), script)
    assert [type(told) for told in script.told] == [CallerAudio, KeyPressed, HungUp]
    assert line.closed


@pytest.mark.anyio
async def test_speech_goes_out_in_frames_of_20_ms() -> None:
    line = Twilio(START)
    await hold(await MediaStream.begun(line), Script(words(0.1), ends=True))
    sizes = [len(base64.b64decode(one["media"]["payload"])) for one in line.got
             if one["event"] == "media"]  # fmt: skip
    assert sizes == [160] * 5
    assert {one["streamSid"] for one in line.got} == {"MZ1"}


@pytest.mark.anyio
async def test_an_interruption_clears_and_marks_given_back_by_it_count_no_more() -> None:
    line = Twilio(START)
    wire = await MediaStream.begun(line)
    await wire.send(np.zeros(160, np.float32))
    await wire.mark(Played(1, 160))
    await wire.clear()
    await wire.mark(Played(2, 80))
    await wire.hang_up()
    assert [told async for told in wire.heard()] == [Played(2, 80)]
    assert [one["event"] for one in line.got] == ["media", "mark", "clear", "mark"]


@pytest.mark.anyio
async def test_the_call_s_interruption_reaches_twilio() -> None:
    line = Twilio(START)
    says: list[Outbound] = [*words(1.0), Interrupted(1)]
    await hold(await MediaStream.begun(line), Script(says, ends=True))
    assert "clear" in [one["event"] for one in line.got]


@pytest.mark.anyio
@pytest.mark.parametrize("first", [{}, {"event": "media"}, {**START, "start": {}}, "junk"])
async def test_what_is_no_stream_is_refused(first: object) -> None:
    with pytest.raises(Gone, match="stream"):
        await MediaStream.begun(Twilio(first))


def test_a_signed_call_is_answered_with_a_stream(tmp_path: Path) -> None:
    settings = {"public_url": URL, "twilio_auth_token": "12345", "api_keys": "key"}
    path = "/v1/phone/twilio"
    with client_of(tmp_path, **settings) as client:
        signed = {"X-Twilio-Signature": signature("12345", URL + path, FORM)}
        answer = client.post(path, data=FORM, headers=signed)
        assert answer.status_code == 200
        stream = ElementTree.fromstring(answer.text).find("Connect/Stream")
        assert stream is not None
        assert stream.get("url") == "wss://calls.example.ru/v1/phone/twilio/stream"
        forged = client.post(path, data={**FORM, "From": "+1"}, headers=signed)
        assert forged.status_code == client.post(path, data=FORM).status_code == 403
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{path}/stream"):
            pass


def test_without_its_settings_there_is_no_twilio(tmp_path: Path) -> None:
    with client_of(tmp_path) as client:
        assert client.post("/v1/phone/twilio", data=FORM).status_code == 404
