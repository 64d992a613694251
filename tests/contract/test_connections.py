"""Connections that ask slowly, or for nothing: a real uvicorn with short deadlines."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI, Request, WebSocket
from starlette.responses import PlainTextResponse, StreamingResponse
from websockets.sync.client import connect

from api.http.connections import http_protocol
from api.http.routes.deps import unless_left
from api.http.websockets import Sockets

pytestmark = pytest.mark.contract

HEAD_S, BODY_S, MOST = 0.6, 0.5, 20
BIG = 64 << 20


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.post("/size")
    async def size(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    @app.get("/big")
    async def big() -> StreamingResponse:
        return StreamingResponse(iter([bytes(1 << 20)] * (BIG >> 20)))

    @app.get("/long")
    async def long(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await unless_left(request, work()))

    @app.websocket("/echo")
    async def echo(connection: WebSocket) -> None:
        await connection.accept()
        await connection.send_text(await connection.receive_text())

    return app


GIVEN_UP = threading.Event()


async def work() -> str:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        GIVEN_UP.set()
        raise
    return "done"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    limits = {"head_s": HEAD_S, "body_s": BODY_S, "write_s": 0.5, "max_waiting": MOST}
    http = http_protocol(**limits)
    config = uvicorn.Config(application(), log_level="error", http=http, ws=Sockets)
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def opened(port: int, first: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(first)
        yield connection


def all_of(connection: socket.socket) -> bytes:
    parts = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            parts += part
    return parts


def healthy(port: int) -> bool:
    with opened(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as one:
        return all_of(one).endswith(b"ok")


def test_half_a_head_is_waited_for_so_long_and_then_refused(port: int) -> None:
    with opened(port, b"GET /healthz HTTP/1.1\r\nX: ") as one:
        told = all_of(one)
    assert told.startswith(b"HTTP/1.1 408")
    assert b"the request's head came too slowly" in told


def test_a_dripping_head_gains_no_time(port: int) -> None:
    with opened(port, b"GET /healthz HTTP/1.1\r\n") as one, pytest.raises(ConnectionError):
        began = time.monotonic()
        while time.monotonic() - began < 10 * HEAD_S:
            one.sendall(b"X")
            time.sleep(0.05)
        raise AssertionError("the connection is still taken from")


def test_silence_is_hung_up_without_a_word(port: int) -> None:
    with opened(port) as one:
        assert all_of(one) == b""


def test_the_oldest_gives_way_at_once(port: int) -> None:
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(opened(port, b"GET /")) for _ in range(MOST)]
        began = time.monotonic()
        assert all(healthy(port) for _ in range(5))
        assert time.monotonic() - began < HEAD_S
        assert all_of(silent[0]) == b""


def test_a_slow_body_is_refused(port: int) -> None:
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    with opened(port, head) as one:
        one.sendall(b"x")
        assert all_of(one).startswith(b"HTTP/1.1 408")


def test_a_body_that_goes_on_may_take_its_time(port: int) -> None:
    size = 20 * 100
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with opened(port, head % size) as one:
        for _ in range(20):
            one.sendall(bytes(100))
            time.sleep(BODY_S / 5)
        assert all_of(one).endswith(b"%d" % size)


def test_who_does_not_read_is_let_go(port: int) -> None:
    with opened(port, b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n") as one:
        time.sleep(1.5)
        assert len(all_of(one)) < BIG
    assert healthy(port)


def test_requests_one_after_another_on_one_connection(port: int) -> None:
    with opened(port) as one:
        for _ in range(3):
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(HEAD_S / 2)
            assert one.recv(1 << 16).endswith(b"ok")


def test_work_for_a_client_who_has_left_is_given_up(port: int) -> None:
    with opened(port, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"):
        time.sleep(0.3)
        assert not GIVEN_UP.is_set()
    assert GIVEN_UP.wait(5)


def test_a_websocket_may_be_silent(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/echo", proxy=None) as one:
        time.sleep(2 * (HEAD_S + BODY_S))
        one.send("still here")
        assert one.recv(5) == "still here"
