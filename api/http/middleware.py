"""What stands before every route: a key where keys are set, a limit on the body, a count.

Plain ASGI, so that a body is counted as it arrives and never held whole.
"""

import base64
import hmac
import logging
from contextlib import suppress
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from api.http.errors import error_body
from api.logs import told
from api.metrics import Metrics
from api.settings import is_loopback

log = logging.getLogger(__name__)

# The page asks for a key by itself; what it is made of is no secret.
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/"})
# A carrier has no key: it signs what it sends, and the routes check that.
SIGNED_FOLDERS = tuple(f"/v1/phone/{carrier}" for carrier in ("twilio", "telnyx", "vonage"))
OPEN_FOLDER = "/web/"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_PROTOCOL = "openai-insecure-api-key."


class Contain:
    """The last resort: a fault ends its own request or socket, and the service goes on.

    Its type and place are logged, never its message: it may quote what a caller said.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def noting(message: Message) -> None:
            nonlocal answered
            answered = answered or message["type"] in ("http.response.start", "websocket.accept")
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            pass  # who has left needs no answer
        except Exception as error:
            if scope["type"] == "lifespan":
                raise
            log.error("fault %s", told(error))
            if not answered:
                body = error_body("internal error", 500, "internal_error")
                await _refuse(JSONResponse(body, 500), scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011})
            # An answer that was begun and is not whole is cut off there, by uvicorn.


class RequireKey:
    """Asks for `Authorization: Bearer KEY` (or `X-API-Key`) once keys are configured.

    A browser can set no header on a WebSocket: OpenAI's subprotocol carries the key there.
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
        else:
            await self._app(scope, receive, send)

    def _opens(self, given: bytes) -> bool:
        return not self._keys or any(hmac.compare_digest(given, key) for key in self._keys)


class OwnPageOnly:
    """What guards a service that asks for no keys, from the browsers on its machine.

    Any site may have a browser send a form, or open a WebSocket, to an address on this machine:
    browsers name the site in `Origin` and `Sec-Fetch-Site`, and what was not sent by this service's
    own page is refused. A site may also let its own name point to this machine (DNS rebinding)
    and so pass for that page: only names that are loopback by themselves are answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_signed(scope["path"]):
            await self._app(scope, receive, send)
        elif not _names_loopback(scope):
            message = "without BESEDA_API_KEYS only localhost and 127.0.0.1 are answered"
            body = error_body(message, 403, "foreign_host")
            await _refuse(JSONResponse(body, 403), scope, receive, send)
        elif scope.get("method") not in READING and _is_foreign(scope):
            message = "without BESEDA_API_KEYS only this service's own page may do this"
            body = error_body(message, 403, "foreign_origin")
            await _refuse(JSONResponse(body, 403), scope, receive, send)
        else:
            await self._app(scope, receive, send)


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


def _is_signed(path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in SIGNED_FOLDERS)


def _is_open(path: str) -> bool:
    return _is_signed(path) or path in OPEN_PATHS or path.startswith(OPEN_FOLDER)


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a WebSocket's handshake, with an HTTP error."""
    if scope["type"] == "websocket":
        await receive()  # the handshake itself
        socket = WebSocket(scope, receive, send)
        await socket.send_denial_response(response)
    else:
        await response(scope, receive, send)


def _names_loopback(scope: Scope) -> bool:
    """Whether `Host` names this machine by itself; who sends no `Host` is no browser."""
    named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return len(named) < 2 and all(is_loopback(_host(host)) for host in named)


def _host(netloc: str) -> str:
    """The name in `name:port` or `[address]:port`; empty for what is neither."""
    with suppress(ValueError):
        return (urlsplit(f"//{netloc}").hostname or "").removesuffix(".")
    return ""


def _is_foreign(scope: Scope) -> bool:
    """Whether a browser sent this for another site than this service (Fetch Metadata, W3C)."""
    headers = dict(scope["headers"])
    if headers.get(b"sec-fetch-site", b"none") not in (b"same-origin", b"none"):
        return True
    origin = headers.get(b"origin")
    secure = scope["scheme"] in ("https", "wss")
    own = (b"https://" if secure else b"http://") + headers.get(b"host", b"")
    return origin is not None and origin.lower() != own.lower()


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
