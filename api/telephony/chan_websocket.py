"""Asterisk's WebSocket channel (`chan_websocket`, from 20.16, 21.11, 22.6 and 23.0 on).

Binary messages are sound, text messages events and commands: plain words, or JSON where the
channel was dialled with `f(json)`. Asterisk queues what it gets and plays it by its own clock:
it is kept a little ahead, asked to tell what it has played, and told to throw the rest away.

https://docs.asterisk.org/Configuration/Channel-Drivers/WebSocket
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from api.telephony.bridge import Disconnected
from api.telephony.queued_websocket import (
    QueuedWebSocket,
    first,
    json_object,
    mark_name,
    named_mark,
)
from api.telephony.sockets import Socket
from dialog.audio.wire_format import ALAW, MULAW, WireFormat, linear
from dialog.content import Samples
from dialog.keypad import pressed
from dialog.messages import Inbound, Played

XON_WITHIN_S = 5.0


FORMATS = {
    "ulaw": MULAW, "alaw": ALAW,
    "slin": linear(8_000), "slin12": linear(12_000), "slin16": linear(16_000),
    "slin24": linear(24_000), "slin32": linear(32_000), "slin48": linear(48_000),
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What Asterisk says, in either manner."""

    name: str
    fields: dict[str, str]


def parse(text: str) -> Event:
    """Either manner to an event; a nameless one for what is none."""
    if text.startswith("{"):
        said = json_object(text)
        name = str(said.pop("event", ""))
        return Event(name, {key: str(value) for key, value in said.items()})
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


class ChanWebSocket(QueuedWebSocket):
    """One channel. Make it with `accept`."""

    comfort = True

    def __init__(
        self, socket: Socket, form: WireFormat, connection_id: str, *, in_json: bool
    ) -> None:
        super().__init__(socket, form)
        self.connection_id = connection_id
        self._in_json = in_json
        self._flowing = asyncio.Event()
        self._flowing.set()

    @classmethod
    async def accept(cls, socket: Socket) -> Self:
        """The channel, once Asterisk has said what it is; raises Disconnected for anything else."""
        message = await first(socket.receive())
        start = parse(message) if isinstance(message, str) else Event("", {})
        form = FORMATS.get(start.fields.get("format", ""))
        if start.name != "MEDIA_START" or form is None:
            named = ", ".join(FORMATS)
            raise Disconnected(
                f"a channel begins with MEDIA_START and one of {named}: dial with c(...)"
            )
        assert isinstance(message, str)
        name = start.fields.get("connection_id", "")
        return cls(socket, form, name, in_json=message.startswith("{"))

    def parse(self, message: str | bytes) -> Sequence[Inbound]:
        """Sound in bytes; keys, marks and whether there is room as events."""
        if isinstance(message, bytes):
            return self._caller_audio(message)
        event = parse(message)
        match event.name:
            case "DTMF_END":
                return pressed(event.fields.get("digit", ""))
            case "MEDIA_MARK_PROCESSED":
                return named_mark(event.fields.get("correlation_id", ""))
            case "MEDIA_XOFF":
                self._flowing.clear()
            case "MEDIA_XON":
                self._flowing.set()
        return []

    async def send(self, frame: Samples) -> None:
        """Give Asterisk 20 ms of sound, once it has room; raises Disconnected."""
        try:
            async with asyncio.timeout(XON_WITHIN_S):
                await self._flowing.wait()
        except TimeoutError:
            raise Disconnected("Asterisk's queue stays full") from None
        await super().send(frame)

    def mark_command(self, played: Played) -> str:
        """Asterisk gives the mark back when it has played what was sent before it."""
        return command("MARK_MEDIA", mark_name(played), in_json=self._in_json)

    def clear_command(self) -> str:
        """Asterisk empties its queue."""
        return command("FLUSH_MEDIA", in_json=self._in_json)

    async def hang_up(self) -> None:
        """End the call; never raises."""
        with suppress(Disconnected):
            await self._socket.send(command("HANGUP", in_json=self._in_json))
        await super().hang_up()
