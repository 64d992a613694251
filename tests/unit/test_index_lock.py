"""Who owns the index folder, who reads a copy, and who tidies up after a crash."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.retrieval.index_lock import IndexFolder

pytestmark = pytest.mark.unit

OPEN = """
import sys
from pathlib import Path
from rag.retrieval.index_lock import IndexFolder
opened = IndexFolder(Path(sys.argv[1]))
print(opened.owned, opened.path, flush=True)
sys.stdin.readline()
"""


@contextmanager
def process(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", bool, Path]]:
    """Another process with the folder open, until a line tells it to end; whether it owns it."""
    started = subprocess.Popen(
        [sys.executable, "-c", OPEN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        assert started.stdout is not None
        owned, _, path = started.stdout.readline().strip().partition(" ")
        try:
            yield started, owned == "True", Path(path)
        finally:
            started.kill()


def end(running: "subprocess.Popen[str]") -> None:
    running.communicate("\n", timeout=60)
    assert running.returncode == 0


def write(folder: IndexFolder, text: str) -> None:
    with folder.content:
        folder.path.mkdir(exist_ok=True)
        (folder.path / "segment").write_text(text)


def read(folder: IndexFolder) -> str:
    return (folder.path / "segment").read_text()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "index"


def test_the_first_owns_the_folder_and_what_it_writes_stays(folder: Path) -> None:
    owner = IndexFolder(folder)
    assert owner.owned
    assert owner.path == folder / "shard"
    assert not owner.path.exists()  # for the engine to make
    write(owner, "один")
    owner.release()
    again = IndexFolder(folder)
    assert again.owned
    assert read(again) == "один"
    again.release()


def test_a_second_reads_and_writes_a_copy_of_its_own(folder: Path) -> None:
    owner = IndexFolder(folder)
    write(owner, "один")
    second, third = IndexFolder(folder), IndexFolder(folder)
    assert [second.owned, third.owned] == [False, False]
    assert len({owner.path, second.path, third.path}) == 3
    write(owner, "два")
    write(second, "своё")
    assert [read(owner), read(second), read(third)] == ["два", "своё", "один"]
    second.release()
    third.release()
    assert names(folder) == ["content.lock", "owner.lock", "shard"]
    assert read(owner) == "два"
    owner.release()


def test_a_copy_of_nothing_is_nothing(folder: Path) -> None:
    owner = IndexFolder(folder)
    second = IndexFolder(folder)
    assert not second.path.exists()
    write(second, "своё")
    assert not owner.path.exists()
    second.release()
    owner.release()


def test_a_copy_outlives_its_owner_and_the_next_owns_the_original(folder: Path) -> None:
    owner = IndexFolder(folder)
    write(owner, "один")
    second = IndexFolder(folder)
    owner.release()
    write(second, "своё")
    third = IndexFolder(folder)
    assert third.owned
    assert read(third) == "один"
    assert read(second) == "своё"  # nor is it swept away while it is in use
    second.release()
    third.release()


def test_what_is_being_written_is_not_copied_in_halves(folder: Path) -> None:
    owner = IndexFolder(folder)
    write(owner, "один")
    copies: list[IndexFolder] = []
    opening = threading.Thread(target=lambda: copies.append(IndexFolder(folder)))
    with owner.content:
        opening.start()
        opening.join(0.1)
        assert opening.is_alive()
        assert copies == []
        (owner.path / "segment").write_text("два")
    opening.join(60)
    (copy,) = copies
    assert read(copy) == "два"
    copy.release()
    owner.release()


def test_another_process_is_a_second_reader_and_leaves_nothing_at_its_end(folder: Path) -> None:
    owner = IndexFolder(folder)
    write(owner, "один")
    with process(folder) as (running, owned, path):
        assert not owned
        assert (path / "segment").read_text() == "один"
        end(running)  # it never calls `release`
    assert names(folder) == ["content.lock", "owner.lock", "shard"]
    owner.release()


def test_a_killed_owner_owns_no_more(folder: Path) -> None:
    with process(folder) as (running, owned, path):
        assert owned
        assert path == folder / "shard"
        second = IndexFolder(folder)
        assert not second.owned
        second.release()
        running.send_signal(signal.SIGKILL)
        running.wait(60)
    heir = IndexFolder(folder)
    assert heir.owned
    heir.release()


def test_a_killed_readers_copy_is_swept_by_the_next_owner_alone(folder: Path) -> None:
    owner = IndexFolder(folder)
    write(owner, "один")
    with process(folder) as (running, _, stale), process(folder) as (_, _, live):
        running.kill()
        running.wait(60)
        assert stale.is_dir()
        IndexFolder(folder).release()  # a reader removes nothing but its own
        assert stale.is_dir()
        owner.release()
        heir = IndexFolder(folder)
        assert heir.owned
        assert not stale.exists()
        assert not stale.with_suffix(".lock").exists()
        assert (live / "segment").read_text() == "один"
        assert live.with_suffix(".lock").exists()
        heir.release()
