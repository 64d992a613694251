"""One exchange and one service for all calls; skipped in one clear line where neither can be."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from dialog.audio.decoding import decode
from dialog.audio.pcm import wav_bytes
from dialog.content import Samples
from tests.pbx.exchange import Exchange, build, running
from tests.service.serving import free_port, wait_until_ready

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "samples" / "questions"
READY_WITHIN_S = 400.0  # it is 40 s on an idle machine; calls must be tried on a busy one, too
ARI = "http://127.0.0.1:8088"
GREETING = (
    "Здравствуйте! Вы позвонили в службу поддержки. Вам отвечает голосовой помощник."
    " Он знает тарифы, адреса и правила. Задайте, пожалуйста, ваш вопрос."
)
LINES = 2


@dataclass(frozen=True)
class Service:
    """Beseda in a process of its own, with the embedded models and the sample documents."""

    client: httpx.Client
    log: Path

    def transcribed(self, samples: Samples, rate_hz: int) -> str:
        files = {"file": ("heard.wav", wav_bytes(samples, rate_hz))}
        reply = self.client.post("/v1/audio/transcriptions", files=files)
        return str(reply.raise_for_status().json()["text"])

    def recordings(self) -> list[tuple[str, str]]:
        """What callers and assistants said, by the calls' recordings."""
        kept = self.client.get("/v1/conversations").json()["data"]
        found = []
        for one in kept:
            sound = self.client.get(f"/v1/conversations/{one['id']}/recording")
            if sound.status_code == 200:
                left, right = channels(sound.content)
                found.append((self.transcribed(left, 16_000), self.transcribed(right, 16_000)))
        return found

    def held(self) -> int:
        """How many calls the service holds."""
        lines = self.client.get("/metrics").text.splitlines()
        return round(sum(float(one.split()[1]) for one in lines if one.startswith("beseda_calls ")))

    def asked(self) -> list[str]:
        """What callers have asked so far, as it was understood."""
        kept = self.client.get("/v1/conversations").json()["data"]
        turns = [self.client.get(f"/v1/conversations/{one['id']}").json() for one in kept]
        return [turn["question"] for one in turns for turn in one["turns"]]


def question(name: str) -> tuple[Samples, str]:
    """A recorded question at 16 kHz, and the beginning of what its answer must hold."""
    for line in (QUESTIONS / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        asked: dict[str, Any] = json.loads(line)
        if asked["id"] == name:
            return np.concatenate(list(decode(QUESTIONS / f"{name}.wav", 16_000))), asked[
                "answer_contains"
            ][0]
    raise KeyError(name)


def channels(opus: bytes) -> Samples:
    """The two channels of a recording at 16 kHz."""
    import av

    with av.open(io.BytesIO(opus), "r") as container:
        resampler = av.AudioResampler("fltp", "stereo", 16_000)
        frames = [one for frame in container.decode(audio=0) for one in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


@pytest.fixture(scope="session")
def built() -> Iterator[Any]:
    """The exchange is built while the service starts."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(build)


@pytest.fixture(scope="session")
def ports() -> tuple[int, int]:
    """HTTP and AudioSocket."""
    return free_port(), free_port()


@pytest.fixture(scope="session")
def service(
    built: Any, ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    if os.geteuid() != 0:
        pytest.skip("the exchange needs root: it is built with debootstrap and runs in a chroot")
    home = tmp_path_factory.mktemp("home")
    settings: dict[str, object] = {
        "HOME": home,
        "PORT": ports[0],
        "AUDIOSOCKET_PORT": ports[1],
        "GREETING": GREETING,
        "MAX_CALLS": LINES,
        "ACTIONS": _actions(home),
        "RECORD": "true",
        "ASTERISK_URL": ARI,
        "ASTERISK_PASSWORD": "test-only",
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {f"BESEDA_{name}": str(value) for name, value in settings.items()}
    beseda = [sys.executable, "-m", "api.cli"]
    subprocess.run([*beseda, "ingest", "samples/knowledge"], cwd=ROOT, env=environment,
                   stdout=subprocess.DEVNULL, check=True)  # fmt: skip
    process = subprocess.Popen([*beseda, "serve"], cwd=ROOT, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{ports[0]}", timeout=120) as client:
            wait_until_ready(client, process, READY_WITHIN_S)
            yield Service(client, home / "beseda.log")
    finally:
        process.terminate()
        process.wait(30)


def _actions(home: Path) -> Path:
    """Recorded questions that lead to a person, whom the dialplan says or at 301, or to the end."""
    path = home / "actions.yaml"
    path.write_text(
        "actions:\n"
        "  support: {do: transfer, phrases: [в техническую поддержку]}\n"
        "  sales: {do: transfer, to: '301', phrases: [лампочка на роутере]}\n"
        "  moving: {do: hang_up, phrases: [приостановить договор]}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def exchange(built: Any, service: Service, ports: tuple[int, int]) -> Iterator[Exchange]:
    built.result()
    with running(*ports) as asterisk:
        until_s = time.monotonic() + READY_WITHIN_S
        while "beseda" not in asterisk.command("ari show apps"):
            assert time.monotonic() < until_s, "Beseda has not connected to ARI"
            time.sleep(0.25)
        yield asterisk
