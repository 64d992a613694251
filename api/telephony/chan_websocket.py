"""Asterisk's WebSocket channel (`chan_websocket`, from 20.16, 21.11, 22.6 and 23.0 on).

Binary messages are sound, text messages events and commands: plain words, or JSON where the
channel was dialled with `f(json)`. Asterisk queues what it gets and plays it by its own clock:
it is kept a little ahead, asked to tell what it has played, and told to throw the rest away.

https://docs.asterisk.org/Configuration/Channel-Drivers/WebSocket
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import numpy as np

from api.telephony.bridge import Disconnected
from api.telephony.playback_marks import Marks
from api.telephony.sockets import Socket
from dialog.audio.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from dialog.audio.pcm import pcm16
from dialog.messages import KEYS, CallerAudio, Inbound, KeyPressed, Played, Samples

log = logging.getLogger(__name__)

START_WITHIN_S = 5.0
XON_WITHIN_S = 5.0
LEAD_S = 0.2


@dataclass(frozen=True)
class Format:
    """How one of Asterisk's codecs carries sound."""

    rate_hz: int
    decode: Callable[[bytes], Samples]
    encode: Callable[[Samples], bytes]


def slin_decode(data: bytes) -> Samples:
    """Little-endian signed 16-bit PCM to samples; half a sample at the end is dropped."""
    whole = data[: len(data) // 2 * 2]
    return np.frombuffer(whole, "<i2").astype(np.float32) / 32768.0


FORMATS = {
    "ulaw": Format(8_000, mulaw_decode, mulaw_encode),
    "alaw": Format(8_000, alaw_decode, alaw_encode),
    **{
        name: Format(rate_hz, slin_decode, pcm16)
        for name, rate_hz in (("slin", 8_000), ("slin12", 12_000), ("slin16", 16_000),
                              ("slin24", 24_000), ("slin32", 32_000), ("slin48", 48_000))
    },
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What Asterisk says, in either manner."""

    name: str
    fields: dict[str, str]


def parse(text: str) -> Event:
    """Either manner to an event; a nameless one for what is none."""
    if text.startswith("{"):
        try:
            said = json.loads(text)
            name = str(said.pop("event", ""))
            return Event(name, {key: str(value) for key, value in said.items()})
        except (ValueError, RecursionError, AttributeError):
            return Event("", {})
    name, *words = text.split()[:64] or [""]
    pairs = [word.partition(":") for word in words]
    fields = {key: value for key, colon, value in pairs if colon}
    # A mark's own name comes back bare, as it was given.
    bare = [key for key, colon, _ in pairs if not colon]
    return Event(name, {"correlation_id": bare[0], **fields} if bare else fields)


def command(name: str, correlation_id: str | None = None, *, in_json: bool) -> str:
    """A command in the manner of the call."""
    if not in_json:
        return name if correlation_id is None else f"{name} {correlation_id}"
    named = {} if correlation_id is None else {"correlation_id": correlation_id}
    return json.dumps({"command": name, **named})


class ChanWebSocket:
    """One channel: a `Wire`. Make it with `begun`."""

    lead_s = LEAD_S
    comfort = True

    def __init__(self, socket: Socket, form: Format, connection_id: str, *, in_json: bool) -> None:
        self._socket = socket
        self._form = form
        self._in_json = in_json
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._marks = Marks()
        self.rate_hz = form.rate_hz
        self.connection_id = connection_id

    @classmethod
    async def accept(cls, socket: Socket) -> Self:
        """The channel, once Asterisk has said what it is; raises Disconnected for anything else."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                first = await socket.receive()
        except TimeoutError:
            raise Disconnected("Asterisk did not begin") from None
        start = parse(first) if isinstance(first, str) else Event("", {})
        form = FORMATS.get(start.fields.get("format", ""))
        if start.name != "MEDIA_START" or form is None:
            named = ", ".join(FORMATS)
            raise Disconnected(
                f"a channel begins with MEDIA_START and one of {named}: dial with c(...)"
            )
        assert isinstance(first, str)
        name = start.fields.get("connection_id", "")
        return cls(socket, form, name, in_json=first.startswith("{"))

    async def heard(self) -> AsyncGenerator[Inbound]:
        """Sound, digits and what has been played, until Asterisk closes the socket."""
        while True:
            try:
                got = await self._socket.receive()
            except Disconnected:
                return
            message = self._sound(got) if isinstance(got, bytes) else self._event(parse(got))
            if message is not None:
                yield message

    async def send(self, frame: Samples) -> None:
        """Give Asterisk 20 ms of sound, once it has room."""
        try:
            async with asyncio.timeout(XON_WITHIN_S):
                await self._flowing.wait()
        except TimeoutError:
            raise Disconnected("Asterisk's queue stays full") from None
        await self._socket.send(self._form.encode(frame))

    async def mark(self, played: Played) -> bool:
        """Asterisk gives the mark back when it has played what was sent before it."""
        await self._command("MARK_MEDIA", self._marks.sent(played))
        return True

    async def clear(self) -> None:
        """Empty Asterisk's queue. The marks in it are worth nothing from now on."""
        self._marks.clear()
        await self._command("FLUSH_MEDIA")

    async def hang_up(self) -> None:
        """End the call."""
        with suppress(Disconnected):
            await self._command("HANGUP")
        await self._socket.close()

    async def _command(self, name: str, correlation_id: str | None = None) -> None:
        await self._socket.send(command(name, correlation_id, in_json=self._in_json))

    def _sound(self, data: bytes) -> Inbound | None:
        samples = self._form.decode(data)
        return CallerAudio(samples, self.rate_hz) if len(samples) else None

    def _event(self, event: Event) -> Inbound | None:
        match event.name:
            case "DTMF_END":
                key = event.fields.get("digit", "").upper()
                return KeyPressed(key) if key in KEYS else None
            case "MEDIA_MARK_PROCESSED":
                return self._marks.named(event.fields.get("correlation_id", ""))
            case "MEDIA_XOFF":
                self._flowing.clear()
            case "MEDIA_XON":
                self._flowing.set()
        return None
