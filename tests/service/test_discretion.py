"""Nothing that a caller said, and no number, reaches a log or a terminal, whatever fails."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.service.serving import ROOT, free_port, wait_until_ready

pytestmark = pytest.mark.service

NAME, CARD = "СЕКРЕТИНА", "4276550012345678"
MARK = f"Меня зовут {NAME}, карта {CARD}, сколько стоит доставка?"
REFUSAL = (
    "CREATE TRIGGER refuse BEFORE INSERT ON turns"
    " BEGIN SELECT RAISE(ABORT, 'this row is refused'); END"
)


class Echo(BaseHTTPRequestHandler):
    """A language model that fails, and says the question again in its error."""

    def do_POST(self) -> None:
        told = self.rfile.read(int(self.headers["content-length"])).decode()
        body = json.dumps({"error": {"message": f"cannot answer {told}", "type": "x"}}).encode()
        self.send_response(400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def echoing() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def ask_in_every_way(client: httpx.Client) -> None:
    talk = {"headers": {"content-type": "application/json"}}
    client.post("/v1/talk", json={"text": MARK})
    client.post("/v1/talk", content=f'{{"text": "{MARK}'.encode(), **talk)  # type: ignore[arg-type]
    client.post("/v1/talk", json={"text": [MARK]})
    client.post("/v1/talk", data={"text": MARK, "speed": MARK})
    client.post("/v1/talk", files={"file": (f"{NAME}.wav", MARK.encode())})
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": MARK}]})
    client.post("/v1/chat/completions", json={"messages": [{"role": MARK, "content": MARK}]})
    client.post("/v1/search", json={"query": MARK, "top": MARK})
    client.post("/v1/search", json={"query": MARK})
    client.post("/v1/audio/speech", json={"input": MARK, "voice": MARK})
    client.post("/v1/documents", files={"file": (f"{NAME}.docx", MARK.encode())})
    client.post("/v1/documents", files={"file": (f"{NAME}.md", MARK.encode())}, data={"tag": MARK})
    client.get("/v1/conversations", params={"limit": MARK})
    client.delete(f"/v1/conversations/{NAME}{CARD}")


async def ask_in_a_call(url: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": MARK}]}
    async with connect(url) as socket:
        await socket.send(MARK)
        await socket.send(json.dumps({"type": MARK}))
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send(json.dumps({"type": "response.create"}))
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                async for event in socket:
                    if json.loads(event)["type"] == "response.done":
                        return


def test_what_was_said_stays_where_it_belongs(tmp_path: Path) -> None:
    port, home = free_port(), tmp_path / "home"
    with echoing() as model, (tmp_path / "printed").open("wb") as printed:
        environment = {
            **os.environ, "BESEDA_HOME": str(home), "BESEDA_PORT": str(port),
            "BESEDA_LLM_URL": model, "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve"],
            cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
                wait_until_ready(client, process)
                ask_in_every_way(client)
                with sqlite3.connect(home / "beseda.db") as database:
                    database.execute(REFUSAL)
                ask_in_every_way(client)
            asyncio.run(ask_in_a_call(f"ws://127.0.0.1:{port}/v1/realtime"))
        finally:
            process.terminate()
            process.wait(60)
    log = (home / "beseda.log").read_text()
    assert "IntegrityError" in log, "a row was refused, and that is told"
    for written in (log, (tmp_path / "printed").read_text()):
        assert NAME not in written
        assert CARD not in written
