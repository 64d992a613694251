"""The telephone side of one service: which doors are open, and what a caller hears first.

Knows settings and greetings; knows no protocol.
"""

import asyncio
import logging
import socket
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from api.settings import Settings
from api.telephony.ari import Ari, Asterisk
from api.telephony.audiosocket import LOOPBACK
from api.telephony.gateway import Door, gateway
from api.telephony.handover import Handover
from api.wiring import LOG_FORMAT, Services
from dialog.errors import BadInput
from dialog.messages import Inbound, Outbound, Say

log = logging.getLogger(__name__)

# Beside the calls that can be held: callers who are just being told that all lines are busy.
BUSY_CALLERS = 16


class Phone:
    """Answers callers. One for the whole service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._held: set[uuid.UUID] = set()
        self._handover = Handover(services.settings.transfer_phrases)

    async def answer(
        self, identity: uuid.UUID, inbound: AsyncIterator[Inbound]
    ) -> AsyncGenerator[Outbound]:
        """Greet a caller and hold the call. `identity` becomes the conversation's id, unless a
        conversation has it: a dialplan with one fixed UUID must not join strangers' calls."""
        kept_in = identity
        if identity in self._held or await self._services.known(str(identity)):
            kept_in = uuid.uuid4()
        self._held.add(kept_in)
        try:
            respond = self._handover.answering(self._services.stages(spoken=True).respond)
            call = self._services.call(self._greeted(inbound), str(kept_in), respond)
            async with aclosing(call), aclosing(self._handover.ending(call)) as messages:
                async for message in messages:
                    yield message
        finally:
            self._held.discard(kept_in)

    async def _greeted(self, inbound: AsyncIterator[Inbound]) -> AsyncIterator[Inbound]:
        if greeting := self._services.settings.greeting:
            yield Say(greeting)
        async for message in inbound:
            yield message


def listening(settings: Settings) -> socket.socket | None:
    """The AudioSocket port, taken; None where it is not wanted. Raises BadInput."""
    if settings.audiosocket_port is None:
        return None
    host, port = settings.audiosocket_host, settings.audiosocket_port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadInput(f"cannot listen for AudioSocket on {host}:{port}: {error}") from None


@asynccontextmanager
async def lines(services: Services, taken: socket.socket | None) -> AsyncIterator[Phone]:
    """The phone with its doors open, for as long as the block runs."""
    phone = Phone(services)
    settings = services.settings
    async with AsyncExitStack() as doors:
        if taken is not None:
            peers = (*LOOPBACK, *settings.phone_peers)
            limit = settings.max_calls + BUSY_CALLERS
            door = Door(taken, peers, limit, settings.home / "beseda.log", LOG_FORMAT)
            await doors.enter_async_context(gateway(door, phone.answer))
        if settings.asterisk_url is not None:
            secret = settings.asterisk_password
            password = secret.get_secret_value() if secret else ""
            asterisk = Asterisk(settings.asterisk_url, settings.asterisk_user, password)
            await doors.enter_async_context(_beside(Ari(asterisk, phone.answer).serve()))
        yield phone


@asynccontextmanager
async def _beside(work: Coroutine[None, None, object]) -> AsyncIterator[None]:
    """Run something while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
