"""`WS /v1/phone/...`: telephone calls that come over WebSockets."""

import logging
import uuid
from contextlib import suppress
from functools import partial

from fastapi import APIRouter, HTTPException, Request, Response, WebSocket

from api.settings import Settings
from api.telephony import twilio
from api.telephony.chan_websocket import ChanWebSocket
from api.telephony.holding import Gone, hold
from api.telephony.phone import Phone
from api.telephony.sockets import Taken

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/phone")

TWILIO_PATH = "/v1/phone/twilio"


@router.websocket("/asterisk")
async def asterisk(socket: WebSocket) -> None:
    """A channel of Asterisk's `chan_websocket`. `?uuid=` names the conversation; else Asterisk's
    connection does."""
    offered = socket.scope["subprotocols"]
    await socket.accept("media" if "media" in offered else None)
    phone: Phone = socket.app.state.phone
    taken = Taken(socket)
    try:
        wire = await ChanWebSocket.begun(taken)
    except Gone as error:
        log.warning("chan_websocket: %s", error)
        await taken.close()
        return
    identity = identified(socket.query_params.get("uuid", wire.connection_id))
    reason = await hold(wire, partial(phone.answer, identity))
    log.info("a call over chan_websocket ended: %s", reason)


@router.post("/twilio")
async def twilio_answer(request: Request) -> Response:
    """The webhook of a Twilio number: TwiML that connects the call with the stream below."""
    token, url = _twilio(request.app.state.services.settings)
    form = {name: str(value) for name, value in (await request.form()).items()}
    given = request.headers.get("x-twilio-signature", "")
    if not twilio.is_signed(given, token, f"{url}{TWILIO_PATH}", form):
        raise HTTPException(403, "Twilio has not signed this request for BESEDA_PUBLIC_URL")
    stream = f"wss{url.removeprefix('https')}{TWILIO_PATH}/stream"
    return Response(twilio.twiml(stream), media_type="text/xml")


@router.websocket("/twilio/stream")
async def twilio_stream(socket: WebSocket) -> None:
    """A Twilio call's sound; the handshake carries Twilio's signature."""
    phone: Phone = socket.app.state.phone
    if not _may_stream(socket):
        await socket.close()  # before it is accepted: the handshake gets 403
        return
    await socket.accept()
    taken = Taken(socket)
    try:
        wire = await twilio.MediaStream.begun(taken)
    except Gone as error:
        log.warning("Twilio: %s", error)
        await taken.close()
        return
    reason = await hold(wire, partial(phone.answer, uuid.uuid4()))
    log.info("a call over Twilio ended: %s", reason)


def _may_stream(socket: WebSocket) -> bool:
    try:
        token, url = _twilio(socket.app.state.services.settings)
    except HTTPException:
        return False
    own = f"wss{url.removeprefix('https')}{TWILIO_PATH}/stream"
    return twilio.is_signed(socket.headers.get("x-twilio-signature", ""), token, own, {})


def _twilio(settings: Settings) -> tuple[str, str]:
    """The token and the public address; 404 where Twilio is not wanted."""
    if settings.twilio_auth_token is None or settings.public_url is None:
        raise HTTPException(404, "set BESEDA_TWILIO_AUTH_TOKEN and BESEDA_PUBLIC_URL")
    return settings.twilio_auth_token.get_secret_value(), settings.public_url.rstrip("/")


def identified(text: str) -> uuid.UUID:
    """The UUID that a text spells; a new one where it spells none."""
    with suppress(ValueError):
        return uuid.UUID(text)
    return uuid.uuid4()
