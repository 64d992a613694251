"""Files that break whoever reads them: the reader is a process of its own, and is replaced."""

import io
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dialog.errors import BadInput, Unavailable
from dialog.sandbox import MIB, Limits, Sandbox, as_path

pytestmark = pytest.mark.contract

LIMITS = Limits(memory_bytes=200 * MIB, silent_s=3.0, workers=2, wait_s=0.5)


def refused(reason: str) -> BadInput:
    return BadInput(f"not usable: {reason}")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(LIMITS, refused)
    yield sandbox
    sandbox.close()


def whoami(extra: int = 0) -> int:
    return os.getpid() + extra


def count(to: int) -> Iterator[int]:
    yield from range(to)


def hoard() -> int:
    return len(bytearray(1 << 30))


def hoard_slowly() -> int:
    return len([bytearray(MIB) for _ in range(1000)])


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def refuse() -> None:
    raise BadInput("no good", status=413, code="too_large")


def fail() -> None:
    raise RuntimeError("card 4276 0000 0000 0000")


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1)


def stall() -> Iterator[int]:
    yield 1
    time.sleep(60)
    yield 2


def test_a_job_runs_elsewhere_and_its_worker_is_kept(sandbox: Sandbox) -> None:
    first = sandbox.run(whoami)
    assert first != os.getpid()
    assert sandbox.run(whoami, 1) == first + 1


def test_values_come_as_they_are_made(sandbox: Sandbox) -> None:
    assert list(sandbox.stream(count, 5)) == [0, 1, 2, 3, 4]
    assert list(sandbox.stream(count, 0)) == []


def test_what_the_function_refuses_is_refused_in_its_words(sandbox: Sandbox) -> None:
    with pytest.raises(BadInput, match="no good") as error:
        sandbox.run(refuse)
    assert (error.value.status, error.value.code) == (413, "too_large")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (hoard, "not usable: it takes more than 200 MB of memory"),
        (hoard_slowly, "not usable: it takes more than 200 MB of memory"),
        (crash, r"not usable: reading it fails \(SIGSEGV\)"),
        (leave, r"not usable: reading it fails \(exit 3\)"),
        (fail, r"not usable: reading it fails \(RuntimeError\)"),
        (recurse, r"not usable: reading it fails \(RecursionError\)"),
    ],
)
def test_what_breaks_a_worker_is_bad_input(sandbox: Sandbox, function, reason: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match=f"^{reason}$"):
        sandbox.run(function)
    assert sandbox.run(whoami) != os.getpid()


def test_who_is_silent_too_long_is_killed(sandbox: Sandbox) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match="longer than 3 s"):
        sandbox.run(sleep, 60.0)
    values = sandbox.stream(stall)
    assert next(values) == 1
    with pytest.raises(BadInput, match="longer than 3 s"):
        next(values)
    assert time.monotonic() - began < 30


def test_a_stream_that_is_left_early_frees_its_place(sandbox: Sandbox) -> None:
    for _ in range(4):
        values = sandbox.stream(count, 1000)
        assert next(values) == 0
        values.close()  # type: ignore[attr-defined]
    assert sandbox.run(whoami)


def test_one_more_than_there_are_places_for_is_told_to_wait(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(3) as threads:
        jobs = [threads.submit(sandbox.run, sleep, 1.5) for _ in range(3)]
        ended = [job.exception() for job in jobs]
    assert sum(isinstance(error, Unavailable) for error in ended) == 1
    assert ended.count(None) == 2


def test_closing_ends_what_is_under_way_and_it_can_be_used_again(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(1) as thread:
        job = thread.submit(sandbox.run, sleep, 2.5)
        time.sleep(1.0)
        sandbox.close()
        assert isinstance(job.exception(), BadInput)
    assert sandbox.run(whoami) != os.getpid()


def test_files_streams_and_pipes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    with as_path(file) as path:
        assert path == file
    with as_path(io.BytesIO(b"abc")) as path:
        assert path.read_bytes() == b"abc"
    assert not path.exists()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="not a regular file"), as_path(tmp_path / "pipe"):
        pass
