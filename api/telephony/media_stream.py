"""Media streams of Twilio and Telnyx: a call's sound as base64 G.711 in JSON, over a WebSocket.

The carrier queues what it gets and plays it by its own clock: it is kept a little ahead, gives
marks back when it has played what was sent before them, and forgets its queue at `clear`.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from api.telephony.bridge import Disconnected
from api.telephony.queued_websocket import (
    QueuedWebSocket,
    first,
    json_object,
    mark_name,
    named_mark,
)
from api.telephony.sockets import Socket
from dialog.audio.wire_format import WireFormat
from dialog.content import Samples
from dialog.keypad import pressed
from dialog.messages import Inbound, Played

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
    codecs: Mapping[str, WireFormat]
    named: bool


class MediaStream(QueuedWebSocket):
    """One call's stream. Make it with `accept`."""

    def __init__(
        self, socket: Socket, form: WireFormat, call: str, names: Mapping[str, str]
    ) -> None:
        super().__init__(socket, form)
        self.call = call
        self._names = names
        self._early: dict[int, Inbound] = {}
        self._next = 0

    @classmethod
    async def accept(cls, socket: Socket, dialect: Dialect) -> Self:
        """The stream, once the carrier has said which it is; raises Disconnected for anything
        else."""
        event = await first(_start(socket))
        start = _part(event, "start")
        said = _part(start, dialect.form)
        stream = event.get(dialect.stream)
        if event.get("event") != "start" or not isinstance(stream, str):
            raise Disconnected("a stream begins with `start`")
        form = dialect.codecs.get(str(said.get("encoding")))
        if form is None or str(said.get(dialect.rate)) != str(form.rate_hz):
            raise Disconnected(f"the stream is not {' or '.join(dialect.codecs)} at 8 kHz")
        names = {dialect.stream: stream} if dialect.named else {}
        return cls(socket, form, str(start.get(dialect.call, "")), names)

    def parse(self, message: str | bytes) -> Sequence[Inbound]:
        """Sound in its order, keys and marks, all as events; raises Disconnected for `stop`."""
        event = json_object(message)
        match event.get("event"):
            case "media":
                return self._media(_part(event, "media"))
            case "dtmf":
                return pressed(_part(event, "dtmf").get("digit", ""))
            case "mark":
                return named_mark(str(_part(event, "mark").get("name", "")))
            case "stop":
                raise Disconnected("the stream has stopped")
        return []

    def sound(self, frame: Samples) -> str:
        """A frame as base64."""
        payload = base64.b64encode(self._form.encode(frame)).decode()
        return self._event("media", media={"payload": payload})

    def mark_command(self, played: Played) -> str:
        """The carrier gives the mark back when it has played what was sent before it."""
        return self._event("mark", mark={"name": mark_name(played)})

    def clear_command(self) -> str:
        """The carrier empties its queue, and gives all marks in it back."""
        return self._event("clear")

    def _event(self, event: str, **fields: Any) -> str:
        return json.dumps({"event": event, **self._names, **fields})

    def _media(self, media: dict[str, Any]) -> Sequence[Inbound]:
        """The frames that can be heard now: carriers number them, for they may overtake."""
        payload = str(media.get("payload", ""))
        if media.get("track", "inbound") not in ("inbound", "inbound_track"):
            return []
        with suppress(binascii.Error, ValueError):
            sound = self._caller_audio(base64.b64decode(payload, validate=True))
            chunk = str(media.get("chunk", ""))
            return self._in_order(int(chunk), *sound) if sound and chunk.isdecimal() else sound
        return []

    def _in_order(self, chunk: int, sound: Inbound) -> Sequence[Inbound]:
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


async def _start(socket: Socket) -> dict[str, Any]:
    """The first event that is not about the socket itself."""
    while (event := json_object(await socket.receive())).get("event") == "connected":
        pass
    return event


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}
