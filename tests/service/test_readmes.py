"""What the READMEs tell a reader to paste works: every shell block, in order, as it stands.

A reader's machine is a copy of the checkout, a home with nothing in it, and `.venv`. A block that
serves goes on in the background until the next one that does. The Russian README must give the
same commands as the English, in other words, so they run once.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.service.serving import READY_WITHIN_S, ROOT, SAMPLES

pytestmark = pytest.mark.service

READMES = ("README.md", "docker/README.md")
PORT = 8000  # the default, which the blocks rely on
WITHIN_S = 1200

# By the line that begins the block: the reason why it cannot run here.
ELSEWHERE = {
    "sudo apt install git make python3 python3-venv": "`make fresh` runs it, in a bare system",
    "make demo": "`make fresh` runs it; `make test` is what runs this",
    "docker compose -f docker/compose.yaml up -d --build": "no Docker engine in the tests",
    "key=$(head -n1 docker/secrets/beseda_api_keys)": "asks a container",
    "docker compose -f docker/compose.yaml -f docker/compose.external.yaml up -d": "Docker",
    "docker compose -f docker/compose.yaml -f docker/compose.cpu.yaml up -d --build": "Docker",
    "docker build -f docker/Dockerfile -t beseda:cpu .": "Docker",
    "export BESEDA_SITE=beseda.example.org": "a proxy in Docker, with a name of the reader's own",
    "python3 -m venv .venv": "needs PyTorch's own package index; the GPU image is built likewise",
}

TOOLS = ("curl", "openssl")


@dataclass(frozen=True)
class Block:
    readme: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines without their comments."""
        lines = (re.sub(r"(^|\s)#\s.*", "", line).rstrip() for line in self.text.splitlines())
        return [line for line in lines if line]

    @property
    def serves(self) -> bool:
        return self.commands[-1].endswith("beseda serve")


def blocks(readme: str) -> list[Block]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    return [Block(readme, found) for found in re.findall(r"(?ms)^```sh\n(.*?)^```$", text)]


BLOCKS = [block for readme in READMES for block in blocks(readme)]
HERE = [block for block in BLOCKS if block.commands[0] not in ELSEWHERE]


def _listening() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


@dataclass
class Reader:
    """A person in a terminal, in the root of a checkout."""

    checkout: Path
    environment: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)
    service: "subprocess.Popen[bytes] | None" = None

    def paste(self, block: Block) -> None:
        if block.serves:
            self._serve(block)
            return
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text], cwd=self.checkout,
            env=self.environment, capture_output=True, text=True, timeout=WITHIN_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block.text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        self.said[block.text] = done.stdout

    def _serve(self, block: Block) -> None:
        self.stop()
        self.service = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=self.checkout, env=self.environment, start_new_session=True,
        )  # fmt: skip
        scheme = "https" if "BESEDA_TLS_CERT" in block.text else "http"
        # The certificate, if any, is one that the reader has just made: nobody vouches for it.
        with httpx.Client(base_url=f"{scheme}://127.0.0.1:{PORT}", verify=False) as client:
            began_s = time.monotonic()
            while time.monotonic() - began_s < READY_WITHIN_S:
                assert self.service.poll() is None, "the service ended"
                try:
                    if client.get("/readyz").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.25)  # a real process on a real clock
        raise AssertionError("the service did not become ready")

    def stop(self) -> None:
        if self.service is not None:
            os.killpg(self.service.pid, 15)
            self.service.wait(60)
            self.service = None


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    if _listening():
        pytest.skip(f"something listens on port {PORT} already")
    folder = tmp_path_factory.mktemp("reader")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    checkout = folder / "beseda"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name)
    (checkout / ".venv").symlink_to(sys.prefix)
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("BESEDA_")}
    person = Reader(checkout, kept | {"HOME": str(folder), "PYTHONPATH": str(ROOT)})
    yield person
    person.stop()


@pytest.mark.parametrize("block", HERE, ids=lambda block: f"{block.readme}: {block.commands[0]}")
def test_a_block_runs_as_pasted(reader: Reader, block: Block) -> None:
    for program in TOOLS:
        if f"{program} " in block.text and shutil.which(program) is None:
            pytest.skip(f"no {program} here, which README's apt line does not bring")
    reader.paste(block)


def test_the_first_question_is_answered(reader: Reader) -> None:
    """By the sample documents, which the block before has ingested."""
    block = next(block for block in HERE if " ask " in block.text)
    asked = re.search(r' ask "(.*?)"', block.text)
    assert asked is not None
    known = (SAMPLES / "questions/questions.jsonl").read_text(encoding="utf-8").splitlines()
    answers = {line["text"]: line["answer_contains"] for line in map(json.loads, known)}
    if block.text not in reader.said:
        reader.paste(block)
    answer = reader.said[block.text].partition("Ответ:")[2].partition("Источник")[0]
    assert all(part in answer for part in answers[asked[1]]), answer


def test_commands_kept_all_they_wrote_in_the_readers_home(reader: Reader) -> None:
    assert (Path(reader.environment["HOME"]) / ".local/share/beseda/beseda.db").is_file()


def test_the_russian_readme_gives_the_same_commands() -> None:
    given = [block.commands for block in blocks("README.ru.md")]
    assert given == [block.commands for block in blocks("README.md")]


def test_what_cannot_run_here_is_still_in_the_readmes() -> None:
    assert set(ELSEWHERE) <= {block.commands[0] for block in BLOCKS}


@pytest.mark.parametrize("home", [None, "/somewhere/else"])
def test_make_and_beseda_have_one_home(home: str | None) -> None:
    """`make` leaves the choice to `beseda`: what the demo ingests, the next command finds."""
    environment = {name: os.environ[name] for name in os.environ if name != "BESEDA_HOME"}
    if home is not None:
        environment["BESEDA_HOME"] = home
    show = "--eval=show: ; @echo $${BESEDA_HOME-unset}"
    done = subprocess.run(
        ["make", "--silent", show, "show"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [home or "unset"]
