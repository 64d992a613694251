"""A full disk is one clear line; what is there is found, by this service and by a new one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service.serving import SAMPLES, serving

pytestmark = pytest.mark.service

SIZE = "24m"
QUESTION = "Во сколько открывается офис на улице Лесной в субботу?"
FACT = "в 10 часов"
UNLOGGED = "beseda: nothing is logged any more: No space left on device\n"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own at `folder`; root is needed for it."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("a disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    with (folder / "fill").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def upload(client: httpx.Client, number: int) -> httpx.Response:
    text = "\n\n".join(f"Запись {number}-{line}: слово{number * line}." for line in range(6_000))
    return client.post("/v1/documents", files={"file": (f"{number}.md", text.encode())})


def answer(client: httpx.Client) -> str:
    told = client.post("/v1/talk", json={"text": QUESTION, "audio": False})
    assert told.status_code == 200, told.text
    return str(told.json()["answer"])


def test_reading_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        home = disk / "home"
        with serving(home, told=UNLOGGED) as service:
            service.beseda("ingest", str(SAMPLES / "knowledge"))
            taken = 0
            while (told := upload(service.client, taken)).status_code == 201:
                taken += 1
                assert taken < 500
            assert taken > 0
            assert told.status_code == 507
            assert "is full" in told.json()["error"]["message"]
            assert told.json()["error"]["code"] == "disk_full"
            kept = {one["id"] for one in service.client.get("/v1/documents").json()["data"]}
            assert len(kept) == taken + 40
            assert FACT in answer(service.client)
            fill(disk)
            assert upload(service.client, 1_000).status_code == 507
            assert FACT in answer(service.client)
            assert service.client.get("/healthz").status_code == 200
        told_at_start = service.beseda("ask", QUESTION).stdout
        assert FACT in told_at_start
        with serving(home, told=UNLOGGED) as again:
            assert FACT in answer(again.client)
            assert upload(again.client, 1_001).status_code == 507
            assert {one["id"] for one in again.client.get("/v1/documents").json()["data"]} == kept
