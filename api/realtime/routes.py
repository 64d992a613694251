"""`WS /v1/realtime`: a live call over a WebSocket that speaks OpenAI's Realtime protocol.

One task reads, one holds the call and writes, one tells the call what was played. Writing waits
for the client; one that stops reading is cut off, and no more than `INBOX` of its own frames
wait meanwhile.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import import_module

from fastapi import APIRouter, WebSocket

from api.realtime.events import Json, error_event
from api.realtime.session import Realtime
from api.realtime.tools import ToolResponder
from api.wiring import Services
from dialog.errors import Unavailable
from dialog.messages import CallEnded, HungUp, Inbound, Outbound
from dialog.tasks import background

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1")

INBOX = 64
PLAYED_EVERY_S = 0.1
SEND_WITHIN_S = 10.0
NORMAL, FAULT, BUSY, TOO_SLOW = 1000, 1011, 1013, 1008
"""Close codes (RFC 6455, section 7.4.1, and IANA's registry)."""

InboundQueue = asyncio.Queue[Inbound]


class EventSocket:
    """The socket, one event at a time. A client that takes none for 10 s raises TimeoutError."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._turn = asyncio.Lock()

    async def send(self, events: list[Json]) -> None:
        for one in events:
            text = json.dumps(one, ensure_ascii=False)
            async with self._turn, asyncio.timeout(SEND_WITHIN_S):
                await self._socket.send_text(text)

    async def close(self, code: int, reason: str) -> None:
        with suppress(Exception):  # it may be gone already
            async with asyncio.timeout(SEND_WITHIN_S):
                await self._socket.close(code, reason)


@router.websocket("/realtime")
async def realtime(socket: WebSocket, conversation_id: str | None = None) -> None:
    """Hold one session; refused in words when all lines are busy."""
    await asyncio.to_thread(import_module, "openai.types.realtime")  # a second of work, once
    offered = socket.scope["subprotocols"]
    await socket.accept("realtime" if "realtime" in offered else None)
    services: Services = socket.app.state.services
    conversation_id = conversation_id or str(uuid.uuid4())
    session = Realtime(conversation_id, await _voices(services), beta=_is_beta(socket))
    inbox: InboundQueue = asyncio.Queue(INBOX)
    wire = EventSocket(socket)
    code, reason = FAULT, "internal error"
    try:
        respond = ToolResponder(session, services.answerer, services.llm)
        async with services.calls.open(_drained(inbox), conversation_id, respond) as call:
            reason = await _hold(call, session, socket, wire, inbox)
            code = NORMAL
    except Unavailable as error:
        code, reason = BUSY, error.message
        with suppress(Exception):
            await wire.send([error_event(error.message, "too_many_sessions")])
    except TimeoutError:
        code, reason = TOO_SLOW, "the client does not read"
    except Exception as error:
        log.warning("a session failed: %s", type(error).__name__)
    await wire.close(code, reason)


async def _hold(
    call: AsyncIterator[Outbound],
    session: Realtime,
    socket: WebSocket,
    wire: EventSocket,
    inbox: InboundQueue,
) -> str:
    """Run the call to its end; returns why it ended. Leaves no task behind."""
    await wire.send(session.opening())
    reading = background(_read(socket, session, wire, inbox))
    async with reading, background(_tell_played(session, inbox)):
        async for message in call:
            await wire.send(session.emit(message))
            if isinstance(message, CallEnded):
                return message.reason
    return "ended"


async def _read(
    socket: WebSocket, session: Realtime, wire: EventSocket, inbox: InboundQueue
) -> None:
    """The client's frames into the call, until it leaves."""
    try:
        while True:
            frame = await socket.receive()
            if frame["type"] == "websocket.disconnect":
                return
            given = frame.get("text") if frame.get("text") is not None else frame.get("bytes")
            inbound, events = session.receive(given or "")
            await wire.send(events)
            for message in inbound:
                await inbox.put(message)
    finally:
        await inbox.put(HungUp())


async def _tell_played(session: Realtime, inbox: InboundQueue) -> None:
    before = None
    while True:
        await asyncio.sleep(PLAYED_EVERY_S)
        played = session.played()
        if played is not None and played != before:
            await inbox.put(played)
            before = played


async def _drained(inbox: InboundQueue) -> AsyncIterator[Inbound]:
    message: Inbound | None = None
    while not isinstance(message, HungUp):
        message = await inbox.get()
        yield message


async def _voices(services: Services) -> tuple[str, ...]:
    """Who may speak; nobody while the voice cannot be had: answers then stay text."""
    try:
        return await services.models.voices()
    except Unavailable:
        return ()


def _is_beta(socket: WebSocket) -> bool:
    beta = socket.headers.get("openai-beta", "") == "realtime=v1"
    return beta or "openai-beta.realtime-v1" in socket.scope["subprotocols"]
