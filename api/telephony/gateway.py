"""A process of its own for sound that must leave on time.

    Asterisk <- 20 ms frames -> [ AudioSocketServer, bridge ] <- messages -> [ call, models ]
                                  this process, nothing else                  the service

Synthesis, retrieval and Python's GIL hold the service up for tens of milliseconds at a time, and
a phone plays that as a crackle. Here nothing is computed but the next frame. The two processes
exchange the messages of docs/calls.md, pickled, over a Unix socket that only they can open.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.logs import log_to, tell_loop_error
from api.settings import Network
from api.telephony.audiosocket import AudioSocketServer, Connection
from api.telephony.bridge import connect_call
from api.telephony.gateway_socket import AnswerCall, relay_call, serve_calls
from dialog.tasks import background

log = logging.getLogger(__name__)

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
        async with serve_calls(path, answer), background(_kept_running(config, path)):
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
        reason = await connect_call(wire, partial(relay_call, path, identity))
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
