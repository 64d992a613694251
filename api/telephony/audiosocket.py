"""AudioSocket: Asterisk's own protocol for a call's sound over TCP (`app_` and `chan_audiosocket`).

    Asterisk -> identity (a UUID), then sound each 20 ms and digits as they are keyed
    Beseda   -> sound each 20 ms by our clock, and a hang-up

Asterisk plays what it gets when it gets it, and ends the call at a frame that it does not know, a
digit or an empty frame. The protocol has no password: only peers on a list may connect.
"""

import asyncio
import ipaddress
import logging
import socket
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress

from api.settings import Network
from api.telephony import audiosocket_frames
from api.telephony.audiosocket_frames import Frame, FrameDecoder, Mislabelled
from api.telephony.bridge import Disconnected
from dialog.audio.g711 import mulaw_decode
from dialog.content import Samples
from dialog.keypad import pressed
from dialog.messages import CallerAudio, Inbound, Played
from dialog.tasks import TaskSet

log = logging.getLogger(__name__)

LOOPBACK: tuple[Network, ...] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)

IDENTITY_WITHIN_S = 5.0
# Sound tells the rate. A phone that sends none has not let its caller speak yet: it gets 8 kHz.
SOUND_WITHIN_S = 0.5
DEFAULT_HZ = 8_000
# No byte at all for so long: Asterisk itself is gone, or its network is.
SILENT_S = 60.0
STALLED_S = 5.0
# Sound that comes faster than it can have been spoken is no call.
AHEAD_S = 10.0
READ_BYTES = 16_384
WAITING_BYTES = 32_768


class Connection:
    """One call's connection: a `Transport` once `identify` has read who it is."""

    lead_s = 0.0
    comfort = True

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = FrameDecoder()
        self._early: list[Frame] = []
        self._mislabelled = Mislabelled()
        self._is_mulaw = False
        self.rate_hz = DEFAULT_HZ
        writer.transport.set_write_buffer_limits(high=WAITING_BYTES)

    async def identify(self) -> uuid.UUID:
        """Read the identity, and the rate from the first sound; raises Disconnected for
        anything else."""
        try:
            async with asyncio.timeout(IDENTITY_WITHIN_S):
                while not self._early:
                    self._early += await self._read()
        except TimeoutError:
            raise Disconnected("no identity came") from None
        first = self._early.pop(0)
        if first.kind != audiosocket_frames.IDENTITY or len(first.payload) != 16:
            raise Disconnected("the first frame is no identity")
        with suppress(TimeoutError):
            async with asyncio.timeout(SOUND_WITHIN_S):
                while not (rates_hz := [one.rate_hz for one in self._early if one.rate_hz]):
                    self._early += await self._read()
                self.rate_hz = rates_hz[0]
        return uuid.UUID(bytes=first.payload)

    async def heard(self) -> AsyncGenerator[Inbound]:
        """Sound and digits, until a hang-up, an error or the end of the connection."""
        loop = asyncio.get_running_loop()
        began_s, received_s = loop.time(), 0.0
        while True:
            for frame in self._early:
                if frame.kind in (audiosocket_frames.HANGUP, audiosocket_frames.ERROR):
                    return
                for message in self._mulaw(frame) or _messages(frame):
                    if isinstance(message, CallerAudio):
                        received_s += len(message.samples) / message.rate_hz
                    yield message
            if received_s > loop.time() - began_s + AHEAD_S:
                raise Disconnected("sound comes faster than it can be spoken")
            try:
                async with asyncio.timeout(SILENT_S):
                    self._early = await self._read()
            except TimeoutError:
                raise Disconnected("nothing comes") from None

    def _mulaw(self, frame: Frame) -> Sequence[Inbound]:
        """The frame's sound, once it is known to be mu-law for all that it says."""
        if frame.rate_hz is None:
            return []
        if not self._is_mulaw and self._mislabelled.push(frame, asyncio.get_running_loop().time()):
            self._is_mulaw = True
            log.error("AudioSocket: u-law comes in frames that say PCM, and is read as u-law from "
                      "here on: dial with c(slin), see docs/telephony.md")  # fmt: skip
        return [CallerAudio(mulaw_decode(frame.payload), DEFAULT_HZ)] if self._is_mulaw else []

    async def send(self, frame: Samples) -> None:
        """Give Asterisk 20 ms of sound."""
        await self._write(audiosocket_frames.sound(frame, self.rate_hz))

    async def mark(self, played: Played) -> bool:  # noqa: ARG002
        """Asterisk does not tell, but it plays at once what it gets."""
        return False

    async def clear(self) -> None:
        """Nothing waits beyond the wire."""

    async def hang_up(self) -> None:
        """The frame that ends the call, and the end of the connection."""
        with suppress(Disconnected):
            await self._write(Frame(audiosocket_frames.HANGUP))
        self._writer.close()
        try:
            async with asyncio.timeout(STALLED_S):
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            self._writer.transport.abort()

    async def _read(self) -> list[Frame]:
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            raise Disconnected("the connection ended")
        return self._decoder.push(data)

    async def _write(self, frame: Frame) -> None:
        if self._writer.is_closing():
            raise Disconnected("the connection is closed")
        self._writer.write(audiosocket_frames.encode(frame))
        try:
            async with asyncio.timeout(STALLED_S):
                await self._writer.drain()
        except (TimeoutError, OSError):
            self._writer.transport.abort()
            raise Disconnected("the far end takes nothing") from None


class AudioSocketServer:
    """Takes connections and has each one `held`. Use it as an async context: leaving it ends
    every call."""

    def __init__(
        self,
        listening: socket.socket,
        held: Callable[[Connection, uuid.UUID], Awaitable[object]],
        *,
        peers: Sequence[Network] = LOOPBACK,
        limit: int = 64,
    ) -> None:
        self._listening = listening
        self._held = held
        self._peers = peers
        self._limit = limit
        self._calls = TaskSet()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "AudioSocketServer":
        self._server = await asyncio.start_server(self._take, sock=self._listening)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._calls.close()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        if peer is None or not may_connect(peer[0], self._peers):
            log.warning("AudioSocket: %s is not on the list of peers", peer and peer[0])
            writer.transport.abort()
        elif len(self._calls) >= self._limit:
            log.warning("AudioSocket: more than %d connections", self._limit)
            writer.transport.abort()
        else:
            self._calls.start(self._serve(Connection(reader, writer)))

    async def _serve(self, connection: Connection) -> None:
        try:
            identity = await connection.identify()
            await self._held(connection, identity)
        except Disconnected as error:
            log.info("AudioSocket: a connection was no call: %s", error)
        finally:
            await connection.hang_up()


def may_connect(address: str, peers: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in peers)


def _messages(frame: Frame) -> Sequence[Inbound]:
    """What a frame says to the call."""
    if frame.rate_hz is not None and len(frame.payload) >= 2:
        return [CallerAudio(audiosocket_frames.samples_of(frame), frame.rate_hz)]
    if frame.kind == audiosocket_frames.DIGIT and len(frame.payload) == 1:
        return pressed(chr(frame.payload[0]))
    return []
