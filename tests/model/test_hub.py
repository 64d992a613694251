"""Models by hub id, from a hub served on loopback; and a fresh process stays silent.

The hub's address is read when its client is imported, hence a process of its own.
"""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SCRIPT = """
import numpy as np
from dataclasses import replace
from asr.recogniser import load_recogniser
from asr.nemo import load
from models.catalogue import resolve
from models.loading import restore

silence = np.zeros(16_000, np.float32)
print(len(load_recogniser("beseda/tiny-ctc", "cpu").transcribe([silence])))
pinned = replace(resolve("beseda/tiny-ctc"), revision="v1.0")
print(load(pinned, "cpu").rate_hz)
print(type(restore("fastpitch", resolve("beseda/tiny-fastpitch"), "cpu")).__name__)
print(type(restore("hifigan", resolve("beseda/tiny-hifigan"), "cpu")).__name__)
"""


@pytest.fixture(scope="module")
def hub(tiny: Callable[[str], Path]) -> Iterator[tuple[str, list[str]]]:
    """A hub with three models: its address, and the requests that it got."""
    files = {f"tiny-{kind}": tiny(kind).read_bytes() for kind in ("ctc", "fastpitch", "hifigan")}
    requests: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        """As much of the protocol as its client uses: HEAD and GET of a file at a revision."""

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, with_body: bool) -> None:
            requests.append(f"{self.command} {self.path}")
            parts = self.path.strip("/").split("/")
            body = files.get(parts[1]) if len(parts) == 5 else None
            if body is None or parts[::2] != ["beseda", "resolve", f"{parts[1]}.nemo"]:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_models_come_from_a_hub_and_say_nothing(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    address, requests = hub
    environment = os.environ | {
        "HF_ENDPOINT": address,
        "HF_HOME": str(tmp_path / "hub"),
        "HF_HUB_OFFLINE": "0",
        "NEMO_CACHE_DIR": str(tmp_path / "nemo"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["1", "16000", "FastPitchModel", "HifiGanModel"]
    assert "GET /beseda/tiny-ctc/resolve/main/tiny-ctc.nemo" in requests
    assert "HEAD /beseda/tiny-ctc/resolve/v1.0/tiny-ctc.nemo" in requests
    assert "GET /beseda/tiny-hifigan/resolve/main/tiny-hifigan.nemo" in requests
