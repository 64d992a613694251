"""Twilio's Media Streams: a call's sound as base64 mu-law in JSON, over a WebSocket.

Twilio queues what it gets and plays it by its own clock: it is kept a little ahead, gives marks
back when it has played what was sent before them, and forgets its queue at `clear`.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
https://www.twilio.com/docs/usage/security#validating-requests
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, Self
from xml.sax.saxutils import quoteattr

from api.telephony.holding import Gone
from api.telephony.sockets import Socket
from dialog.g711 import mulaw_decode, mulaw_encode
from dialog.messages import CallerAudio, Inbound, KeyPressed, Played, Samples

START_WITHIN_S = 5.0
RATE_HZ = 8_000


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """What `X-Twilio-Signature` must hold for a request: HMAC-SHA1 of the URL as Twilio calls it,
    followed by every form field's name and value, sorted by name; base64."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(given: str, token: str, url: str, form: Mapping[str, str]) -> bool:
    """Whether Twilio, and nobody else, has sent a request; takes as long for a wrong one."""
    return hmac.compare_digest(given.encode(), signature(token, url, form).encode())


def twiml(stream_url: str) -> str:
    """The answer to a call: connect it, both ways, with a WebSocket."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Response><Connect><Stream url={quoteattr(stream_url)}/></Connect></Response>"
    )


class MediaStream:
    """One call's stream: a `Wire`. Make it with `begun`."""

    lead_s = 0.2
    comfort = False  # Twilio fills pauses itself
    rate_hz = RATE_HZ

    def __init__(self, socket: Socket, stream: str) -> None:
        self._socket = socket
        self._stream = stream
        self._marked = self._cleared = 0

    @classmethod
    async def begun(cls, socket: Socket) -> Self:
        """The stream, once Twilio has said which it is; raises Gone for anything else."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while (event := _parse(await socket.receive())).get("event") == "connected":
                    pass
        except TimeoutError:
            raise Gone("no stream began") from None
        form = _part(_part(event, "start"), "mediaFormat")
        stream = event.get("streamSid")
        if event.get("event") != "start" or not isinstance(stream, str):
            raise Gone("a stream begins with `start`")
        if (form.get("encoding"), form.get("sampleRate")) != ("audio/x-mulaw", RATE_HZ):
            raise Gone("the stream is not mu-law at 8 kHz")
        return cls(socket, stream)

    async def heard(self) -> AsyncGenerator[Inbound]:
        """Sound, digits and what has been played, until the stream stops."""
        while True:
            try:
                event = _parse(await self._socket.receive())
            except Gone:
                return
            if event.get("event") == "stop":
                return
            message = self._message(event)
            if message is not None:
                yield message

    async def send(self, frame: Samples) -> None:
        """Give Twilio 20 ms of sound."""
        payload = base64.b64encode(mulaw_encode(frame)).decode()
        await self._say("media", media={"payload": payload})

    async def mark(self, played: Played) -> bool:
        """Twilio gives the mark back when it has played what was sent before it."""
        self._marked = played.turn
        await self._say("mark", mark={"name": f"{played.turn}.{played.samples}"})
        return True

    async def clear(self) -> None:
        """Empty Twilio's queue. It gives all marks in it back at once: they are worth nothing."""
        self._cleared = self._marked
        await self._say("clear")

    async def hang_up(self) -> None:
        """Close the stream: without a verb after `Connect`, the call is over with it."""
        await self._socket.close()

    async def _say(self, event: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"event": event, "streamSid": self._stream, **fields}))

    def _message(self, event: dict[str, Any]) -> Inbound | None:
        match event.get("event"):
            case "media":
                payload = str(_part(event, "media").get("payload", ""))
                with suppress(binascii.Error, ValueError):
                    samples = mulaw_decode(base64.b64decode(payload, validate=True))
                    return CallerAudio(samples, RATE_HZ) if len(samples) else None
            case "dtmf":
                key = str(_part(event, "dtmf").get("digit", "")).upper()
                return KeyPressed(key) if key in set("0123456789*#ABCD") else None
            case "mark":
                turn, _, count = str(_part(event, "mark").get("name", "")).partition(".")
                if turn.isdecimal() and count.isdecimal() and int(turn) > self._cleared:
                    return Played(int(turn), int(count))
        return None


def _parse(text: str | bytes) -> dict[str, Any]:
    """A message; an empty one for what is none."""
    with suppress(ValueError, RecursionError):
        event = json.loads(text)
        if isinstance(event, dict):
            return event
    return {}


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}
