"""What all cloud carriers have in common: who may have a call held, and orders over REST.

    carrier -> signed webhook -> `admitted` -> answer with a stream's address and a ticket in it
    carrier -> WebSocket with the ticket -> `line` -> a Transport and a Control

Not every carrier signs the WebSocket's handshake, so the ticket stands for the signature: it is
good for one socket, and a webhook that comes again gets the ticket that it got before.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from fastapi import Response

from api.actions.control import CannotDo, Control
from api.telephony.bridge import Transport
from api.telephony.sockets import Socket

ORDER_WITHIN_S = 5.0
TICKET_S = 60.0
# How old a signed webhook may be; within this time its copy must not open another call.
FRESH_S = 300.0
TICKETS = 10_000


class Refused(Exception):
    """The request is not the carrier's; the message says why and holds nothing of it."""


@dataclass(frozen=True)
class Asked:
    """A webhook, or a socket's handshake: `url` as the carrier called it, header names in lower
    case."""

    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Leg:
    """A call as its carrier names it: ids, and the two numbers."""

    call: str
    caller: str
    called: str
    account: str = ""


class Carrier(Protocol):
    def admitted(self, asked: Asked) -> tuple[str, Leg]:
        """A webhook's call, and what only this webhook holds; raises Refused."""

    def connecting(self, stream: str) -> Response:
        """The answer that has the call's sound sent to `stream`, a wss:// address."""

    def may_open(self, asked: Asked) -> bool:
        """Whether a handshake is the carrier's, as far as it tells."""

    async def line(self, socket: Socket, leg: Leg) -> tuple[Transport, Control]:
        """The call on an open socket; raises Disconnected for anything else."""


class Tickets:
    """Calls that a carrier has announced and whose sound has not come yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[str, float]] = {}
        self._open: dict[str, Leg] = {}

    def issue(self, key: str, leg: Leg) -> str:
        """A ticket for a call; the same one for the same key."""
        self._forget()
        if key not in self._issued:
            ticket = secrets.token_urlsafe(24)
            self._issued[key] = ticket, self._clock()
            self._open[ticket] = leg
        return self._issued[key][0]

    def redeem(self, ticket: str) -> Leg | None:
        """The call of a ticket, once; None for one that is spent, too old or nobody's."""
        self._forget()
        return self._open.pop(ticket, None)

    def _forget(self) -> None:
        now_s = self._clock()
        for key, (ticket, at_s) in list(self._issued.items()):
            if now_s - at_s > TICKET_S:
                self._open.pop(ticket, None)
            # A webhook may be from the future by as much as it may be late.
            if now_s - at_s > 2 * FRESH_S or len(self._issued) > TICKETS:
                self._open.pop(ticket, None)
                del self._issued[key]


@dataclass(frozen=True)
class Rest:
    """A carrier's REST interface; tests give a transport of their own."""

    base_url: str
    auth: Callable[[], dict[str, str]]
    transport: httpx.AsyncBaseTransport | None = None

    async def order(self, method: str, path: str, **body: Any) -> None:
        """One order, `json=` or `data=`; raises CannotDo unless it is taken."""
        client = httpx.AsyncClient(
            base_url=self.base_url, headers=self.auth(), timeout=ORDER_WITHIN_S,
            transport=self.transport, trust_env=False,
        )  # fmt: skip
        try:
            async with client:
                reply = await client.request(method, path, **body)
        except httpx.HTTPError as error:
            raise CannotDo(f"the carrier cannot be reached: {type(error).__name__}") from None
        if not reply.is_success:
            raise CannotDo(f"the carrier answered {reply.status_code}")


class CarrierCall:
    """What the carriers' controls have in common: the way to give orders, and who calls."""

    def __init__(self, rest: Rest, leg: Leg) -> None:
        self._rest = rest
        self._leg = leg

    async def caller(self) -> str | None:
        """As the webhook told it."""
        return self._leg.caller or None


def number(to: str | None) -> str:
    """The number of a transfer; carriers have no dialplan that could choose one."""
    if to is None:
        raise CannotDo("a carrier needs a number to transfer `to`")
    return to
