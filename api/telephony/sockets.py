"""WebSockets as lines see them: one that a far end opened to us, or one that we opened to it.

Knows frames of text and bytes; knows no protocol above them.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from fastapi import WebSocket, WebSocketDisconnect

from api.telephony.bridge import Disconnected

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

STALLED_S = 5.0


class Socket(Protocol):
    """A WebSocket, whoever opened it."""

    async def receive(self) -> str | bytes:
        """The next message; waits without limit. Raises Disconnected once the far end has left."""

    async def send(self, message: str | bytes) -> None:
        """Send a message. Raises Disconnected once the far end has left, or where it does not read
        for `STALLED_S`."""

    async def close(self) -> None:
        """End it; never raises."""


class ServerSocket:
    """A socket that the far end opened."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def receive(self) -> str | bytes:
        """The next message; raises Disconnected once the far end has left."""
        got = await self._socket.receive()
        if got["type"] == "websocket.disconnect":
            raise Disconnected("the far end left")
        text: str | None = got.get("text")
        data: bytes | None = got.get("bytes")
        return text if text is not None else data or b""

    async def send(self, message: str | bytes) -> None:
        """Send a message; raises Disconnected where the far end has left, or does not read."""
        try:
            async with asyncio.timeout(STALLED_S):
                if isinstance(message, str):
                    await self._socket.send_text(message)
                else:
                    await self._socket.send_bytes(message)
        except (TimeoutError, RuntimeError, WebSocketDisconnect) as error:
            raise Disconnected("the far end takes nothing") from error

    async def close(self) -> None:
        """End it, within `STALLED_S`; never raises."""
        with suppress(Exception):  # it may be gone already
            async with asyncio.timeout(STALLED_S):
                await self._socket.close()


class ClientSocket:
    """A socket that we opened."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket

    async def receive(self) -> str | bytes:
        """The next message; raises Disconnected once the far end has left."""
        from websockets.exceptions import ConnectionClosed

        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise Disconnected("the far end left") from error

    async def send(self, message: str | bytes) -> None:
        """Send a message; raises Disconnected where the far end has left, or does not read."""
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(STALLED_S):
                await self._socket.send(message)
        except (TimeoutError, ConnectionClosed) as error:
            raise Disconnected("the far end takes nothing") from error

    async def close(self) -> None:
        """End it; never raises."""
        with suppress(Exception):
            await self._socket.close()
