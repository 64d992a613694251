"""What stands before every route: a key where keys are set, a limit on the body, a count.

Plain ASGI, so that a body is counted as it arrives and never held whole.
"""

import base64
import hmac
from contextlib import suppress
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from api.http.errors import error_body
from api.metrics import Metrics

# The page asks for a key by itself; what it is made of is no secret.
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/"})
# A carrier has no key: it signs what it sends, and the routes check that.
SIGNED_FOLDERS = tuple(f"/v1/phone/{carrier}" for carrier in ("twilio", "telnyx", "vonage"))
OPEN_FOLDER = "/web/"
KEY_PROTOCOL = "openai-insecure-api-key."


class RequireKey:
    """Asks for `Authorization: Bearer KEY` (or `X-API-Key`) once keys are configured.

    A browser can set no header on a WebSocket: OpenAI's subprotocol carries the key there. A
    service without keys takes sockets from its own page only: browsers let any site open one.
    """

    def __init__(self, app: ASGIApp, keys: frozenset[str]) -> None:
        self._app = app
        self._keys = tuple(key.encode() for key in keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
        elif not self._opens(_key(scope)):
            body = error_body("a valid API key is required", 401, "invalid_api_key")
            response = JSONResponse(body, 401, headers={"WWW-Authenticate": "Bearer"})
            await _refuse(response, scope, receive, send)
        elif scope["type"] == "websocket" and not self._keys and _is_foreign(scope):
            body = error_body(
                "sockets are opened by this service's own page", 403, "foreign_origin"
            )
            await _refuse(JSONResponse(body, 403), scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _opens(self, given: bytes) -> bool:
        return not self._keys or any(hmac.compare_digest(given, key) for key in self._keys)


class LimitBody:
    """Answers 413 to a body over `limit_bytes`, declared or merely sent."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit_bytes:
            body = error_body(self._message(), 413, "body_too_large")
            await JSONResponse(body, 413)(scope, receive, send)
            return
        await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit_bytes:
                raise HTTPException(413, self._message())
            return message

        return counted

    def _message(self) -> str:
        return f"the body is over BESEDA_MAX_UPLOAD, {self._limit_bytes} bytes"


class CountRequests:
    """Counts each answered request by its route and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unknown")
                self._metrics.request(route, message["status"])
            await send(message)

        await self._app(scope, receive, counting if scope["type"] == "http" else send)


def _is_open(path: str) -> bool:
    signed = any(path == folder or path.startswith(f"{folder}/") for folder in SIGNED_FOLDERS)
    return signed or path in OPEN_PATHS or path.startswith(OPEN_FOLDER)


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a WebSocket's handshake, with an HTTP error."""
    if scope["type"] == "websocket":
        await receive()  # the handshake itself
        socket = WebSocket(scope, receive, send)
        await socket.send_denial_response(response)
    else:
        await response(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin).netloc != headers.get(b"host")


def _key(scope: Scope) -> bytes:
    headers = dict(scope["headers"])
    authorization: bytes = headers.get(b"authorization", b"")
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() == b"bearer":
        return token.strip()
    if (
        scheme.lower() == b"basic"
    ):  # Asterisk's WebSocket client and carriers' webhooks know no other
        with suppress(ValueError):
            return base64.b64decode(token).partition(b":")[2]
    for protocol in scope.get("subprotocols", ()):
        if protocol.startswith(KEY_PROTOCOL):
            return str(protocol.removeprefix(KEY_PROTOCOL)).encode()
    key: bytes = headers.get(b"x-api-key", b"")
    return key
