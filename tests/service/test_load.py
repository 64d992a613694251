"""`beseda load` against a real service on the embedded models, over both sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.serving import ROOT, SAMPLES, Running, free_port, serving

pytestmark = [pytest.mark.service, pytest.mark.model]

LINES = 2
KEY = "for-tests"


def load(service: Running, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "load", *arguments],
        capture_output=True, text=True, cwd=ROOT, env=service.environment, check=False,
    )  # fmt: skip


def kept(service: Running) -> int:
    """How many conversations there are."""
    listed = service.client.get("/v1/conversations", headers={"X-API-Key": KEY}).json()
    return len(listed["data"])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home, port = tmp_path_factory.mktemp("home"), str(free_port())
    with serving(home, max_calls=str(LINES), audiosocket_port=port, api_keys=KEY) as running:
        running.beseda("ingest", str(SAMPLES / "knowledge"))
        yield running


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the samples whose answers are short."""
    folder = tmp_path_factory.mktemp("questions")
    for name in ("q3.wav", "q8.wav", "questions.jsonl"):
        (folder / name).write_bytes((SAMPLES / "questions" / name).read_bytes())
    return folder


@pytest.mark.parametrize(("over", "line"), [("audiosocket", "phone"), ("realtime", "clean")])
def test_two_callers_at_once(
    service: Running, questions: Path, tmp_path: Path, over: str, line: str
) -> None:
    plot = tmp_path / "waits.png"
    options = ["--callers", "2", "--turns", "1", "--ramp", "1", "--plot", str(plot), "--json"]
    done = load(service, str(questions), "--over", over, "--line", line, *options)
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    assert (told["turns"], told["failed"], told["false_interruptions"]) == (2, 0, 0)
    assert (told["answers_right"], told["answers_checked"]) == (2, 2)
    assert told["wer"] <= 0.1
    assert told["first_response_ms"]["p50"] > 100
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_callers_without_a_line_have_failed(service: Running, questions: Path) -> None:
    options = ["--callers", str(LINES + 1), "--turns", "1", "--ramp", "0", "--json"]
    told = json.loads(load(service, str(questions), *options).stdout)
    assert told["failures"] == {f"all {LINES} lines are busy: try again later": 1}
    assert told["turns"] == LINES + 1


def test_ctrl_c_gives_the_report_so_far(service: Running, questions: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "load", str(questions), "--seconds", "600", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=ROOT, env=service.environment,
    )  # fmt: skip
    before = kept(service)
    try:
        for _ in range(300):  # a real process on a real clock
            if kept(service) > before:
                break
            time.sleep(0.2)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    told = json.loads(out)
    assert (told["calls"], told["failed"]) == (1, 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--key", "wrong"], "asks for another key"),
        (["--url", "http://127.0.0.1:9"], "no service answers at"),
        (["--over", "audiosocket", "--audiosocket", "127.0.0.1:9"], "no AudioSocket at"),
    ],
)
def test_what_cannot_be_reached_is_one_line(
    service: Running, questions: Path, options: list[str], says: str
) -> None:
    done = load(service, str(questions), *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
