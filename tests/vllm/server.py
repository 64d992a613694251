"""Starts the real vLLM server on the CPU, with the flags that the compose file gives Saiga's."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.service.serving import free_port

ROOT = Path(__file__).parents[2]
READY_S = 300.0
"""Nearly all of it is Python's imports: 40 s on an idle machine, 4 minutes on a busy one."""

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GB
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # fewer processes, less memory
}


@dataclass(frozen=True, slots=True)
class Server:
    """`url` ends in /v1, as OpenAI's clients have it."""

    process: "subprocess.Popen[bytes]"
    root: str

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def kill(self) -> None:
        """End the server and its engine, which outlives it otherwise: they are one group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def metric(self, name: str) -> float:
        """The sum of one of the server's own counters or gauges."""
        text = httpx.get(f"{self.root}/metrics", timeout=10).text
        rows = (line for line in text.splitlines() if line.startswith(f"vllm:{name}{{"))
        return sum(float(row.rsplit(" ", 1)[1]) for row in rows)


@contextmanager
def running(python: str, model: Path, log: Path) -> Iterator[Server]:
    """A server that has answered a chat; killed at the end, whatever its state."""
    port = free_port()
    command = [
        *(python, "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(model), "--served-model-name", "saiga"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--dtype", "bfloat16", "--max-model-len", "2048", "--max-num-seqs", "4"),
        *("--chat-template", str(ROOT / "docker" / "saiga.jinja")),
        *("--chat-template-content-format", "string", "--enforce-eager"),
        *("--enable-auto-tool-choice", "--tool-call-parser", "pythonic"),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **ENVIRONMENT},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        _wait(server, log)
        yield server
    finally:
        server.kill()
        process.wait()


def _wait(server: Server, log: Path) -> None:
    # /health answers before the engine has worked, so a chat is what counts as ready.
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s:
        if server.process.poll() is not None:
            break
        try:
            if _chat(server.url).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    tail = log.read_text(errors="replace")[-3000:]
    raise AssertionError(f"vLLM is not ready:\n{tail}")


def _chat(url: str) -> httpx.Response:
    messages = [{"role": "user", "content": "Готов?"}]
    body = {"model": "saiga", "messages": messages, "max_tokens": 4}
    return httpx.post(f"{url}/chat/completions", json=body, timeout=60)
