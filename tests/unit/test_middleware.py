"""What stands before every route, around an application of a few lines: the key, the limit on the
body, the count, and the last resort."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.http.middleware import KEY_PROTOCOL, Contain, CountRequests, LimitBody, RequireKey
from api.metrics import Metrics

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

Wrap = Callable[[ASGIApp], ASGIApp]


async def read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def crash(request: Request) -> PlainTextResponse:
    raise RuntimeError("secret words of a caller")


async def crash_halfway(request: Request) -> StreamingResponse:
    async def pieces() -> AsyncIterator[str]:
        yield "a beginning"
        raise RuntimeError("secret words of a caller")

    return StreamingResponse(pieces())


async def leave(request: Request) -> PlainTextResponse:
    raise ClientDisconnect


async def refuse(request: Request) -> PlainTextResponse:
    raise HTTPException(404, "no such thing")


async def echo(socket: WebSocket) -> None:
    await socket.accept(socket.headers.get("sec-websocket-protocol", "").split(", ")[0] or None)
    said = await socket.receive_text()
    if said == "crash":
        raise RuntimeError("secret words of a caller")
    await socket.send_text(said)


ROUTES = [
    Route("/v1/read/{name}", read, methods=["GET", "POST"]),
    Route("/v1/phone/twilio/voice", read, methods=["POST"]),
    Route("/healthz", read), Route("/crash", crash), Route("/halfway", crash_halfway),
    Route("/leave", leave), Route("/refuse", refuse), WebSocketRoute("/v1/echo", echo),
]  # fmt: skip


def wrapped(wrap: Wrap) -> Starlette:
    """The application with the guard where the service has its own."""
    return Starlette(routes=ROUTES, middleware=[Middleware(wrap)])


def client(wrap: Wrap) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(wrapped(wrap)), base_url="http://test")


# ---- the key


def keyed(app: ASGIApp) -> ASGIApp:
    return RequireKey(app, frozenset({"first", "ключ"}))


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"asterisk:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer first"},
        {"Authorization": "bearer  first "},
        {"Authorization": "Bearer ключ".encode()},
        {"Authorization": basic("first")},
        {"X-API-Key": "first"},
    ],
)
async def test_a_key_opens_however_it_is_sent(headers: dict[str, Any]) -> None:
    async with client(keyed) as http:
        assert (await http.get("/v1/read/a", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer second"},
        {"Authorization": "Bearer "},
        {"Authorization": "first"},
        {"Authorization": basic("second")},
        {"Authorization": "Basic not!base64"},
        {"X-API-Key": "firs"},
        {"Authorization": "Bearer second", "X-API-Key": "first"},
        {"Sec-WebSocket-Protocol": f"{KEY_PROTOCOL}first"},  # it is no WebSocket
    ],
)
async def test_without_a_right_key_nothing_is_opened(headers: dict[str, str]) -> None:
    async with client(keyed) as http:
        answer = await http.get("/v1/read/a", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("POST", "/v1/phone/twilio/voice", 200),
        ("GET", "/web/app.js", 404),
        ("GET", "/", 404),
        ("GET", "/healthz/", 401),
        ("GET", "/v1/phone/twilioo", 401),
        ("GET", "/webx", 401),
    ],
)
async def test_what_is_open_needs_no_key(method: str, path: str, status: int) -> None:
    async with client(keyed) as http:
        assert (await http.request(method, path)).status_code == status


async def test_without_keys_all_is_open() -> None:
    async with client(lambda app: RequireKey(app, frozenset())) as http:
        assert (await http.get("/v1/read/a")).status_code == 200


def test_a_browsers_socket_carries_its_key_as_a_protocol() -> None:
    http = TestClient(wrapped(keyed))
    with http.websocket_connect("/v1/echo", ["realtime", f"{KEY_PROTOCOL}first"]) as socket:
        socket.send_text("да")
        assert socket.receive_text() == "да"
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        http.websocket_connect("/v1/echo", ["realtime", f"{KEY_PROTOCOL}second"]),
    ):
        pass
    assert denied.value.status_code == 401


# ---- the limit on the body


def limited(app: ASGIApp) -> ASGIApp:
    return LimitBody(app, 1000)


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1000, 200), (1001, 413)])
async def test_a_declared_body_is_measured_by_what_it_declares(size: int, status: int) -> None:
    async with client(limited) as http:
        answer = await http.post("/v1/read/a", content=b"x" * size)
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["error"]["code"] == "body_too_large"
        assert "BESEDA_MAX_UPLOAD, 1000 bytes" in answer.json()["error"]["message"]
    else:
        assert answer.text == str(size)


@pytest.mark.parametrize(("pieces", "status"), [(4, 200), (5, 413)])
async def test_an_undeclared_body_is_counted_as_it_comes(pieces: int, status: int) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(pieces):
            sent += 1
            yield b"x" * 250
        if status == 413:
            for _ in range(100):
                sent += 1
                yield b"x" * 250

    async with client(limited) as http:
        assert (await http.post("/v1/read/a", content=body())).status_code == status
    assert sent < 10, "what is over the limit is not read"


async def test_a_lying_declaration_gains_nothing() -> None:
    async with client(limited) as http:
        headers = {"Content-Length": "5"}
        answer = await http.post("/v1/read/a", content=b"x" * 2000, headers=headers)
    assert answer.status_code == 413


# ---- the count


async def test_requests_are_counted_by_template_and_never_by_what_was_asked_for() -> None:
    metrics = Metrics()
    async with client(lambda app: CountRequests(app, metrics)) as http:
        for name in ("+79161234567", "ivan"):
            await http.get(f"/v1/read/{name}")
        await http.get("/refuse")
        await http.get("/no/such/ivan")
    told = metrics.render().decode()
    assert 'beseda_requests_total{route="/v1/read/{name}",status="200"} 2.0' in told
    assert 'beseda_requests_total{route="/refuse",status="404"} 1.0' in told
    assert 'beseda_requests_total{route="unknown",status="404"} 1.0' in told
    assert "ivan" not in told and "7916" not in told


# ---- the last resort


async def test_a_fault_ends_its_own_request_and_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with client(Contain) as http:
            answer = await http.get("/crash")
            assert (await http.get("/v1/read/a")).status_code == 200
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret" not in answer.text
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert line.startswith("fault RuntimeError at ")
    assert __file__ in line
    assert "secret" not in caplog.text


async def test_an_answer_that_was_begun_is_cut_off_and_not_begun_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # the client neither says more nor leaves
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/halfway",
        "headers": [],
        "query_string": b"",
    }
    await wrapped(Contain)(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1] == {"type": "http.response.body", "body": b"a beginning", "more_body": True}
    assert "fault RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_who_has_left_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AssertionError):  # httpx has waited for an answer, and there is none
        async with client(Contain) as http:
            await http.get("/leave")
    assert "fault" not in caplog.text


def test_a_fault_closes_its_socket_with_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with TestClient(wrapped(Contain)).websocket_connect("/v1/echo") as socket:
        socket.send_text("crash")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1011
    assert "fault RuntimeError" in caplog.text
    assert "secret" not in caplog.text
