"""Stopping while a client is leaving."""

from unittest.mock import Mock

import pytest
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.protocol import State

from api.http.websockets import Sockets

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def _app(scope: object, receive: object, send: object) -> None: ...


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSING, State.CLOSED])
async def test_a_stop_closes_whatever_state_a_client_is_in(state: State) -> None:
    config = Config(_app)
    config.load()
    sockets = Sockets(config, ServerState(), {})
    sockets.transport = Mock()
    sockets.handshake_complete = True
    sockets.conn.state = state
    sockets.shutdown()
    sockets.transport.close.assert_called_once_with()
