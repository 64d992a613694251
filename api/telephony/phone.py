"""The telephone side of one service: which doors are open, and what a caller hears first.

Knows settings and greetings; knows no protocol.
"""

import logging
import socket
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from api.settings import Network, Settings
from api.telephony.audiosocket import LOOPBACK, AudioSocketServer
from api.telephony.holding import Wire, hold
from api.wiring import Services
from dialog.errors import BadInput
from dialog.messages import Inbound, Say

log = logging.getLogger(__name__)

# Beside the calls that can be held: callers who are just being told that all lines are busy.
BUSY_CALLERS = 16


class Phone:
    """Answers lines with calls. One for the whole service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._held: set[uuid.UUID] = set()

    async def answer(self, wire: Wire, identity: uuid.UUID) -> None:
        """Greet a caller and hold the call. `identity` becomes the conversation's id, unless a
        conversation has it: a dialplan with one fixed UUID must not join strangers' calls."""
        kept_in = identity
        if identity in self._held or await self._services.known(str(identity)):
            kept_in = uuid.uuid4()
        self._held.add(kept_in)
        try:
            reason = await hold(
                wire, lambda inbound: self._services.call(inbound, str(kept_in)), self._opening()
            )
            log.info("call %s ended: %s", kept_in, reason)
        finally:
            self._held.discard(kept_in)

    def _opening(self) -> Sequence[Inbound]:
        greeting = self._services.settings.greeting
        return [Say(greeting)] if greeting else []


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
    if taken is None:
        yield phone
        return
    peers: Sequence[Network] = (*LOOPBACK, *services.settings.phone_peers)
    limit = services.settings.max_calls + BUSY_CALLERS
    async with AudioSocketServer(taken, phone.answer, peers=peers, limit=limit):
        yield phone
