"""`/v1/phone/...`: calls that an Asterisk brings on its WebSocket, and those of cloud carriers by
their webhooks and media streams."""

import logging
import uuid
from contextlib import suppress
from functools import partial

from fastapi import APIRouter, HTTPException, Request, Response, WebSocket

from api.telephony.bridge import Disconnected, connect_call
from api.telephony.carriers import Asked, Carrier, Refused
from api.telephony.chan_websocket import ChanWebSocket
from api.telephony.phone import Phone
from api.telephony.sockets import ServerSocket

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/phone")


@router.websocket("/asterisk")
async def asterisk(socket: WebSocket) -> None:
    """A channel of Asterisk's `chan_websocket`. `?uuid=` names the conversation; else Asterisk's
    connection does."""
    offered = socket.scope["subprotocols"]
    await socket.accept("media" if "media" in offered else None)
    phone: Phone = socket.app.state.phone
    taken = ServerSocket(socket)
    try:
        wire = await ChanWebSocket.accept(taken)
    except Disconnected as error:
        log.warning("chan_websocket: %s", error)
        await taken.close()
        return
    identity = _identified(socket.query_params.get("uuid", wire.connection_id))
    reason = await connect_call(wire, partial(phone.answer, identity))
    log.info("a call over chan_websocket ended: %s", reason)


@router.get("/{carrier}")
@router.post("/{carrier}")
async def answer(carrier: str, request: Request) -> Response:
    """A call has come: connect it with the stream below. 403 unless the carrier has signed."""
    phone: Phone = request.app.state.phone
    asked = await _asked(request, phone)
    known = _known(phone, carrier)
    try:
        key, leg = known.admitted(asked)
    except Refused as error:
        raise HTTPException(403, str(error)) from None
    ticket = phone.tickets.issue(f"{carrier} {key}", leg)
    return known.connecting(f"{_socket_url(phone)}/v1/phone/{carrier}/stream/{ticket}")


@router.post("/{carrier}/events", status_code=204)
async def events(carrier: str, request: Request) -> None:
    """What a carrier tells of its calls beside; nothing of it is needed."""
    _known(request.app.state.phone, carrier)


@router.websocket("/{carrier}/stream/{ticket}")
async def stream(carrier: str, ticket: str, socket: WebSocket) -> None:
    """A call's sound. A socket without a good ticket gets 403."""
    phone: Phone = socket.app.state.phone
    found = phone.carriers.get(carrier)
    url = f"{_socket_url(phone)}{socket.url.path}"
    asked = Asked(url, dict(socket.headers), {}, {})
    leg = phone.tickets.redeem(ticket) if found and found.may_open(asked) else None
    if found is None or leg is None:
        await socket.close()  # before it is accepted: the handshake gets 403
        return
    await socket.accept()
    taken = ServerSocket(socket)
    try:
        wire, control = await found.line(taken, leg)
    except Disconnected as error:
        log.warning("%s: %s", carrier, error)
        await taken.close()
        return
    reason = await connect_call(wire, partial(phone.answer, uuid.uuid4(), control=control))
    log.info("a call over %s ended: %s", carrier, reason)


def _identified(text: str) -> uuid.UUID:
    """The UUID that a text spells; a new one where it spells none."""
    with suppress(ValueError):
        return uuid.UUID(text)
    return uuid.uuid4()


def _known(phone: Phone, carrier: str) -> Carrier:
    if carrier not in phone.carriers:
        raise HTTPException(404, f"no carrier {carrier[:20]!r} is set up: see docs/telephony.md")
    return phone.carriers[carrier]


def _socket_url(phone: Phone) -> str:
    return f"wss{phone.public_url.removeprefix('https')}"


async def _asked(request: Request, phone: Phone) -> Asked:
    """The request as its carrier sent it, before any proxy."""
    body = await request.body()
    form: dict[str, str] = {}
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = {name: str(value) for name, value in (await request.form()).items()}
    query = f"?{request.url.query}" if request.url.query else ""
    return Asked(
        f"{phone.public_url}{request.url.path}{query}",
        dict(request.headers), dict(request.query_params), form, body,
    )  # fmt: skip
