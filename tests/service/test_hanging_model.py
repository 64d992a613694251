"""A language model that hangs: it is waited for once, through whichever door; then nobody waits."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.conversation.exchange import collect
from api.conversation.validation import typed
from api.http.app import create_app
from api.settings import Settings
from api.telephony.phone import Phone
from asr.turns.hearing import Hearing
from dialog.content import Answer
from dialog.messages import HungUp, Inbound, TextInput
from tests.calls import ScriptedEar
from tests.contract.scripted import PAGE, ScriptedModels, ScriptedServices, with_page

pytestmark = [pytest.mark.service, pytest.mark.anyio]

PATIENCE_S = 2.0
QUESTION = "Сколько стоит доставка роутера?"
EXTRACT = "В статье «Доставка» сказано: Доставка роутера стоит 300 рублей."
ACTIONS = """
actions:
  operator: {do: transfer, to: "101", say: "Соединяю.", description: "Соединить с человеком"}
"""
TOOL = {"type": "function", "name": "balance", "parameters": {"type": "object"}}


class Hanging:
    """An HTTP server that reads each request to its end and never answers it."""

    def __init__(self) -> None:
        self.asked = 0
        self._over = Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.asked += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                server._over.wait()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator["Hanging"]:
        thread = Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class TypingModels(ScriptedModels):
    """For calls in which every question is typed."""

    async def hearing(self) -> Hearing:
        return Hearing(self.transcribe, lambda: ScriptedEar(set()))

    async def voices(self) -> tuple[str, ...]:
        return ()


@pytest.fixture
def model() -> Iterator[Hanging]:
    import openai  # noqa: F401  # the service imports it as it warms up

    with Hanging().running() as server:
        yield server


def services(home: Path, model: Hanging, **settings: object) -> ScriptedServices:
    given = {"home": home, "llm_url": model.url, "llm_patience_s": PATIENCE_S, **settings}
    chosen = Settings.model_validate(given)
    return ScriptedServices(chosen, TypingModels())


def ask(socket: Any) -> tuple[str, float]:
    """A typed question over the Realtime socket: the answer, and how long it took."""
    part = {"type": "input_text", "text": QUESTION}
    item = {"type": "message", "role": "user", "content": [part]}
    socket.send_json({"type": "conversation.item.create", "item": item})
    began_s = time.monotonic()
    socket.send_json({"type": "response.create"})
    said = ""
    while (event := socket.receive_json())["type"] != "response.done":
        if event["type"] == "response.output_text.delta":
            said += event["delta"]
    return said, time.monotonic() - began_s


def test_tools_of_a_realtime_session_then_http(tmp_path: Path, model: Hanging) -> None:
    parts = services(tmp_path, model)
    with TestClient(create_app(parts.settings, parts), base_url="http://127.0.0.1") as client:
        with_page(client)
        client.post("/v1/search", json={"query": QUESTION})  # loads the dictionaries
        with client.websocket_connect("ws://127.0.0.1/v1/realtime") as socket:
            session = {"type": "realtime", "tools": [TOOL], "output_modalities": ["text"]}
            socket.send_json({"type": "session.update", "session": session})
            said, took_s = ask(socket)
            assert said == EXTRACT
            assert PATIENCE_S <= took_s < 2 * PATIENCE_S
            said, took_s = ask(socket)
            assert said == EXTRACT
            assert took_s < PATIENCE_S
        chat = {"messages": [{"role": "user", "content": QUESTION}]}
        answer = client.post("/v1/chat/completions", json=chat).json()
        assert answer["source"] == "extractive"
    assert model.asked == 1


class Caller:
    """A telephone call in which one question is typed twice, each once the last is answered."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.took_s: list[float] = []
        self._answered = asyncio.Queue[Answer]()

    async def hold(self, phone: Phone) -> None:
        async for message in phone.answer(uuid.uuid4(), self._inbound()):
            if isinstance(message, Answer):
                self._answered.put_nowait(message)

    async def _inbound(self) -> AsyncGenerator[Inbound]:
        for _ in range(2):
            began_s = time.monotonic()
            yield TextInput(QUESTION)
            self.answers.append(await self._answered.get())
            self.took_s.append(time.monotonic() - began_s)
        yield HungUp()


async def test_actions_of_a_telephone_call_then_the_command_line(
    tmp_path: Path, model: Hanging
) -> None:
    (tmp_path / "actions.yaml").write_text(ACTIONS, encoding="utf-8")
    (tmp_path / "delivery.md").write_text(PAGE, encoding="utf-8")
    with services(tmp_path, model, actions=tmp_path / "actions.yaml", greeting="") as parts:
        parts.ingestion.ingest([tmp_path / "delivery.md"])
        parts.retriever.search(QUESTION)  # loads the dictionaries
        caller = Caller()
        await caller.hold(Phone(parts))
        assert [(one.text, one.source) for one in caller.answers] == [(EXTRACT, "extractive")] * 2
        first_s, second_s = caller.took_s
        assert PATIENCE_S <= first_s < 2 * PATIENCE_S
        assert second_s < PATIENCE_S
        reply = await collect(typed(QUESTION), parts.stages(spoken=False))
        assert reply.answer.source == "extractive"
    assert model.asked == 2  # which action, and what to say: at the same time
