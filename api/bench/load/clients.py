"""The two sockets from their far end: what Asterisk does on AudioSocket, and a Realtime client.

Knows protocols and what plays when; knows nothing of callers.
"""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from api.bench.load.answer_detector import Sound
from api.bench.load.jitter import Spread
from api.realtime.audio import FORMATS, samples_of
from api.telephony import audiosocket_frames
from api.telephony.audiosocket_frames import Frame, FrameDecoder
from api.telephony.playout import PLAYOUT_FRAME_S
from dialog.audio.line import TelephoneLine
from dialog.content import Samples

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OPEN_S = 10.0
READ_BYTES = 16_384
WAITING_BYTES = 1 << 18
HUNG_UP = "hung up"


class Lost(Exception):
    """The call could not be placed, or has ended; its message says why."""


class CallLine(Protocol):
    """One call's line."""

    rate_hz: int

    async def send(self, packet: Samples) -> None:
        """Say 20 ms, shape (samples,) at `rate_hz`. Raises Lost once the service has hung up, or
        where it does not read."""

    def sounds(self) -> AsyncGenerator[Sound | None]:
        """What the caller hears; None: the rest of what came is not played. Never ends by itself:
        raises Lost when the service hangs up."""


@dataclass(frozen=True)
class Exchange:
    """Where AudioSocket is, and how evenly frames come from there."""

    host: str
    port: int
    line: TelephoneLine
    off: Spread = field(default_factory=Spread)

    @property
    def rate_hz(self) -> int:
        return self.line.rate_hz

    @asynccontextmanager
    async def call(self, identity: uuid.UUID) -> AsyncIterator[CallLine]:
        """Place a call; raises Lost where it cannot be placed."""
        try:
            async with asyncio.timeout(OPEN_S):
                reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError as error:  # TimeoutError is one
            reason = error.strerror or "no connection"
            raise Lost(f"AudioSocket at {self.host}:{self.port}: {reason}") from None
        try:
            writer.write(
                audiosocket_frames.encode(Frame(audiosocket_frames.IDENTITY, identity.bytes))
            )
            yield _AudioSocket(reader, writer, self.rate_hz, self.off)
            with suppress(OSError):
                writer.write(audiosocket_frames.encode(Frame(audiosocket_frames.HANGUP)))
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class _AudioSocket:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        rate_hz: int,
        off: Spread,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._decoder = FrameDecoder()
        self._off = off
        self.rate_hz = rate_hz

    async def send(self, packet: Samples) -> None:
        """See `CallLine`; Lost also where 256 KiB wait to be read."""
        if self._writer.is_closing():
            raise Lost(HUNG_UP)
        if self._writer.transport.get_write_buffer_size() > WAITING_BYTES:
            raise Lost("the service does not read")
        self._writer.write(
            audiosocket_frames.encode(audiosocket_frames.sound(packet, self.rate_hz))
        )

    async def sounds(self) -> AsyncGenerator[Sound | None]:
        """See `CallLine`. Raises Lost at a hang-up, and at the end of the connection."""
        loop = asyncio.get_running_loop()
        before_s, ends_s = None, 0.0
        while True:
            try:
                data = await self._reader.read(READ_BYTES)
            except OSError:
                data = b""
            now_s = loop.time()
            for frame in self._decoder.push(data):
                if frame.kind == audiosocket_frames.HANGUP:
                    raise Lost(HUNG_UP)
                if frame.rate_hz is None:
                    continue
                if before_s is not None:
                    self._off.add(abs(now_s - before_s - PLAYOUT_FRAME_S))
                before_s = now_s
                sound = Sound(audiosocket_frames.samples_of(frame), max(now_s, ends_s))
                ends_s = sound.at_s + len(sound.samples) / frame.rate_hz
                yield sound
            if not data:
                raise Lost(HUNG_UP)


@dataclass(frozen=True)
class Session:
    """Where the Realtime socket is, and with which key it opens."""

    url: str
    key: str | None
    line: TelephoneLine

    @property
    def form(self) -> str:
        """What the caller's end sends and plays."""
        return {"ulaw": "audio/pcmu", "alaw": "audio/pcma"}.get(self.line.codec, "audio/pcm")

    @property
    def rate_hz(self) -> int:
        return FORMATS[self.form].rate_hz

    @asynccontextmanager
    async def call(self, identity: uuid.UUID) -> AsyncIterator[CallLine]:
        """Open a session; raises Lost where it is refused, or all lines are busy, or no session
        comes within `OPEN_S`, and also where the socket breaks while the block runs."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        address = f"{self.url.replace('http', 'ws', 1)}/v1/realtime?conversation_id={identity}"
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        sound = {"format": {"type": self.form}}
        change = {"type": "realtime", "audio": {"input": sound, "output": sound}}
        try:
            async with connect(address, additional_headers=headers, open_timeout=OPEN_S) as socket:
                wire = _Realtime(socket, self.form)
                await wire.opened()
                await socket.send(json.dumps({"type": "session.update", "session": change}))
                yield wire
        except (OSError, WebSocketException) as error:
            raise Lost(f"{type(error).__name__}: {error}") from None


class _Realtime:
    def __init__(self, socket: "ClientConnection", form: str) -> None:
        self._socket = socket
        self._form = FORMATS[form]
        self.rate_hz = self._form.rate_hz

    async def opened(self) -> None:
        """Wait for the session. Raises Lost where a service with no free line says so instead, and
        where nothing comes within `OPEN_S`."""
        try:
            async with asyncio.timeout(OPEN_S):
                await self._next()
        except TimeoutError:
            raise Lost(f"no session within {OPEN_S:.0f} s") from None

    async def send(self, packet: Samples) -> None:
        """See `CallLine`. Raises Lost once the socket is closed."""
        from websockets.exceptions import ConnectionClosed

        audio = base64.b64encode(self._form.encode(packet)).decode()
        try:
            await self._socket.send(f'{{"type":"input_audio_buffer.append","audio":"{audio}"}}')
        except ConnectionClosed:
            raise Lost(HUNG_UP) from None

    async def sounds(self) -> AsyncGenerator[Sound | None]:
        """See `CallLine`. Raises Lost once the socket is closed, with the reason given for it."""
        loop = asyncio.get_running_loop()
        ends_s = 0.0
        while True:
            event = await self._next()
            now_s = loop.time()
            match event["type"]:
                case "response.output_audio.delta":
                    samples = samples_of(event["delta"], self._form)
                    yield Sound(samples, max(now_s, ends_s))
                    ends_s = max(now_s, ends_s) + len(samples) / self.rate_hz
                case "input_audio_buffer.speech_started":
                    ends_s = now_s
                    yield None
                case "response.done" if event["response"]["status"] == "cancelled":
                    ends_s = now_s
                    yield None

    async def _next(self) -> dict[str, Any]:
        from websockets.exceptions import ConnectionClosed

        try:
            event: dict[str, Any] = json.loads(await self._socket.recv())
        except ConnectionClosed as error:
            raise Lost(error.rcvd.reason if error.rcvd and error.rcvd.reason else HUNG_UP) from None
        if event["type"] == "error" and event["error"].get("code") == "too_many_sessions":
            raise Lost(event["error"]["message"])
        return event
