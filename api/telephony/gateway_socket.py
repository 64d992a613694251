"""Calls between the service and its gateway: the messages of docs/calls.md over a Unix socket.

    gateway -> identity, Inbound, Inbound, ..., HungUp
    service <- Outbound, Outbound, ..., or Unavailable

One connection a call; each item is pickled, its length before it. Only for two processes of one
service: whoever can connect can have code run.
"""

import asyncio
import logging
import pickle
import struct
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

from dialog.errors import Unavailable
from dialog.messages import HungUp, Inbound, Outbound
from dialog.tasks import TaskSet, background

log = logging.getLogger(__name__)

AnswerCall = Callable[[uuid.UUID, AsyncIterator[Inbound]], AsyncGenerator[Outbound]]

_LENGTH = struct.Struct("!I")


@asynccontextmanager
async def serve_calls(path: Path, answer: AnswerCall) -> AsyncIterator[None]:
    """Answer the calls that come at `path`, for as long as the block runs; its end ends them."""
    async with TaskSet() as calls:

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            calls.start(_serve(reader, writer, answer))

        with closing(await asyncio.start_unix_server(take, path)):
            yield


async def relay_call(
    path: Path, identity: uuid.UUID, inbound: AsyncIterator[Inbound]
) -> AsyncGenerator[Outbound]:
    """The gateway's end of one call: what `connect_call` takes for the call itself.

    Raises Unavailable where the service has no free line, OSError where there is no service; ends
    early, without a `CallEnded`, where the service is gone.
    """
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        async with background(_pump(identity, inbound, writer)):
            while (message := await _receive(reader)) is not None:
                if isinstance(message, Unavailable):
                    raise message
                yield message
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: AnswerCall
) -> None:
    """The service's end of one call."""
    try:
        identity = await _receive(reader)
        if identity is None:
            return
        async with aclosing(answer(identity, _inbound(reader))) as messages:
            async for message in messages:
                await _send(writer, message)
    except Unavailable as error:
        with suppress(OSError):
            await _send(writer, error)
    except OSError:
        log.warning("the telephone gateway dropped a call")
    finally:
        writer.close()


async def _inbound(reader: asyncio.StreamReader) -> AsyncIterator[Inbound]:
    """What the caller does; ends with `HungUp`, as the gateway's own end does."""
    message: Inbound | None = None
    while not isinstance(message, HungUp):
        message = await _receive(reader) or HungUp("gateway")
        yield message


async def _pump(
    identity: uuid.UUID, inbound: AsyncIterator[Inbound], writer: asyncio.StreamWriter
) -> None:
    with suppress(OSError):
        await _send(writer, identity)
        async for message in inbound:
            await _send(writer, message)


async def _send(writer: asyncio.StreamWriter, item: Any) -> None:
    data = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
    writer.write(_LENGTH.pack(len(data)) + data)
    await writer.drain()


async def _receive(reader: asyncio.StreamReader) -> Any:
    """The next item; None at the end. The other side is this very service, so pickle is safe."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return pickle.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, OSError):
        return None
