"""A telephone on which nothing is heard: the caller is asked, and the call ends in words."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from api.conversation.call import Call
from api.conversation.converse import converse
from api.telephony.bridge import Disconnected, connect_call
from api.telephony.media_stream import MediaStream
from api.telephony.twilio import DIALECT
from dialog.content import Answer
from dialog.messages import Inbound, Outbound
from dialog.prompts import PROMPTS
from tests.calls import Assistant
from tests.clock import JumpingLoop

pytestmark = pytest.mark.unit

START = {
    "event": "start", "streamSid": "MZ1",
    "start": {"callSid": "CA1", "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000}},
}  # fmt: skip
QUIET = {"event": "media", "media": {"payload": base64.b64encode(b"\xff" * 160).decode()}}
FRAME_S = 0.02


class Silent:
    """A carrier's socket: silence each 20 ms; what it gets is played and marked in real time."""

    def __init__(self) -> None:
        self.sound_s = self.played_s = 0.0
        self._marks: list[tuple[float, str]] = []
        self._begun = False
        self._closed = False

    async def receive(self) -> str | bytes:
        if not self._begun:
            self._begun = True
            return json.dumps(START)
        now_s = asyncio.get_running_loop().time()
        if self._marks and self._marks[0][0] <= now_s:
            return self._marks.pop(0)[1]
        await asyncio.sleep(FRAME_S)
        if self._closed:
            raise Disconnected("closed")
        return json.dumps(QUIET)

    async def send(self, message: str | bytes) -> None:
        event = json.loads(message)
        if event["event"] == "media":
            self.sound_s += FRAME_S
            self.played_s = max(self.played_s, asyncio.get_running_loop().time()) + FRAME_S
        elif event["event"] == "mark":
            self._marks.append((self.played_s, json.dumps(event)))

    async def close(self) -> None:
        self._closed = True


def test_who_is_not_heard_is_asked_twice_and_then_let_go() -> None:
    said: list[str] = []
    socket = Silent()

    async def call(inbound: AsyncIterator[Inbound]) -> AsyncGenerator[Outbound]:
        async for message in converse(inbound, Assistant().stages(), Call(live=True)):
            if isinstance(message, Answer):
                said.append(message.text)
            yield message

    async def run() -> tuple[str, float]:
        reason = await connect_call(await MediaStream.accept(socket, DIALECT), call)
        return reason, asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        reason, ended_s = runner.run(run())
    assert said == [PROMPTS.are_you_there, PROMPTS.giving_up]
    assert reason == "silence"
    assert 30 < ended_s < 60
    assert socket.sound_s > 3, "it was spoken"
