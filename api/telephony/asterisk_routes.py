"""`WS /v1/phone/asterisk`: telephone calls that an Asterisk brings."""

import logging
import uuid
from contextlib import suppress
from functools import partial

from fastapi import APIRouter, WebSocket

from api.telephony.bridge import Disconnected, connect_call
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
    identity = identified(socket.query_params.get("uuid", wire.connection_id))
    reason = await connect_call(wire, partial(phone.answer, identity))
    log.info("a call over chan_websocket ended: %s", reason)


def identified(text: str) -> uuid.UUID:
    """The UUID that a text spells; a new one where it spells none."""
    with suppress(ValueError):
        return uuid.UUID(text)
    return uuid.uuid4()
