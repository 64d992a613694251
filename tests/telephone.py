"""A scripted exchange: Asterisk's side of AudioSocket, on a real loopback connection."""

import asyncio
import socket
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import numpy as np

from api.settings import Network
from api.telephony import audiosocket_frames
from api.telephony.audiosocket import LOOPBACK, AudioSocketServer, Connection
from api.telephony.audiosocket_frames import Frame, FrameDecoder, encode
from api.telephony.bridge import Calling, Disconnected, connect_call
from dialog.content import Speech
from dialog.messages import CallEnded, HungUp, Inbound, Outbound, ResponseEnded, ResponseStarted

IDENTITY = uuid.UUID(int=7)
QUIET = encode(Frame(0x10, bytes(320)))


class FarEnd:
    """The far end of a WebSocket, scripted: what it says, and the end of the line at None."""

    def __init__(self, *says: str | bytes) -> None:
        self.inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.closed = False
        for one in says:
            self.inbox.put_nowait(one)

    async def receive(self) -> str | bytes:
        got = await self.inbox.get()
        if got is None:
            raise Disconnected("left")
        return got

    async def close(self) -> None:
        self.closed = True
        self.inbox.put_nowait(None)


class Exchange:
    """One connection from the exchange to us."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.decoder = FrameDecoder()

    def say(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    def introduce(self, identity: uuid.UUID = IDENTITY) -> None:
        self.say(encode(Frame(audiosocket_frames.IDENTITY, identity.bytes)))

    async def heard(self, count: int) -> list[Frame]:
        """At least so many frames; fewer where the line ends before."""
        got: list[Frame] = []
        while len(got) < count and (data := await self.reader.read(4096)):
            got += self.decoder.push(data)
        return got

    async def rest(self) -> list[Frame]:
        """Everything until the line ends."""
        return await self.heard(1 << 30)

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """End it without a word: the other side reads ECONNRESET."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.writer.transport.abort()


class Script:
    """A call that notes what it is told and says what it is given; ends with the caller."""

    def __init__(self, says: Sequence[Outbound] = (), *, ends: bool = False) -> None:
        self.told: list[Inbound] = []
        self.running = 0
        self._says = says
        self._ends = ends

    async def __call__(self, inbound: AsyncIterator[Inbound]) -> AsyncGenerator[Outbound]:
        self.running += 1
        try:
            for message in self._says:
                yield message
            if not self._ends:
                async for heard in inbound:
                    self.told.append(heard)
                    if isinstance(heard, HungUp):
                        yield CallEnded(heard.reason)
                        return
            yield CallEnded("silence")
        finally:
            self.running -= 1


def words(seconds: float, turn: int = 1, rate_hz: int = 8_000) -> list[Outbound]:
    """One response, a steady sound."""
    samples = np.full(round(seconds * rate_hz), 0.5, np.float32)
    return [ResponseStarted(turn), Speech(samples, rate_hz, "да", (), turn), ResponseEnded(turn)]


class Door:
    """A server on a free port, and connections to it."""

    def __init__(self, server: AudioSocketServer, port: int) -> None:
        self.server, self.port = server, port

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Exchange]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Exchange(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def door(
    call: Calling, *, peers: Sequence[Network] = LOOPBACK, limit: int = 64
) -> AsyncIterator[Door]:
    async def held(wire: Connection, _: uuid.UUID) -> None:
        await connect_call(wire, call)

    listening = socket.create_server(("127.0.0.1", 0))
    async with AudioSocketServer(listening, held, peers=peers, limit=limit) as server:
        yield Door(server, listening.getsockname()[1])
