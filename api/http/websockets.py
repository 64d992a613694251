"""How uvicorn speaks WebSocket here: as it does, but for a client that is just leaving."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState


class Sockets(WebSocketsSansIOProtocol):
    """A client that has begun to leave cannot be asked to: uvicorn 0.54 raises, and the service
    would stop at once, without hanging up, draining or closing anything."""

    def shutdown(self) -> None:
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()
