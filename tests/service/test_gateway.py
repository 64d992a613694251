"""The gateway's own process: it answers, comes back when killed, and goes with the service."""

import asyncio
import multiprocessing
import os
import signal
import socket
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from api.telephony.audiosocket import LOOPBACK
from api.telephony.audiosocket_frames import HANGUP, encode, samples_of, sound
from api.telephony.gateway import GatewayConfig, gateway
from dialog.messages import HungUp, Inbound, Outbound
from tests.telephone import IDENTITY, Exchange, Script, words

pytestmark = [pytest.mark.service, pytest.mark.anyio]

WITHIN_S = 60.0
SOUND = encode(sound(np.full(160, 0.25, np.float32), 8_000))


class Service:
    """Says a word to each caller; notes who called, and with what each call ended."""

    def __init__(self) -> None:
        self.callers: list[uuid.UUID] = []
        self.last: Inbound | None = None

    async def answer(
        self, identity: uuid.UUID, inbound: AsyncIterator[Inbound]
    ) -> AsyncGenerator[Outbound]:
        self.callers.append(identity)
        script = Script(words(1.0))
        try:
            async for message in script(inbound):
                yield message
        finally:
            self.last = script.told[-1] if script.told else None


async def call(port: int) -> Exchange:
    """A call that has been answered: speech is heard. Placed anew until somebody takes it."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            exchange = Exchange(reader, writer)
            exchange.introduce()
            exchange.say(SOUND)
            with suppress(OSError):
                while frames := await exchange.heard(1):
                    exchange.say(SOUND)
                    if any(one.rate_hz and samples_of(one).max() > 0.3 for one in frames):
                        return exchange
            exchange.close()
            await asyncio.sleep(0.1)


def children() -> list[int]:
    return [
        one.pid or 0 for one in multiprocessing.active_children() if one.name == "beseda-gateway"
    ]


async def test_calls_are_taken_by_the_process_and_again_by_the_next(tmp_path: Path) -> None:
    service = Service()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = GatewayConfig(listening, LOOPBACK, 4, tmp_path / "log")
    async with gateway(config, service.answer):
        exchange = await call(port)
        assert set(service.callers) == {IDENTITY}
        (first,) = children()
        os.kill(first, signal.SIGKILL)
        assert all(one.kind != HANGUP for one in await exchange.rest()), "cut off, not hung up"
        exchange.close()
        again = await call(port)
        assert service.last == HungUp("gateway")
        (second,) = children()
        assert second != first
    assert children() == []
    assert (await again.rest())[-1].kind == HANGUP, "a service that ends hangs up"
    again.close()
    listening.close()
