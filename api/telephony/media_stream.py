"""Media streams of Twilio and Telnyx: a call's sound as base64 G.711 in JSON, over a WebSocket.

The carrier queues what it gets and plays it by its own clock: it is kept a little ahead, gives
marks back when it has played what was sent before them, and forgets its queue at `clear`.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from api.telephony.bridge import Disconnected
from api.telephony.playback_marks import Marks
from api.telephony.sockets import Socket
from dialog.audio.g711 import mulaw_encode
from dialog.messages import KEYS, CallerAudio, Inbound, KeyPressed, Played, Samples

START_WITHIN_S = 5.0
RATE_HZ = 8_000
# So many frames may overtake one before it is given up.
OVERTAKING = 4


@dataclass(frozen=True)
class Dialect:
    """What one carrier calls things. `stream` names the stream; what is sent carries it where
    `named`."""

    stream: str
    call: str
    form: str
    rate: str
    codecs: Mapping[str, Callable[[bytes], Samples]]
    named: bool


class MediaStream:
    """One call's stream: a `Wire`. Make it with `begun`."""

    lead_s = 0.2
    comfort = False  # carriers fill pauses themselves
    rate_hz = RATE_HZ

    def __init__(
        self, socket: Socket, call: str, sent: Mapping[str, str], decode: Callable[[bytes], Samples]
    ) -> None:
        self.call = call
        self._socket = socket
        self._sent = sent
        self._decode = decode
        self._marks = Marks()
        self._early: dict[int, Inbound] = {}
        self._next = 0

    @classmethod
    async def accept(cls, socket: Socket, dialect: Dialect) -> Self:
        """The stream, once the carrier has said which it is; raises Disconnected for anything
        else."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while (event := parse(await socket.receive())).get("event") == "connected":
                    pass
        except TimeoutError:
            raise Disconnected("no stream began") from None
        start = _part(event, "start")
        form = _part(start, dialect.form)
        stream = event.get(dialect.stream)
        if event.get("event") != "start" or not isinstance(stream, str):
            raise Disconnected("a stream begins with `start`")
        decode = dialect.codecs.get(str(form.get("encoding")))
        if decode is None or str(form.get(dialect.rate)) != str(RATE_HZ):
            raise Disconnected(f"the stream is not {' or '.join(dialect.codecs)} at 8 kHz")
        sent = {dialect.stream: stream} if dialect.named else {}
        return cls(socket, str(start.get(dialect.call, "")), sent, decode)

    async def heard(self) -> AsyncGenerator[Inbound]:
        """Sound in its order, digits and what has been played, until the stream stops."""
        while True:
            try:
                event = parse(await self._socket.receive())
            except Disconnected:
                return
            if event.get("event") == "stop":
                return
            for message in self._messages(event):
                yield message

    async def send(self, frame: Samples) -> None:
        """Give the carrier 20 ms of sound."""
        payload = base64.b64encode(mulaw_encode(frame)).decode()
        await self._say("media", media={"payload": payload})

    async def mark(self, played: Played) -> bool:
        """The carrier gives the mark back when it has played what was sent before it."""
        await self._say("mark", mark={"name": self._marks.sent(played)})
        return True

    async def clear(self) -> None:
        """Empty the carrier's queue. It gives all marks in it back: they are worth nothing."""
        self._marks.clear()
        await self._say("clear")

    async def hang_up(self) -> None:
        """Close the stream: without a verb after `Connect`, the call is over with it."""
        await self._socket.close()

    async def _say(self, event: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"event": event, **self._sent, **fields}))

    def _messages(self, event: dict[str, Any]) -> list[Inbound]:
        match event.get("event"):
            case "media":
                return self._media(_part(event, "media"))
            case "dtmf":
                key = str(_part(event, "dtmf").get("digit", "")).upper()
                return [KeyPressed(key)] if key in KEYS else []
            case "mark":
                played = self._marks.named(str(_part(event, "mark").get("name", "")))
                return [played] if played else []
        return []

    def _media(self, media: dict[str, Any]) -> list[Inbound]:
        """The frames that can be heard now: carriers number them, for they may overtake."""
        payload = str(media.get("payload", ""))
        if media.get("track", "inbound") not in ("inbound", "inbound_track"):
            return []
        with suppress(binascii.Error, ValueError):
            samples = self._decode(base64.b64decode(payload, validate=True))
            if len(samples):
                sound = CallerAudio(samples, RATE_HZ)
                chunk = str(media.get("chunk", ""))
                return self._in_order(int(chunk), sound) if chunk.isdecimal() else [sound]
        return []

    def _in_order(self, chunk: int, sound: Inbound) -> list[Inbound]:
        self._next = self._next or chunk
        if chunk < self._next:
            return []  # it was given up
        self._early[chunk] = sound
        if len(self._early) > OVERTAKING:
            self._next = min(self._early)
        ready = []
        while self._next in self._early:
            ready.append(self._early.pop(self._next))
            self._next += 1
        return ready


def parse(text: str | bytes) -> dict[str, Any]:
    """A message; an empty one for what is none."""
    with suppress(ValueError, RecursionError):
        event = json.loads(text)
        if isinstance(event, dict):
            return event
    return {}


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}
