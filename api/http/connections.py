"""How long a connection is waited for: uvicorn's HTTP, with an end to each kind of waiting.

    open ---- head ----> request ---- body ----> answer ---- read by the client ----> open
         HEAD_S, or the     BODY_BYTES_PER_S,              WRITE_S
         oldest gives way   looked at each BODY_S

uvicorn waits without end for a request's head, for its body and for a client who does not read, and
a thousand such connections use up a process's descriptors. Knows sockets and time, and no route.
"""

import asyncio
import json
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.errors import error_body

HEAD_S = 10.0
BODY_S = 10.0
BODY_BYTES_PER_S = 256
"""Less than the thinnest stream of speech; more than a client that only means to stay."""

WRITE_S = 60.0
MAX_WAITING = 256
"""Connections that have asked for nothing yet; one more, and the oldest of them is closed."""

AWAITED = {h11.IDLE: "head", h11.SEND_BODY: "body"}


def raise_descriptor_limit() -> None:
    """Let this process open as many files as it may: 1,024 is a habit of shells, no need."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class DeadlineProtocol(H11Protocol):
    """One connection. `waiting` is shared by all of a server, the oldest first."""

    waiting: dict["DeadlineProtocol", None]
    head_s, body_s, write_s, max_waiting = HEAD_S, BODY_S, WRITE_S, MAX_WAITING

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._received = 0
        self._awaited: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        if self._writing is not None:
            self._writing.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self.loop.call_later(self.write_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _watch(self) -> None:
        """Wait for what has to come next, a head or a body, if anything has to."""
        gone = self.transport.is_closing() or self.transport.get_protocol() is not self
        awaited = None if gone else AWAITED.get(self.conn.their_state)  # gone: to a WebSocket, too
        if awaited == self._awaited:
            return
        self._forget()
        self._awaited = awaited
        if awaited == "body":
            self._look_again(self._received)
        elif awaited == "head":
            self.waiting[self] = None
            self._reading = self.loop.call_later(self.head_s, self._too_late)
            if len(self.waiting) > self.max_waiting:
                next(iter(self.waiting))._drop()

    def _look_again(self, before: int) -> None:
        self._reading = self.loop.call_later(self.body_s, self._judge_body, before)

    def _judge_body(self, before: int) -> None:
        # While our own side is behind, nothing is read: that is not the client's doing.
        enough = self._received - before >= BODY_BYTES_PER_S * self.body_s
        if enough or self.flow.read_paused:
            self._look_again(self._received)
        else:
            self._too_late()

    def _too_late(self) -> None:
        """Say so, if anything was begun, and hang up."""
        if self._received and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            message = f"the request's {self._awaited} came too slowly"
            body = json.dumps(error_body(message, 408, "too_slow")).encode()
            headers = [("content-type", "application/json"), ("connection", "close")]
            headers.append(("content-length", str(len(body))))
            response = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self._drop()

    def _drop(self) -> None:
        self._forget()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _forget(self) -> None:
        self._awaited = None
        self.waiting.pop(self, None)
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def http_protocol(**limits: float) -> type[DeadlineProtocol]:
    """The protocol of one server; `limits` replace `head_s`, `body_s`, `write_s`, `max_waiting`."""
    return type("Connection", (DeadlineProtocol,), {"waiting": {}, **limits})
