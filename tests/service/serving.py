"""The real service in a process of its own, on a port of its own."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
READY_WITHIN_S = 240.0  # the bar is 40 s on an idle machine; a test must pass on a busy one


@dataclass(frozen=True)
class Running:
    home: Path
    client: httpx.Client
    environment: dict[str, str]

    def beseda(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments],
            capture_output=True, text=True, cwd=ROOT, env=self.environment, check=True,
        )  # fmt: skip

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")


def free_port() -> int:
    """One of this machine's own that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(
    home: Path, scheme: str = "http", *, told: str = "", **settings: str
) -> Iterator[Running]:
    """The service, ready; `settings` are `BESEDA_*` in lower case, without the prefix. It may print
    `told` on stderr, and nothing else."""
    port = free_port()
    own = {f"BESEDA_{name.upper()}": value for name, value in settings.items()}
    environment = {
        **os.environ,
        "BESEDA_HOME": str(home),
        "BESEDA_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        **own,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve"],
        cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    base_url = f"{scheme}://127.0.0.1:{port}"
    trusted = ssl.create_default_context(cafile=settings.get("tls_cert"))
    try:
        with httpx.Client(base_url=base_url, timeout=120, verify=trusted) as client:
            wait_until_ready(client, process)
            yield Running(home, client, environment)
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert errors in ("", told), errors


def wait_until_ready(
    client: httpx.Client, process: "subprocess.Popen[Any]", within_s: float = READY_WITHIN_S
) -> None:
    """Return when the service answers `/readyz`; fails when it ends or takes too long."""
    began_s = time.monotonic()
    while time.monotonic() - began_s < within_s:
        assert process.poll() is None, "the service ended"
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)  # a real process on a real clock
    raise AssertionError("the service did not become ready")
