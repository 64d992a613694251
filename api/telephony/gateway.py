"""A process of its own for sound that must leave on time.

    Asterisk <- 20 ms frames -> [ AudioSocketServer, hold ] <- messages -> [ the call, the models ]
                                  this process, nothing else                the service

Synthesis, retrieval and Python's GIL hold the service up for tens of milliseconds at a time, and
a phone plays that as a crackle. Here nothing is computed but the next frame. The two processes
exchange the messages of docs/calls.md, pickled, over a Unix socket that only they can open.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import struct
import tempfile
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from api.logs import log_to, tell_loop_error
from api.settings import Network
from api.telephony.audiosocket import AudioSocketServer, Connection
from api.telephony.bridge import connect_call
from dialog.errors import Unavailable
from dialog.messages import HungUp, Inbound, Outbound
from dialog.tasks import TaskSet, background

log = logging.getLogger(__name__)

AnswerCall = Callable[[uuid.UUID, AsyncIterator[Inbound]], AsyncGenerator[Outbound]]

_LENGTH = struct.Struct("!I")
AGAIN_S = 1.0
STOP_S = 15.0
NICENESS = -10


@dataclass(frozen=True)
class GatewayConfig:
    """Where calls come in, from whom, how many at once."""

    listening: socket.socket
    peers: Sequence[Network]
    limit: int
    log_file: Path


@asynccontextmanager
async def gateway(config: GatewayConfig, answer: AnswerCall) -> AsyncIterator[None]:
    """Take calls at `config.listening`, in the other process, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="beseda-") as folder:  # 0700: nobody else's
        path = Path(folder) / "calls"
        async with TaskSet() as calls:

            def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                calls.start(_serve(reader, writer, answer))

            with closing(await asyncio.start_unix_server(take, path)):
                async with background(_kept_running(config, path)):
                    yield


async def _kept_running(config: GatewayConfig, path: Path) -> None:
    """Run the process; begin it anew should it end."""
    while True:
        process = multiprocessing.get_context("spawn").Process(
            target=_main, args=(config, path), name="beseda-gateway", daemon=True
        )
        process.start()
        try:
            await _ended(process)
        finally:
            process.terminate()
            await asyncio.shield(asyncio.to_thread(process.join, STOP_S))
            process.kill()
        log.error("the telephone gateway ended (%s): starting it again", process.exitcode)
        await asyncio.sleep(AGAIN_S)


async def _ended(process: multiprocessing.process.BaseProcess) -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    loop.add_reader(process.sentinel, ended.cancel)
    try:
        await asyncio.wait([ended])
    finally:
        loop.remove_reader(process.sentinel)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: AnswerCall
) -> None:
    """The service's end of one call."""
    try:
        identity = await _receive(reader)
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


def _main(config: GatewayConfig, path: Path) -> None:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the service decides
    _hurry()
    log_to(config.log_file)
    asyncio.run(_take_calls(config, path))


def _hurry() -> None:
    """Be woken before the models' threads. As a real-time task where the system allows it: a
    niceness alone still waits for others' time slices to end."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    # What has been loaded by now stays: collecting it over and over would hold frames up.
    gc.collect()
    gc.freeze()


async def _take_calls(config: GatewayConfig, path: Path) -> None:
    async def held(wire: Connection, identity: uuid.UUID) -> None:
        reason = await connect_call(wire, partial(_call, path, identity))
        log.info("a call over AudioSocket ended: %s", reason)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_loop_error)
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    if (parent := multiprocessing.parent_process()) is not None:
        loop.add_reader(parent.sentinel, over.set)  # the service is gone: so are its calls
    async with AudioSocketServer(config.listening, held, peers=config.peers, limit=config.limit):
        await over.wait()
    if parent is not None:
        loop.remove_reader(parent.sentinel)


async def _call(
    path: Path, identity: uuid.UUID, inbound: AsyncIterator[Inbound]
) -> AsyncGenerator[Outbound]:
    """The gateway's end of one call: what `connect_call` takes for the call itself."""
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
